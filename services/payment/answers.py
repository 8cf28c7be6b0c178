"""What a payment has to tell: answers it owes to the coordinator, and facts that nobody was told yet."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from services.payment.payment import Attempt, Payment, Refund
from services.payment.position import holder, stage
from services.payment.providers.port import CustomerAction
from shared.events import Event
from shared.events.payment import (
    PaymentActionRequired,
    PaymentArrivedLate,
    PaymentAuthorized,
    PaymentExpired,
    PaymentFailed,
    PaymentGivenBack,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentSucceeded,
)
from shared.events.values import NextAction
from shared.money import Money

Told = tuple[Payment, tuple[Event, ...]]


def tell(before: Payment, payment: Payment, now: datetime) -> Told:
    """Everything that must be said now. What was said is remembered, so that it is said once."""
    events: list[Event] = []
    for part in (_refunds, _releases, _next_steps):
        payment, said = part(payment, now)
        events += said
    events += _arrived_late(before, payment)
    for answer in (_lapsed, _collected, _captured, _given_back):
        payment, said = answer(payment, now)
        events += said
    return payment, tuple(events)


def _refunds(payment: Payment, _: datetime) -> Told:
    events: list[Event] = []
    for refund in payment.refunds:
        if refund.state in ("succeeded", "failed") and refund.told != refund.state:
            payment = payment.with_refund(replace(refund, told=refund.state))
            events.append(_refund_event(payment, refund))
    return payment, tuple(events)


def _refund_event(payment: Payment, refund: Refund) -> Event:
    if refund.state == "succeeded":
        return PaymentRefunded(
            booking_id=payment.booking_id,
            refund_id=refund.id,
            amount=refund.amount,
            reason=refund.reason,
        )
    return PaymentRefundFailed(
        booking_id=payment.booking_id,
        refund_id=refund.id,
        amount=refund.amount,
        detail=refund.failure,
    )


def _releases(payment: Payment, _: datetime) -> Told:
    """A customer who paid too late is told that the reservation is gone."""
    events: list[Event] = []
    for attempt in payment.attempts:
        gone = attempt.state in ("cancelled", "expired") and attempt.authorized > 0
        if gone and attempt.late and not attempt.release_told:
            payment = payment.with_attempt(replace(attempt, release_told=True))
            events.append(_release_event(payment, attempt))
    return payment, tuple(events)


def _release_event(payment: Payment, attempt: Attempt) -> Event:
    return PaymentRefunded(
        booking_id=payment.booking_id,
        refund_id=attempt.id,
        amount=Money(amount=attempt.authorized, currency=attempt.currency),
        reason="arrived_late",
    )


def _next_steps(payment: Payment, now: datetime) -> Told:
    if stage(payment, now) != "collecting" or holder(payment) is not None:
        return payment, ()
    events: list[Event] = []
    for attempt in payment.attempts:
        to_be_paid = attempt.state == "action_required" and not payment.denied(attempt.id)
        if attempt.action and not attempt.offered and to_be_paid:
            payment = payment.with_attempt(replace(attempt, offered=True))
            events.append(_action_event(payment, attempt.action, payment.deadline or now))
    return payment, tuple(events)


def _action_event(payment: Payment, action: CustomerAction, until: datetime) -> Event:
    return PaymentActionRequired(
        booking_id=payment.booking_id,
        action=NextAction(
            kind=action.kind,
            url=action.url,
            client_secret=action.client_secret,
            publishable_key=action.publishable_key,
            script_url=action.script_url,
            expires_at=until,
        ),
        ref=payment.collect_ref,
    )


def _arrived_late(before: Payment, payment: Payment) -> tuple[Event, ...]:
    if payment.late_until is None or before.late_until is not None or payment.amount is None:
        return ()
    return (
        PaymentArrivedLate(
            booking_id=payment.booking_id,
            amount=payment.amount,
            returned_at=payment.late_until,
        ),
    )


def _lapsed(payment: Payment, _: datetime) -> Told:
    """A reservation that was reported and then fell away is reported as failed, asked or not."""
    if payment.ending_code != "authorization_lapsed" or payment.lapse_told:
        return payment, ()
    payment = replace(payment, lapse_told=True)
    if payment.owes:
        return payment, ()
    event = PaymentFailed(
        booking_id=payment.booking_id,
        reason="unavailable",
        code="authorization_lapsed",
        ref=payment.collect_ref,
    )
    return payment, (event,)


def _collected(payment: Payment, now: datetime) -> Told:
    if "collect" not in payment.owes:
        return payment, ()
    event = _collect_answer(payment, now)
    if event is None:
        return payment, ()
    payment = replace(payment, owes=payment.owes - {"collect"})
    if not isinstance(event, PaymentAuthorized):
        # A refusal is final for its saga: an earlier copy of its command must not claim later money.
        asked_by = [event.ref.saga] if event.ref else []
        settled = tuple(dict.fromkeys((*payment.settled_sagas, *asked_by)))
        payment = replace(payment, settled_sagas=settled)
    return payment, (event,)


def _collect_answer(payment: Payment, now: datetime) -> Event | None:
    if payment.wanted == "give_back":
        return _failed(payment, "cancelled", None) if payment.closed else None
    if payment.closed == "failed":
        return _failed(payment, payment.ending or "unavailable", payment.ending_code)
    if payment.closed == "expired":
        return PaymentExpired(booking_id=payment.booking_id, ref=payment.collect_ref)
    if _is_certain(payment) and payment.amount is not None:
        return PaymentAuthorized(
            booking_id=payment.booking_id, amount=payment.amount, ref=payment.collect_ref
        )
    return None


def _is_certain(payment: Payment) -> bool:
    """Whether there is money that no call of ours can still take away.

    A call to end a form may arrive after the customer has paid on it, and release what was reserved.
    """
    keeper = holder(payment)
    return keeper is not None and not any(
        one.attempt_id == keeper.id and one.in_flight and one.kind in ("expire", "void")
        for one in payment.operations
    )


def _failed(
    payment: Payment, reason: Literal["declined", "cancelled", "unavailable"], code: str | None
) -> Event:
    return PaymentFailed(booking_id=payment.booking_id, reason=reason, code=code, ref=payment.collect_ref)


def _captured(payment: Payment, now: datetime) -> Told:
    if "capture" not in payment.owes:
        return payment, ()
    event = _capture_answer(payment, now)
    if event is None:
        return payment, ()
    return replace(payment, owes=payment.owes - {"capture"}), (event,)


def _capture_answer(payment: Payment, now: datetime) -> Event | None:
    keeper = holder(payment)
    if keeper is not None and keeper.state == "succeeded" and stage(payment, now) == "collecting":
        return PaymentSucceeded(
            booking_id=payment.booking_id,
            amount=Money(amount=keeper.captured, currency=keeper.currency),
            ref=payment.capture_ref,
        )
    refused = keeper is not None and keeper.halted
    if refused or payment.closed or payment.amount is None:
        return PaymentFailed(
            booking_id=payment.booking_id,
            reason="unavailable",
            code=payment.ending_code or "nothing_to_capture",
            ref=payment.capture_ref,
        )
    return None


def _given_back(payment: Payment, _: datetime) -> Told:
    if "give_back" not in payment.owes or payment.closed != "given_back":
        return payment, ()
    event = PaymentGivenBack(
        booking_id=payment.booking_id, amount=_returned(payment), ref=payment.give_back_ref
    )
    return replace(payment, owes=payment.owes - {"give_back"}), (event,)


def _returned(payment: Payment) -> Money | None:
    """What went back: refunds of what was taken, and what had only been reserved."""
    good = {one.id: one for one in payment.attempts if not one.mismatch}
    refunded = sum(one.amount.amount for one in payment.refunds if one.attempt_id in good and one.counts)
    released = sum(one.authorized for one in good.values() if one.state in ("cancelled", "expired"))
    if payment.amount is None or refunded + released == 0:
        return None
    return Money(amount=min(refunded + released, payment.amount.amount), currency=payment.amount.currency)
