"""The sandbox's Stripe on a real port, and the real SDK in front of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import httpx
import pytest
import stripe
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sandbox.stripe import Deliveries, Listener, StripeSandboxSettings, customer, stripe_routes
from sandbox.stripe.settings import API_VERSION
from sandbox.world import World
from tests.support.loopback import listening, serving

SECRET = "whsec_test_secret"
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


Test = TypeVar("Test", bound=Callable[..., object])


def recorded(*ids: str) -> Callable[[Test], Test]:
    """Says which behaviours recorded from the real Stripe a test proves."""

    def mark(test: Test) -> Test:
        test.recorded = ids  # type: ignore[attr-defined]
        return test

    return mark


def session_params(**changes: Any) -> dict[str, Any]:
    """What a business sends for a Checkout page that reserves $20.00."""
    price = {
        "currency": "usd",
        "unit_amount": 1000,
        "product_data": {"name": "Advice", "description": "1 hour"},
    }
    return {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 2}],
        "success_url": "http://127.0.0.1/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1/left",
        "payment_intent_data": {"capture_method": "manual", "metadata": {"booking": "bk_1"}},
        "metadata": {"booking": "bk_1"},
        "branding_settings": {"display_name": "Ada's advice"},
        **changes,
    }


def intent_params(card: str = "", **changes: Any) -> dict[str, Any]:
    """What a business sends to charge $50.00; at once, when a card is named."""
    params: dict[str, Any] = {
        "amount": 5000,
        "currency": "usd",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    if card:
        params |= {"payment_method": f"pm_card_{card}", "confirm": True}
    return params | changes


async def refused(call: Awaitable[object]) -> Any:
    """The error a call ends with."""
    with pytest.raises(stripe.StripeError) as caught:
        await call
    return caught.value


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Received:
    """Webhooks as a business receives them, and how it answers."""

    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        """The event types in the order they arrived."""
        return [str(stripe.Event.construct_from(self._json(body), None).type) for body in self.bodies]

    @staticmethod
    def _json(body: bytes) -> dict[str, object]:
        decoded: dict[str, object] = httpx.Response(200, content=body).json()
        return decoded

    async def take(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        self.signatures.append(request.headers["Stripe-Signature"])
        return Response(status_code=self.answers.pop(0) if self.answers else 200)


@dataclass
class StripeSandbox:
    """Everything a test needs of the sandbox's Stripe."""

    world: World
    clock: Clock
    settings: StripeSandboxSettings
    deliveries: Deliveries
    received: Received
    http: httpx.AsyncClient
    opened: list[stripe.HTTPXClient] = field(default_factory=list)

    @cached_property
    def client(self) -> stripe.StripeClient:
        """Stripe's own client, with a secret key."""
        return self.sdk()

    @property
    def v1(self) -> Any:
        """Stripe's API as its client offers it, open to wrong parameters too."""
        return self.client.v1

    def pay(self, url_or_id: str, card: str = "", action: str = "") -> dict[str, Any]:
        """Act as the customer."""
        return customer.pay(self.world, url_or_id, card, action)

    def sdk(
        self, *, retries: int = 0, timeout: float = 10, key: str = "sk_test_sandbox"
    ) -> stripe.StripeClient:
        """Another of Stripe's clients; it is closed with the sandbox."""
        http_client = stripe.HTTPXClient(timeout=timeout)
        self.opened.append(http_client)
        stripe.enable_telemetry = False
        return stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": self.settings.base_url},
            max_network_retries=retries,
            http_client=http_client,
        )

    def events(self, *, skip: int = 0) -> list[str]:
        """The types on the event log, oldest first."""
        return [event["type"] for event in self.world.all("stripe.event")][skip:]


@asynccontextmanager
async def stripe_sandbox(
    path: Path | str = ":memory:", watched: Callable[[ASGIApp], ASGIApp] = lambda app: app
) -> AsyncIterator[StripeSandbox]:
    """The sandbox's Stripe mounted below a prefix, as the product mounts it."""
    door, origin = listening()
    clock, received = Clock(), Received()
    world = World(path, clock.now, clock.advance, Random(7))
    settings = StripeSandboxSettings(
        base_url=f"{origin}/sandbox/stripe",
        webhooks=(Listener(url=f"{origin}/webhooks/stripe", secret=SECRET),),
        retry_delays=(1, 5, 25),
    )
    app = FastAPI()
    app.include_router(stripe_routes(world, settings), prefix="/sandbox/stripe")
    app.add_api_route("/webhooks/stripe", received.take, methods=["POST"])
    async with serving(watched(app), door), httpx.AsyncClient(timeout=10) as http:
        deliveries = Deliveries(world, settings, http)
        sandbox = StripeSandbox(world, clock, settings, deliveries, received, http)
        try:
            yield sandbox
        finally:
            for http_client in sandbox.opened:
                await http_client.close_async()  # type: ignore[no-untyped-call]
            world.close()
