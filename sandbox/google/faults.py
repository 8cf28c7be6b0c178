"""How Google Calendar breaks."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import Request, Response

from sandbox.faults import Fault, strike
from sandbox.google.errors import CalendarError, backend_error, full_sync_required
from sandbox.world import World

GOOGLE_FAULTS = (
    Fault(
        "google",
        "down",
        "Calendar is down",
        "Every call is answered 503 and nothing happens: for a number of calls, or for a stretch of time.",
        seconds=60,
        lasts=True,
    ),
    Fault(
        "google",
        "error_after",
        "Error after success",
        "The change is made, but the answer is 500. Whoever tries again must not make it twice.",
    ),
    Fault(
        "google",
        "timeout_after",
        "Silence after success",
        "The change is made, but no answer comes until the caller gives up or this many seconds have passed.",
        seconds=30,
    ),
    Fault(
        "google",
        "rate_limit",
        "Too many requests",
        "The call is answered 429 and asks to be tried again after this many seconds.",
        seconds=2,
    ),
    Fault(
        "google",
        "quota",
        "Quota used up",
        "The call is answered 403 quotaExceeded; trying again soon is useless.",
    ),
    Fault("google", "slow", "Slow", "The call works, but takes this many seconds longer.", seconds=2),
    Fault(
        "google",
        "sync_expired",
        "Sync token forgotten",
        "The next incremental sync is answered 410 fullSyncRequired, so everything must be read again.",
    ),
)

Handler = Callable[[Request], Awaitable[Response]]


async def answered(world: World, request: Request, handler: Handler) -> Response:
    """The answer to a call, after whatever is broken has had its say."""
    await _before(world, request)
    response = await handler(request)
    if not _changes_an_event(request) or response.status_code >= 400:
        return response
    if strike(world, "google", "error_after") is not None:
        raise backend_error(500)
    silent = strike(world, "google", "timeout_after")
    if silent is not None:
        await _silence(request, silent.get("seconds", 30))
    return response


async def _before(world: World, request: Request) -> None:
    if strike(world, "google", "down") is not None:
        raise backend_error(503)
    limited = strike(world, "google", "rate_limit")
    if limited is not None:
        headers = {"Retry-After": str(int(limited.get("seconds", 2)))}
        message = "Rate Limit Exceeded"
        raise CalendarError(429, "rateLimitExceeded", message, domain="usageLimits", headers=headers)
    if strike(world, "google", "quota") is not None:
        raise CalendarError(403, "quotaExceeded", "Calendar usage limits exceeded.", domain="usageLimits")
    if "syncToken" in request.query_params and strike(world, "google", "sync_expired") is not None:
        raise full_sync_required()
    slow = strike(world, "google", "slow")
    if slow is not None:
        await asyncio.sleep(slow.get("seconds", 2))


def _changes_an_event(request: Request) -> bool:
    path = request.url.path.rstrip("/")
    return request.method != "GET" and "/events" in path and not path.endswith("/watch")


async def _silence(request: Request, seconds: float) -> None:
    """Callers hang up at different times; the line is held until then."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return
