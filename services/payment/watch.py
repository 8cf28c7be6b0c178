"""What has to be looked at again by itself, and when."""

from datetime import datetime, timedelta

from services.payment.payment import UNNAMED, UNPAID, Attempt, Payment
from services.payment.position import has_money, holder, stage
from shared.messaging.work import UnitOfWork

# Webhooks get lost: every attempt and refund that is not over is read again, ever more rarely.
ROUNDS = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 3600, 21600, 86400))
# How long a page that was given up as never made is looked for.
LOOKED_FOR = timedelta(hours=1)
RECHECK = "recheck"
OPERATION = "operation"
DEADLINE = "deadline"
LATE_RETURN = "late-return"


def watched(payment: Payment, now: datetime) -> dict[str, dict[str, str]]:
    """The attempts and refunds whose truth may still change, by task key."""
    at = stage(payment, now)
    attempts = {
        one.id: {"attempt_id": one.id}
        for one in payment.attempts
        if _may_change(one)
        or _may_appear(payment, one, now)
        or (at == "returning" and has_money(payment, one))
    }
    refunds = {one.id: {"refund_id": one.id} for one in payment.refunds if one.state == "pending" and one.ref}
    return attempts | refunds


def _may_change(attempt: Attempt) -> bool:
    return attempt.refs != UNNAMED and (attempt.state in UNPAID or attempt.state == "authorized")


def _may_appear(payment: Payment, attempt: Attempt, now: datetime) -> bool:
    """A call that was given up may be carried out all the same, long after."""
    lost = attempt.refs == UNNAMED and payment.denied(attempt.id)
    return lost and now - attempt.created_at < LOOKED_FOR


def deadline_of(payment: Payment) -> datetime | None:
    """When collecting ends by itself; None once it cannot."""
    if payment.wanted != "collect" or payment.closed or holder(payment) is not None:
        return None
    return payment.deadline


async def rewind(work: UnitOfWork, before: Payment, after: Payment) -> None:
    """Set and strike off the payment's timers."""
    await _timer(work, after, DEADLINE, deadline_of(before), deadline_of(after))
    await _timer(work, after, LATE_RETURN, before.late_until, after.late_until)
    known, now = watched(before, work.now), watched(after, work.now)
    moved = stage(before, work.now) != stage(after, work.now)
    for key in known.keys() - now.keys():
        await work.unschedule(RECHECK, key)
    for key, what in now.items():
        if key not in known or moved:
            await watch_again(work, after.booking_id, key, what, 0)


async def _timer(
    work: UnitOfWork, payment: Payment, kind: str, before: datetime | None, after: datetime | None
) -> None:
    if after is not None and after != before:
        await work.schedule(kind, payment.booking_id, after, booking_id=payment.booking_id)
    elif after is None and before is not None:
        await work.unschedule(kind, payment.booking_id)


async def watch_again(work: UnitOfWork, booking_id: str, key: str, what: dict[str, str], round_: int) -> None:
    """Look at an attempt or refund again, later each time."""
    due_at = work.now + ROUNDS[min(round_, len(ROUNDS) - 1)]
    await work.schedule(RECHECK, key, due_at, {**what, "round": round_}, booking_id=booking_id)
