"""The life of an operation: requested with its key, sent, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from services.payment.decide import Order
from services.payment.merge import merge, merge_refund, vanished
from services.payment.payment import MISSING, NEVER_HAPPENED, OVERTAKEN, Attempt, Operation, Payment, Refund
from services.payment.providers.port import IDEMPOTENCY_ERROR, PaymentSnapshot, RefundSnapshot

NewId = Callable[[str], str]

# A provider keeps an idempotency key for a day; past that only a look can tell what happened.
KEY_LIVES = timedelta(hours=20)
TRIES_BEFORE_A_LOOK = 2
# A call that got no answer may still be on its way; what is not there after this long never arrived.
PROVEN_AFTER = timedelta(minutes=1)
LONGEST_WHILE_AWAY = 30.0
QUIET = (NEVER_HAPPENED, OVERTAKEN)
# The last one goes on for ever: an outcome is never left unknown, and never long once the provider is back.
DELAYS = tuple(map(float, (1, 5, 30, 120, 300)))


@dataclass(frozen=True)
class Outcome:
    """What came of one try of an operation. `requested` means that nothing was sent, so it is still to do."""

    state: Literal["succeeded", "requested", "unknown", "failed", "declined"]
    snapshot: PaymentSnapshot | None = None
    refund: RefundSnapshot | None = None
    code: str = ""
    detail: str = ""
    retry_after: float | None = None


def place(payment: Payment, order: Order, provider: str, new_id: NewId, now: datetime) -> Payment:
    """Write an order down as an operation with a key of its own, before anybody is called."""
    if order.kind == "start":
        attempt = Attempt(new_id("pa"), provider, payment.method, now)
        payment = replace(payment, attempts=(*payment.attempts, attempt))
        order = replace(order, attempt_id=attempt.id)
    refund_id = None
    if order.kind == "refund" and order.amount is not None:
        refund = Refund(new_id("re"), order.attempt_id, order.amount, order.reason, now)
        payment = replace(payment, refunds=(*payment.refunds, refund))
        refund_id = refund.id
    operation_id = new_id("op")
    operation = Operation(
        id=operation_id,
        attempt_id=order.attempt_id,
        kind=order.kind,
        key=f"holdfast:{operation_id}",
        created_at=now,
        refund_id=refund_id,
        amount=order.amount,
    )
    return replace(payment, operations=(*payment.operations, operation))


def claim(payment: Payment, operation_id: str, request: dict[str, Any], now: datetime) -> Payment:
    """Mark an operation as sent. What may have been sent before is sent again word for word."""
    known = payment.operation(operation_id)
    if known.state == "requested":
        sent = replace(known, state="sent", tries=known.tries + 1, sent_at=now, request=request)
    else:
        # Found as sent: whoever sent it did not live to tell.
        sent = replace(known, state="unknown", tries=known.tries + 1, in_doubt=True)
    return payment.with_operation(sent)


def needs_a_look(operation: Operation, now: datetime) -> bool:
    """True when repeating the call may teach nothing more: the provider is asked what it knows."""
    mixed_up = operation.code == IDEMPOTENCY_ERROR
    tried = operation.tries > TRIES_BEFORE_A_LOOK or mixed_up
    return operation.in_doubt and (tried or _sent_before(operation, now - KEY_LIVES))


def is_proven_absent(operation: Operation, now: datetime) -> bool:
    """True when what cannot be seen at the provider by now will never appear."""
    return _sent_before(operation, now - PROVEN_AFTER)


def _sent_before(operation: Operation, moment: datetime) -> bool:
    return operation.sent_at is not None and operation.sent_at <= moment


def delay_after(operation: Operation) -> float:
    """Seconds until an operation without a clear outcome is tried again."""
    delay = DELAYS[min(max(operation.tries - 1, 0), len(DELAYS) - 1)]
    return delay if operation.in_doubt else min(delay, LONGEST_WHILE_AWAY)


def record(
    payment: Payment, operation_id: str, outcome: Outcome, ended_at: datetime, grace: timedelta
) -> Payment:
    """The payment after one try of an operation. What a call answers is newer than any look begun before."""
    operation = payment.operation(operation_id)
    if not operation.in_flight:
        return payment
    payment = payment.with_operation(_tried(operation, outcome, ended_at))
    if outcome.state == "succeeded" and outcome.code == MISSING:
        return vanished(payment, operation.attempt_id)
    if outcome.snapshot is not None:
        payment = merge(payment, operation.attempt_id, outcome.snapshot, ended_at, grace)
    if operation.refund_id is not None:
        return _refund_recorded(payment, operation.refund_id, outcome, ended_at)
    if outcome.state not in ("failed", "declined"):
        return payment
    if operation.kind == "start":
        payment = payment.with_attempt(_ended(payment.attempt(operation.attempt_id)))
    return payment if outcome.code in QUIET else _refused(payment, operation, outcome)


def _tried(operation: Operation, outcome: Outcome, at: datetime) -> Operation:
    in_doubt = operation.in_doubt or outcome.state == "unknown"
    over = outcome.state in ("succeeded", "failed", "declined")
    return replace(
        operation,
        state="unknown" if in_doubt and not over else outcome.state,
        in_doubt=in_doubt,
        finished_at=at if over else None,
        result={"code": outcome.code, "detail": outcome.detail} if outcome.code else {},
    )


def _ended(attempt: Attempt) -> Attempt:
    return replace(attempt, state="failed", active=False) if attempt.state == "created" else attempt


def _refund_recorded(payment: Payment, refund_id: str, outcome: Outcome, at: datetime) -> Payment:
    if outcome.refund is not None:
        payment = merge_refund(payment, refund_id, outcome.refund)
        return refund_fell_through(payment, refund_id, at)
    if outcome.state not in ("failed", "declined"):
        return payment
    # Refunded by somebody else first, or the call never arrived: no refund of ours failed.
    told = "failed" if outcome.code in QUIET else ""
    failure = outcome.detail or outcome.code
    refund = replace(payment.refund(refund_id), state="failed", told=told, failure=failure)
    payment = payment.with_refund(refund)
    return payment if outcome.code in QUIET else refund_fell_through(payment, refund_id, at)


def refund_fell_through(payment: Payment, refund_id: str, at: datetime) -> Payment:
    """A refund that the provider could not make leaves the money here: it is still to be given back.

    Every look at the payment that began before is old: it may still show the money as returned.
    """
    refund = payment.refund(refund_id)
    if refund.state != "failed" or refund.told == "failed":
        return payment
    payment = payment.with_attempt(replace(payment.attempt(refund.attempt_id), halted=True, observed_at=at))
    payment = replace(payment, attention=f"refund failed: {refund.failure or 'no reason given'}")
    if payment.closed:
        return replace(payment, closed="", wanted="give_back", late_until=None)
    return payment


def _refused(payment: Payment, operation: Operation, outcome: Outcome) -> Payment:
    """A definite no stops what we do by ourselves here; a person or a new command goes on."""
    attention = f"{operation.kind} refused: {outcome.detail or outcome.code}"
    payment = replace(payment, attention=attention)
    if operation.kind in ("start", "capture"):
        payment = replace(payment, ending_code=outcome.code)
    if operation.kind == "start":
        return payment
    return payment.with_attempt(replace(payment.attempt(operation.attempt_id), halted=True))
