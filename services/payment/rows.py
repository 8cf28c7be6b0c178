"""Payments as rows, and rows as payments."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from services.payment.derive import status_of
from services.payment.merge import RANK
from services.payment.payment import Attempt, Operation, Payment, Refund
from services.payment.position import totals
from services.payment.providers.port import CustomerAction, ProviderRefs
from shared.events import StepRef
from shared.money import Money

Values = dict[str, Any]

_PLAIN = (
    "id",
    "booking_id",
    "purpose",
    "method",
    "description",
    "business_name",
    "customer_email",
    "return_url",
    "cancel_url",
    "wanted",
    "reason",
    "deadline",
    "ending",
    "ending_code",
    "closed",
    "capture_wanted",
    "late_until",
    "attention",
    "lapse_told",
    "version",
    "created_at",
)
_PLAIN_OF_ATTEMPT = (
    "id",
    "provider",
    "method",
    "state",
    "active",
    "authorized",
    "captured",
    "currency",
    "offered",
    "decline_code",
    "mismatch",
    "late",
    "taken_up",
    "release_told",
    "halted",
    "observed_at",
    "created_at",
)
_PLAIN_OF_OPERATION = (
    "id",
    "attempt_id",
    "refund_id",
    "kind",
    "state",
    "request",
    "result",
    "tries",
    "in_doubt",
    "created_at",
    "sent_at",
    "finished_at",
)
_PLAIN_OF_REFUND = (
    "id",
    "attempt_id",
    "reason",
    "state",
    "ref",
    "made_by_us",
    "told",
    "failure",
    "created_at",
)


def _plain(thing: object, names: tuple[str, ...]) -> Values:
    return {name: getattr(thing, name) for name in names}


def payment_row(payment: Payment, now: datetime) -> Values:
    """The row of a payment, with everything that is derived."""
    return {
        **_plain(payment, _PLAIN),
        **asdict(totals(payment)),
        "amount": payment.amount.amount if payment.amount else 0,
        "currency": payment.amount.currency if payment.amount else "",
        "status": status_of(payment, now),
        "owes": sorted(payment.owes),
        "collect_ref": _dumped(payment.collect_ref),
        "capture_ref": _dumped(payment.capture_ref),
        "give_back_ref": _dumped(payment.give_back_ref),
        "settled_sagas": list(payment.settled_sagas),
    }


def payment_of(
    row: Row[Any],
    attempts: tuple[Attempt, ...],
    operations: tuple[Operation, ...],
    refunds: tuple[Refund, ...],
) -> Payment:
    """The payment of a row and its children."""
    return Payment(
        **_plain(row, _PLAIN),
        amount=_money(row.amount, row.currency),
        owes=frozenset(row.owes),
        collect_ref=_loaded(row.collect_ref),
        capture_ref=_loaded(row.capture_ref),
        give_back_ref=_loaded(row.give_back_ref),
        settled_sagas=tuple(row.settled_sagas),
        attempts=attempts,
        operations=operations,
        refunds=refunds,
    )


def attempt_row(attempt: Attempt, payment_id: str) -> Values:
    return {
        **_plain(attempt, _PLAIN_OF_ATTEMPT),
        "payment_id": payment_id,
        "rank": RANK[attempt.state],
        "session_ref": attempt.refs.session,
        "intent_ref": attempt.refs.intent,
        "action": asdict(attempt.action) if attempt.action else None,
    }


def attempt_of(row: Row[Any]) -> Attempt:
    return Attempt(
        **_plain(row, _PLAIN_OF_ATTEMPT),
        refs=ProviderRefs(row.session_ref, row.intent_ref),
        action=CustomerAction(**row.action) if row.action else None,
    )


def operation_row(operation: Operation, payment_id: str) -> Values:
    return {
        **_plain(operation, _PLAIN_OF_OPERATION),
        "payment_id": payment_id,
        "idempotency_key": operation.key,
        "amount": operation.amount.amount if operation.amount else None,
        "currency": operation.amount.currency if operation.amount else None,
    }


def operation_of(row: Row[Any]) -> Operation:
    return Operation(
        **_plain(row, _PLAIN_OF_OPERATION),
        key=row.idempotency_key,
        amount=_money(row.amount, row.currency),
    )


def refund_row(refund: Refund, payment_id: str) -> Values:
    return {
        **_plain(refund, _PLAIN_OF_REFUND),
        "payment_id": payment_id,
        "amount": refund.amount.amount,
        "currency": refund.amount.currency,
    }


def refund_of(row: Row[Any]) -> Refund:
    return Refund(**_plain(row, _PLAIN_OF_REFUND), amount=Money(amount=row.amount, currency=row.currency))


def _money(amount: int | None, currency: str | None) -> Money | None:
    return Money(amount=amount or 0, currency=currency) if currency else None


def _dumped(ref: StepRef | None) -> Values | None:
    return ref.model_dump() if ref else None


def _loaded(value: Values | None) -> StepRef | None:
    return StepRef(**value) if value else None
