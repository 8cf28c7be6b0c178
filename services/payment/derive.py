"""The one word that says how a payment stands, derived from its amounts and attempts."""

from datetime import datetime
from typing import Literal

from services.payment.payment import Attempt, Payment
from services.payment.position import has_money, holder, rest, stage, totals

Status = Literal[
    "new",
    "awaiting_customer",
    "processing",
    "expiring",
    "authorized",
    "paid",
    "partially_refunded",
    "refunded",
    "returning",
    "late_authorized",
    "late_paid",
    "quarantined",
    "failed",
    "expired",
    "voided",
    "cancelled",
]


def status_of(payment: Payment, now: datetime) -> Status:
    """How the payment stands."""
    if any(one.mismatch and has_money(payment, one) for one in payment.attempts):
        return "quarantined"
    keeper = holder(payment)
    if keeper is not None:
        return _with_money(payment, keeper, now)
    amounts = totals(payment)
    if amounts.captured:
        return "refunded" if not amounts.refund_pending else "returning"
    return _without_money(payment, now)


def _with_money(payment: Payment, keeper: Attempt, now: datetime) -> Status:
    at = stage(payment, now)
    if at == "returning":
        return "returning"
    if at == "late":
        return "late_paid" if keeper.captured else "late_authorized"
    if not keeper.captured:
        return "authorized"
    return "paid" if rest(payment, keeper) == keeper.captured else "partially_refunded"


def _without_money(payment: Payment, now: datetime) -> Status:
    if payment.closed == "failed":
        return "failed"
    if payment.closed == "expired":
        return "expired"
    if payment.closed == "given_back":
        return "voided" if any(one.authorized for one in payment.attempts) else "cancelled"
    if stage(payment, now) != "collecting":
        return "expiring"
    states = {one.state for one in payment.attempts}
    if "processing" in states:
        return "processing"
    return "awaiting_customer" if "action_required" in states else "new"
