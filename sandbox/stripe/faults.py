"""What goes wrong on the way to Stripe and back, when somebody armed it."""

import asyncio
import contextlib
import json
from dataclasses import replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.stripe.errors import StripeError
from sandbox.stripe.idempotency import Answer
from sandbox.world import Document, World

_PROVIDER = "stripe"
_OUR_SIDE = "An unexpected error occurred on our side. You were not charged unless a later request says so."


def before_effect(world: World, request: Request) -> float:
    """Refuse the call when it was armed so; else how many seconds it is to be kept waiting."""
    if _struck(world, "down", request) is not None:
        raise StripeError("Stripe is unavailable.", status=503, type="api_error")
    if _struck(world, "rate_limit", request) is not None:
        raise StripeError(
            "Request rate limit exceeded.", status=429, type="invalid_request_error", code="rate_limit"
        )
    if _struck(world, "error_before", request) is not None:
        raise StripeError(_OUR_SIDE, status=500, type="api_error")
    slow = _struck(world, "slow", request)
    return 0.0 if slow is None else float(slow.get("seconds", 3))


def instead_of_answer(world: World, request: Request, answer: Answer) -> Answer:
    """The effect is done, and the caller hears of an error: Stripe keeps that under the key too."""
    if _struck(world, "error_after", request, only="POST") is None:
        return answer
    body = json.dumps({"error": {"type": "api_error", "message": _OUR_SIDE}}, indent=2)
    return replace(answer, status=500, body=body)


async def after_effect(world: World, request: Request, response: Response) -> Response:
    """The effect is done and the answer known, but it does not arrive."""
    late = _struck(world, "timeout_after", request, only="POST")
    if late is not None:
        await _hang(request, float(late.get("seconds", 60)))
    if _struck(world, "cut_body", request, only="POST") is not None:
        return _CutResponse(response)
    return response


def _struck(world: World, fault: str, request: Request, only: str | None = None) -> Document | None:
    """A fault may name a part of the path, or a method, that it waits for, and a moment when it is over."""

    def applies(options: Document) -> bool:
        method = options.get("method", only)
        over = "until" in options and datetime.fromisoformat(options["until"]) <= world.now()
        return not over and options.get("path", "") in request.url.path and method in (None, request.method)

    return world.struck(_PROVIDER, fault, applies)


async def _hang(request: Request, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _gone(request)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


class _CutResponse(Response):
    """A body that stops half way."""

    def __init__(self, whole: Response) -> None:
        super().__init__(whole.body, whole.status_code, media_type="application/json")
        self.raw_headers = whole.raw_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
