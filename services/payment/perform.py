"""One try of an operation at the provider, and what came of it. Every answer becomes an outcome."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.payment.operations import Outcome, is_proven_absent, needs_a_look
from services.payment.payment import (
    MISSING,
    NEVER_HAPPENED,
    OVERTAKEN,
    UNPAID,
    Attempt,
    Operation,
    Payment,
)
from services.payment.providers.port import (
    IDEMPOTENCY_ERROR,
    TOO_LATE,
    AlreadyDone,
    Declined,
    InvalidRequest,
    Missing,
    OutcomeUnknown,
    PaymentProvider,
    PaymentSnapshot,
    ProviderDown,
    RateLimited,
    RefundRequest,
    StartPayment,
)

# Stripe takes sessions that last from 30 minutes to 24 hours; ours are ended by API when the hold is shorter.
SHORTEST_SESSION = timedelta(minutes=30, seconds=30)
LONGEST_SESSION = timedelta(hours=23, minutes=55)

Try = Callable[[PaymentProvider, Payment, Operation], Awaitable[Outcome]]


def request_of(payment: Payment, operation: Operation, now: datetime) -> dict[str, Any]:
    """What goes into a call besides what never changes; written down before the call is made."""
    if operation.kind != "start":
        return {}
    until = min(max(payment.deadline or now, now + SHORTEST_SESSION), now + LONGEST_SESSION)
    return {"expires_at": until.isoformat(timespec="seconds")}


async def perform(
    provider: PaymentProvider, payment: Payment, operation: Operation, now: datetime
) -> Outcome:
    """Make the call of an operation, or look what became of it."""
    try:
        return await _tried(provider, payment, operation, now)
    except (RateLimited, ProviderDown) as nothing_done:
        return Outcome(
            "requested", code="provider_away", detail=str(nothing_done), retry_after=nothing_done.retry_after
        )
    except OutcomeUnknown as unknown:
        return Outcome("unknown", code="no_answer", detail=str(unknown))
    except AlreadyDone as done:
        return _overtaken(operation, done.snapshot)
    except Declined as declined:
        return Outcome("declined", code=declined.decline.reason, detail=declined.decline.code)
    except InvalidRequest as refused:
        return _refused(refused)
    except Missing as missing:
        return _nothing_there(payment.attempt(operation.attempt_id), str(missing))


async def _tried(provider: PaymentProvider, payment: Payment, operation: Operation, now: datetime) -> Outcome:
    if needs_a_look(operation, now):
        seen = await _look(provider, payment, operation)
        if seen.code != NEVER_HAPPENED or is_proven_absent(operation, now):
            return seen
    return await _CALLS[operation.kind](provider, payment, operation)


def _overtaken(operation: Operation, seen: PaymentSnapshot) -> Outcome:
    # What was to be expired, voided or captured is past that; a refund that was not made is still to make.
    return Outcome("failed" if operation.kind == "refund" else "succeeded", seen, code=OVERTAKEN)


def _refused(refused: InvalidRequest) -> Outcome:
    # Another request under our key is a bug of ours; whether the first was carried out must be seen.
    mixed_up = refused.code == IDEMPOTENCY_ERROR
    return Outcome("unknown" if mixed_up else "failed", code=refused.code, detail=str(refused))


def _nothing_there(attempt: Attempt, detail: str) -> Outcome:
    # Where nothing is, nobody can pay; where money was, somebody must look.
    return Outcome("succeeded" if attempt.state in UNPAID else "failed", code=MISSING, detail=detail)


async def _start(provider: PaymentProvider, payment: Payment, operation: Operation) -> Outcome:
    attempt = payment.attempt(operation.attempt_id)
    if operation.amount is None:
        raise InvalidRequest("no_amount", "there is nothing to collect")
    start = StartPayment(
        booking_id=payment.booking_id,
        payment_id=payment.id,
        attempt_id=attempt.id,
        amount=operation.amount,
        description=payment.description,
        business_name=payment.business_name,
        customer_email=payment.customer_email,
        return_url=payment.return_url,
        cancel_url=payment.cancel_url,
        expires_at=datetime.fromisoformat(operation.request["expires_at"]),
    )
    create = provider.create_hosted if attempt.method == "checkout" else provider.create_embedded
    try:
        return Outcome("succeeded", await create(start, operation.key))
    except InvalidRequest as refused:
        maybe_made = operation.in_doubt and refused.code != IDEMPOTENCY_ERROR
        if not maybe_made and refused.code != TOO_LATE:
            raise
        # A page must be open for half an hour from now, not from when it was first asked for.
        return await _look(provider, payment, operation)


async def _expire(provider: PaymentProvider, payment: Payment, operation: Operation) -> Outcome:
    refs = payment.attempt(operation.attempt_id).refs
    return Outcome("succeeded", await provider.expire(refs, operation.key))


async def _capture(provider: PaymentProvider, payment: Payment, operation: Operation) -> Outcome:
    if operation.amount is None:
        raise InvalidRequest("no_amount", "there is nothing to capture")
    refs = payment.attempt(operation.attempt_id).refs
    return Outcome("succeeded", await provider.capture(refs, operation.amount, operation.key))


async def _void(provider: PaymentProvider, payment: Payment, operation: Operation) -> Outcome:
    refs = payment.attempt(operation.attempt_id).refs
    return Outcome("succeeded", await provider.void(refs, operation.key))


async def _refund(provider: PaymentProvider, payment: Payment, operation: Operation) -> Outcome:
    refund = payment.refund(operation.refund_id or "")
    refs = payment.attempt(operation.attempt_id).refs
    request = RefundRequest(refs, refund.id, refund.amount, payment.booking_id)
    return Outcome("succeeded", refund=await provider.refund(request, operation.key))


async def _look(provider: PaymentProvider, payment: Payment, operation: Operation) -> Outcome:
    """What became of a call whose answer was lost, read from the provider's objects."""
    attempt = payment.attempt(operation.attempt_id)
    if operation.kind == "start":
        found = await provider.find_payment(attempt.id, operation.created_at)
        return Outcome("succeeded", found) if found else Outcome("failed", code=NEVER_HAPPENED)
    if operation.kind == "refund":
        back = await provider.find_refund(attempt.refs, operation.refund_id or "")
        return Outcome("succeeded", refund=back) if back else Outcome("failed", code=NEVER_HAPPENED)
    seen = await provider.get_payment(attempt.refs)
    if seen.state in _AIMS[operation.kind]:
        return Outcome("succeeded", seen)
    return Outcome("failed", seen, code=NEVER_HAPPENED)


_AIMS: Mapping[str, tuple[str, ...]] = {
    "expire": ("expired", "cancelled"),
    "capture": ("succeeded",),
    "void": ("cancelled", "expired"),
}
_CALLS: Mapping[str, Try] = {
    "start": _start,
    "expire": _expire,
    "capture": _capture,
    "void": _void,
    "refund": _refund,
}
