"""Where the money of a payment is, read off its attempts and refunds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.payment.payment import UNPAID, Attempt, Payment

Stage = Literal["collecting", "ending", "returning", "late", "closed"]


@dataclass(frozen=True)
class Totals:
    """The amounts of a payment. What came in a wrong amount or currency is not counted here."""

    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    refund_pending: int = 0


def rest(payment: Payment, attempt: Attempt) -> int:
    """What was taken through this attempt and is not back, nor on its way back."""
    back = sum(one.amount.amount for one in payment.refunds if one.attempt_id == attempt.id and one.counts)
    return attempt.captured - back


def has_money(payment: Payment, attempt: Attempt) -> bool:
    """True while money is reserved or kept through this attempt."""
    return attempt.state == "authorized" or (attempt.state == "succeeded" and rest(payment, attempt) > 0)


def is_alive(payment: Payment, attempt: Attempt) -> bool:
    """True while money may still come, or has come, through this attempt."""
    return payment.in_flight(attempt.id) or attempt.state in UNPAID or has_money(payment, attempt)


def holder(payment: Payment) -> Attempt | None:
    """The attempt whose money counts: captured before reserved, then the earliest begun."""
    good = [one for one in payment.attempts if not one.mismatch and has_money(payment, one)]
    return min(good, key=lambda one: one.state != "succeeded", default=None)


def stage(payment: Payment, now: datetime) -> Stage:
    """Where the payment stands between being asked for and being over."""
    if payment.closed:
        if holder(payment) is None:
            return "closed"
        over = payment.late_until is not None and now >= payment.late_until
        return "returning" if over else "late"
    if payment.wanted == "give_back":
        return "returning"
    over = payment.deadline is not None and now >= payment.deadline
    return "ending" if over and holder(payment) is None else "collecting"


def totals(payment: Payment) -> Totals:
    """The payment's amounts: `refunded + refund_pending <= captured <= authorized`."""
    counted = [one for one in payment.attempts if not one.mismatch]
    refunds = [one for one in payment.refunds if one.attempt_id in {attempt.id for attempt in counted}]
    return Totals(
        authorized=sum(_reserved(one) for one in counted),
        captured=sum(one.captured for one in counted),
        refunded=sum(one.amount.amount for one in refunds if one.state == "succeeded"),
        refund_pending=sum(one.amount.amount for one in refunds if one.state in ("requested", "pending")),
    )


def _reserved(attempt: Attempt) -> int:
    if attempt.state in ("authorized", "succeeded"):
        return max(attempt.authorized, attempt.captured)
    return attempt.captured
