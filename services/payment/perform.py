"""One try of an operation at the provider, and what came of it. Every answer becomes an outcome."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.payment.operations import Outcome, needs_a_look
from services.payment.payment import NEVER_HAPPENED, OVERTAKEN, UNPAID, Attempt, Operation, Payment
from services.payment.providers.port import (
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
from shared.money import Money

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
    call = _look if needs_a_look(operation, now) else _CALLS[operation.kind]
    try:
        return await call(provider, payment, operation)
    except (RateLimited, ProviderDown) as nothing_done:
        return Outcome(
            "requested", code="provider_away", detail=str(nothing_done), retry_after=nothing_done.retry_after
        )
    except OutcomeUnknown as unknown:
        return Outcome("unknown", code="no_answer", detail=str(unknown))
    except AlreadyDone as done:
        state = "failed" if operation.kind == "refund" else "succeeded"
        return Outcome(state, done.snapshot, code=OVERTAKEN)  # type: ignore[arg-type]
    except Declined as declined:
        return Outcome("declined", code=declined.decline.reason, detail=declined.decline.code)
    except InvalidRequest as refused:
        # Another request under our key is a bug of ours; whether the first was carried out must be seen.
        state = "unknown" if refused.code == "idempotency_error" else "failed"
        return Outcome(state, code=refused.code, detail=str(refused))  # type: ignore[arg-type]
    except Missing as missing:
        return _nothing_there(payment.attempt(operation.attempt_id), str(missing))


def _nothing_there(attempt: Attempt, detail: str) -> Outcome:
    if attempt.state not in UNPAID:
        return Outcome("failed", code="missing", detail=detail)
    gone = PaymentSnapshot(
        attempt.refs,
        "cancelled",
        Money(amount=0, currency=attempt.currency or "XXX"),
        provider_state="missing",
    )
    return Outcome("succeeded", gone, code="missing", detail=detail)


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
    return Outcome("succeeded", await create(start, operation.key))


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
