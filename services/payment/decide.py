"""What a payment needs next: calls to make, and facts to tell. No I/O, and twice is the same as once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.payment.answers import tell
from services.payment.payment import (
    DROPPED,
    NEVER_HAPPENED,
    OVERTAKEN,
    UNPAID,
    Attempt,
    Operation,
    OperationKind,
    Payment,
)
from services.payment.position import Stage, holder, is_alive, rest, stage
from services.payment.wishes import saga_of
from shared.events import Event
from shared.money import Money

STARTS_AT_MOST = 3


@dataclass(frozen=True)
class Patience:
    """How long the service waits for people and for the provider."""

    late_window: timedelta = timedelta(seconds=120)
    decline_grace: timedelta = timedelta(seconds=300)
    pace: timedelta = timedelta(seconds=30)

    @classmethod
    def of(cls, *, late: float, decline: float) -> "Patience":
        """Patience in seconds."""
        return cls(timedelta(seconds=late), timedelta(seconds=decline))


@dataclass(frozen=True)
class Order:
    """A call to make. A start names no attempt: it makes one."""

    kind: OperationKind
    attempt_id: str = ""
    amount: Money | None = None
    reason: str = ""


@dataclass(frozen=True)
class Decision:
    """The payment after deciding, what to ask of the provider, and what to publish."""

    payment: Payment
    orders: tuple[Order, ...] = ()
    events: tuple[Event, ...] = ()


Rule = Callable[[Payment, datetime, Patience], Payment]


def decide(payment: Payment, now: datetime, patience: Patience) -> Decision:
    """What follows from the facts and the wishes as they are now."""
    decided = _drop_what_nobody_wants(payment, now)
    orders = _orders(decided, now, patience)
    if not orders:
        for rule in (_close_what_failed, _close_what_was_given_back, _notice_late_money):
            decided = rule(decided, now, patience)
    decided, events = tell(payment, decided, now)
    return Decision(decided, orders, events)


def _drop_what_nobody_wants(payment: Payment, now: datetime) -> Payment:
    """An operation that was never sent can simply be forgotten."""
    at = stage(payment, now)
    for operation in payment.operations:
        unwanted = at != "collecting" if operation.kind == "start" else at == "returning"
        if operation.state == "requested" and operation.kind in ("start", "capture") and unwanted:
            payment = _drop(payment, operation, now)
    return payment


def _drop(payment: Payment, operation: Operation, now: datetime) -> Payment:
    gone = replace(operation, state="failed", result={"code": DROPPED}, finished_at=now)
    payment = payment.with_operation(gone)
    if operation.kind == "start":
        attempt = payment.attempt(operation.attempt_id)
        payment = payment.with_attempt(replace(attempt, state="cancelled", active=False))
    return payment


def _orders(payment: Payment, now: datetime, patience: Patience) -> tuple[Order, ...]:
    at = stage(payment, now)
    if at == "collecting" and _needs_a_start(payment):
        return (Order("start", amount=payment.amount),)
    keeper = holder(payment)
    wanted = (_order_for(payment, one, keeper, at) for one in payment.attempts)
    return tuple(one for one in wanted if one and not _too_soon(payment, one, now, patience))


def _needs_a_start(payment: Payment) -> bool:
    if payment.wanted != "collect" or payment.closed or payment.amount is None:
        return False
    if any(is_alive(payment, one) for one in payment.attempts):
        return False
    starts = [one for one in payment.operations if one.kind == "start"]
    lost = [one for one in starts if one.code == NEVER_HAPPENED]
    return all(one.code in (DROPPED, NEVER_HAPPENED) for one in starts) and len(lost) < STARTS_AT_MOST


def _order_for(payment: Payment, attempt: Attempt, keeper: Attempt | None, at: Stage) -> Order | None:
    if attempt.halted or payment.in_flight(attempt.id):
        return None
    is_surplus = keeper is not None and keeper.id != attempt.id
    if attempt.state in UNPAID:
        unwanted = is_surplus or at != "collecting" or payment.denied(attempt.id)
        return Order("expire", attempt.id) if unwanted else None
    if at == "returning" or is_surplus or (attempt.mismatch and at != "collecting"):
        return _return_of(payment, attempt, _why(payment, attempt, is_surplus))
    if attempt.state == "authorized" and payment.capture_wanted and at == "collecting":
        amount = Money(amount=attempt.authorized, currency=attempt.currency)
        return Order("capture", attempt.id, amount) if keeper is not None else None
    return None


def _why(payment: Payment, attempt: Attempt, is_surplus: bool) -> str:
    if is_surplus:
        return "duplicate"
    return "arrived_late" if attempt.late else payment.reason


def _return_of(payment: Payment, attempt: Attempt, reason: str) -> Order | None:
    if attempt.state == "authorized":
        return Order("void", attempt.id, reason=reason)
    left = rest(payment, attempt)
    if attempt.state != "succeeded" or left <= 0:
        return None
    return Order("refund", attempt.id, Money(amount=left, currency=attempt.currency), reason)


def _too_soon(payment: Payment, order: Order, now: datetime, patience: Patience) -> bool:
    """True when the same call just ended without changing anything: look again before asking again."""
    return any(
        one.attempt_id == order.attempt_id
        and one.kind == order.kind
        and (one.state == "succeeded" or one.code in (NEVER_HAPPENED, OVERTAKEN))
        and one.finished_at is not None
        and now - one.finished_at < patience.pace
        for one in payment.operations
    )


def _is_settled(payment: Payment) -> bool:
    return not any(is_alive(payment, one) for one in payment.attempts)


def _close_what_failed(payment: Payment, now: datetime, _: Patience) -> Payment:
    """Collecting is over when nothing can be paid any more and nothing was."""
    if payment.wanted != "collect" or payment.closed or not _is_settled(payment):
        return payment
    if not payment.attempts:
        # Asked for when its time was over already: nothing was begun, and nothing will be.
        return replace(payment, closed="expired") if stage(payment, now) == "ending" else payment
    was_reported = "collect" not in payment.owes
    if was_reported and any(one.authorized and not one.mismatch for one in payment.attempts):
        return replace(
            payment,
            closed="failed",
            ending_code="authorization_lapsed",
            attention=payment.attention or "the reservation lapsed before it was captured",
        )
    if payment.ending:
        return replace(payment, closed="failed")
    if any(one.mismatch for one in payment.attempts):
        return replace(payment, closed="failed", ending_code="amount_mismatch")
    started = any(one.refs.session or one.refs.intent for one in payment.attempts)
    return replace(payment, closed="expired" if started else "failed")


def _close_what_was_given_back(payment: Payment, now: datetime, _: Patience) -> Payment:
    """Giving back is over when nothing is here and nothing can come unnoticed."""
    if payment.closed and payment.late_until is not None and _is_settled(payment):
        return replace(payment, late_until=None)
    if payment.wanted != "give_back" or payment.closed or not _is_settled(payment):
        return payment
    asked_by = saga_of(payment.give_back_ref)
    settled = tuple(dict.fromkeys((*payment.settled_sagas, *([asked_by] if asked_by else []))))
    return replace(payment, closed="given_back", settled_sagas=settled)


def _notice_late_money(payment: Payment, now: datetime, patience: Patience) -> Payment:
    if payment.closed and holder(payment) is not None and payment.late_until is None:
        return replace(payment, late_until=now + patience.late_window)
    return payment
