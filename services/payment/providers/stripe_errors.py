"""What went wrong with a call to Stripe, and whether anything may have been done."""

from collections.abc import Awaitable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

import httpx
import stripe

from services.payment.providers.port import (
    IDEMPOTENCY_ERROR,
    TOO_LATE,
    Declined,
    InvalidRequest,
    Missing,
    OutcomeUnknown,
    ProviderDown,
    ProviderError,
    RateLimited,
)
from services.payment.providers.stripe_declines import decline

Answer = TypeVar("Answer")

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_reached: ContextVar[bool] = ContextVar("reached", default=False)


class WitnessClient(stripe.HTTPXClient):
    """Remembers, over the SDK's own retries, whether any try of a call may have reached Stripe."""

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            answer = await super().request_async(method, url, headers, post_data)
        except stripe.APIConnectionError as error:
            if not isinstance(error.__cause__, _NEVER_LEFT):
                _reached.set(True)
            raise
        if answer[1] >= 500 or answer[1] == 409:
            _reached.set(True)
        return answer


async def moving(call: Awaitable[Answer]) -> Answer:
    """The answer to a call that moves something."""
    _reached.set(False)
    try:
        return await call
    except stripe.StripeError as error:
        raise understood(error, reached=_reached.get()) from error


async def reading(call: Awaitable[Answer]) -> Answer:
    """The answer to a question. A question may simply be asked again."""
    try:
        return await call
    except stripe.StripeError as error:
        raise understood(error, reached=False) from error


def understood(error: stripe.StripeError, *, reached: bool) -> ProviderError:
    """The port's error for one of Stripe's. `reached` means that Stripe may have acted on the call."""
    if isinstance(error, stripe.CardError):
        return Declined(decline(error.code, _decline_code(error)))
    if isinstance(error, stripe.IdempotencyError):
        return InvalidRequest(IDEMPOTENCY_ERROR, str(error))
    if isinstance(error, stripe.InvalidRequestError):
        if error.http_status == 404 or error.code == "resource_missing":
            return Missing(str(error))
        if error.param == "expires_at":
            return InvalidRequest(TOO_LATE, str(error))
        return InvalidRequest(error.code or "invalid_request", str(error))
    if reached:
        return OutcomeUnknown(str(error))
    if isinstance(error, stripe.RateLimitError):
        return RateLimited(str(error), retry_after=_retry_after(error))
    return ProviderDown(_in_words(error))


def _in_words(error: stripe.StripeError) -> str:
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        return "Stripe refuses our key: check HOLDFAST_STRIPE_SECRET_KEY"
    return f"Stripe cannot be reached: {error.user_message or type(error).__name__}"


def _decline_code(error: stripe.CardError) -> str | None:
    return str(error.error["decline_code"]) if error.error and "decline_code" in error.error else None


def _retry_after(error: stripe.StripeError) -> float | None:
    value = (error.headers or {}).get("retry-after", "")
    return float(value) if value.replace(".", "", 1).isdigit() else None
