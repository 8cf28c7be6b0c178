"""Fold what the provider says into what we know. Facts only ever move a payment forward."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.payment.payment import UNPAID, Attempt, Payment, Refund
from services.payment.position import holder
from services.payment.providers.port import (
    AttemptState,
    PaymentSnapshot,
    ProviderRefs,
    RefundSnapshot,
)
from shared.money import Money

RANK: dict[AttemptState, int] = {
    "created": 0,
    "failed": 0,
    "action_required": 1,
    "processing": 2,
    "authorized": 3,
    "succeeded": 4,
    "cancelled": 5,
    "expired": 5,
}
DEAD = ("failed", "cancelled", "expired")


def next_state(known: AttemptState, said: AttemptState, *, fresh: bool) -> AttemptState:
    """The state after a snapshot. Success is believed from every state; an old look never lowers one."""
    if known == "succeeded" or said == "succeeded":
        return "succeeded"
    if known in ("cancelled", "expired"):
        return said if fresh and said == "authorized" else known
    if not fresh:
        return said if RANK[said] > RANK[known] and said not in DEAD else known
    if known == "authorized":
        return said if said in ("authorized", "cancelled", "expired") else known
    return known if said == "created" else said


def merge(
    payment: Payment,
    attempt_id: str,
    snapshot: PaymentSnapshot,
    observed_at: datetime,
    grace: timedelta,
) -> Payment:
    """The payment after a look at one attempt that began at `observed_at`."""
    known = payment.attempt(attempt_id)
    fresh = known.observed_at is None or observed_at >= known.observed_at
    seen = _merged(payment, known, snapshot, fresh)
    if fresh:
        seen = replace(seen, observed_at=observed_at)
    merged = payment.with_attempt(seen)
    if seen.mismatch and not known.mismatch:
        merged = replace(merged, attention=f"quarantined: {seen.mismatch}")
    if fresh:
        # An old look may still show as returned what has come back since.
        merged = _with_outside_refunds(merged, seen, snapshot, observed_at)
    if fresh and snapshot.decline and snapshot.decline.code != known.decline_code:
        merged = after_decline(merged, snapshot.decline.reason, observed_at + grace)
    return merged


def _merged(payment: Payment, known: Attempt, snapshot: PaymentSnapshot, fresh: bool) -> Attempt:
    state = next_state(known.state, snapshot.state, fresh=fresh)
    arrives = state in ("authorized", "succeeded") and known.state not in ("authorized", "succeeded")
    unwelcome = payment.wanted == "give_back" or bool(payment.closed)
    return replace(
        known,
        state=state,
        active=known.active and state not in DEAD,
        authorized=max(known.authorized, snapshot.authorized, snapshot.captured),
        captured=max(known.captured, snapshot.captured),
        currency=snapshot.amount.currency,
        refs=ProviderRefs(
            snapshot.refs.session or known.refs.session, snapshot.refs.intent or known.refs.intent
        ),
        action=snapshot.action or known.action,
        decline_code=snapshot.decline.code if fresh and snapshot.decline else known.decline_code,
        mismatch=known.mismatch or (_mismatch(payment, snapshot) if state != "created" else None),
        late=known.late or (arrives and unwelcome),
    )


def _mismatch(payment: Payment, snapshot: PaymentSnapshot) -> str | None:
    """Why the provider's money is not the money that was asked for."""
    if not (snapshot.authorized or snapshot.captured):
        return None
    came = Money(amount=max(snapshot.authorized, snapshot.captured), currency=snapshot.amount.currency)
    if payment.amount is None or came == payment.amount == snapshot.amount:
        return None
    asked = payment.amount
    return f"{came.amount} {came.currency} came, {asked.amount} {asked.currency} was asked for"


def vanished(payment: Payment, attempt_id: str) -> Payment:
    """The payment after the provider said that it knows nothing of an attempt."""
    known = payment.attempt(attempt_id)
    if known.state in UNPAID:
        return payment.with_attempt(replace(known, state="cancelled", active=False))
    if known.state == "authorized":
        return replace(payment, attention="the provider does not know the reservation any more")
    return payment


def _with_outside_refunds(
    payment: Payment, attempt: Attempt, snapshot: PaymentSnapshot, at: datetime
) -> Payment:
    """Record what somebody refunded in the provider's own dashboard."""
    ours = sum(one.amount.amount for one in payment.refunds if one.attempt_id == attempt.id and one.counts)
    surplus = min(snapshot.refunded, attempt.captured) - ours
    if surplus <= 0:
        return payment
    outside = Refund(
        id=f"{attempt.id}.outside.{snapshot.refunded}",
        attempt_id=attempt.id,
        amount=Money(amount=surplus, currency=attempt.currency),
        reason="refunded at the provider",
        created_at=at,
        state="succeeded",
        made_by_us=False,
    )
    return replace(payment, refunds=(*payment.refunds, outside))


def after_decline(payment: Payment, code: str, deadline: datetime) -> Payment:
    """The page stays open for another card, but not as long as before."""
    return _ending(payment, replace(payment, ending="declined", ending_code=code), deadline)


def after_leaving(payment: Payment, deadline: datetime) -> Payment:
    """The customer came back without paying: what is open ends soon."""
    return _ending(payment, replace(payment, ending="cancelled", ending_code=None), deadline)


def _ending(payment: Payment, ended: Payment, deadline: datetime) -> Payment:
    if payment.wanted == "give_back" or payment.closed or holder(payment) is not None:
        return payment
    sooner = min(deadline, payment.deadline) if payment.deadline else deadline
    # The customer is told again how to pay, with the time that is left now.
    offers = tuple(replace(one, offered=one.offered and sooner == payment.deadline) for one in ended.attempts)
    return replace(ended, deadline=sooner, attempts=offers)


def merge_refund(payment: Payment, refund_id: str, snapshot: RefundSnapshot) -> Payment:
    """The payment after a look at one refund. A refund that succeeded may still fail later."""
    known = payment.refund(refund_id)
    state = snapshot.state
    if known.state == "failed" or (known.state == "succeeded" and state != "failed"):
        state = known.state
    return payment.with_refund(
        replace(known, state=state, ref=snapshot.ref, failure=snapshot.failure or known.failure)
    )
