"""The outside world of a run: the sandbox's own providers, without servers."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from sandbox.google import Channels, google_routes
from sandbox.settings import GoogleSettings
from sandbox.stripe import Deliveries, Listener, StripeSandboxSettings, stripe_routes
from sandbox.stripe.deliveries import signature
from sandbox.world import World
from tests.simulation.loop import SimulatedClock, SimulatedLoop
from tests.simulation.process import Gone, Process
from tests.simulation.providers import LineMail, let_in
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather
from tests.simulation.wire import Asked, Line, Reply, exchange

SITE = "http://sandbox.test"
WEBHOOK_SECRET = "whsec_simulated"
# Stripe tries again for days; what it tells then is long over.
WEBHOOK_LATE = (30.0, 240.0, 1500.0)


class WebhookTransport(httpx.AsyncBaseTransport):
    """The way of a webhook: lost, doubled, late, or lost for good."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._never: dict[str, bool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Deliver one event, once, twice, later or not."""
        weather, trace = self._outside.weather, self._outside.trace
        asked = Asked(request.method, str(request.url), dict(request.headers.items()), await request.aread())
        event = httpx.Response(200, content=asked.body).json()
        label = f"{event['type']} {event['data']['object']['id']}"
        if self._never.setdefault(event["id"], weather.strikes("webhook lost")):
            trace.fault("webhook lost", label)
            raise httpx.ConnectError("simulated")
        if weather.strikes("webhook late"):
            trace.fault("webhook late", label)
            await asyncio.sleep(weather.rng.uniform(5, weather.rng.choice(WEBHOOK_LATE)))
        await asyncio.sleep(weather.rng.uniform(0.01, 1.0))
        if weather.strikes("webhook twice"):
            trace.fault("webhook twice", label)
            await self._outside.knock(asked)
        if weather.strikes("webhook rewritten"):
            trace.fault("webhook rewritten", label)
            asked = self._outside.rewritten(asked)
        status = await self._outside.knock(asked)
        trace.note("webhook", f"{label} -> {status}")
        return httpx.Response(status)


@dataclass
class Outside:
    """Stripe, Google and the mail server, and the lines to them."""

    loop: SimulatedLoop
    rng: random.Random
    weather: Weather
    trace: Trace
    # Who takes the webhooks: set as soon as there is a payment service, and again when it comes back.
    payment: Callable[[], tuple[Process, ASGIApp]] | None = None
    # The provider's objects that the payment service was told of. Nobody can be shown another.
    known: set[str] = field(default_factory=set)
    world: World = field(init=False)
    stripe: Line = field(init=False)
    google: Line = field(init=False)
    mail: LineMail = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(":memory:", SimulatedClock(self.loop).now, random=self.rng)
        let_in(self.world)
        listener = Listener(url="http://shop.test/webhooks/stripe", secret=WEBHOOK_SECRET)
        self.settings = StripeSandboxSettings(
            base_url=f"{SITE}/stripe", webhooks=(listener,), poll_seconds=5.0
        )
        app = FastAPI(openapi_url=None)
        app.include_router(stripe_routes(self.world, self.settings), prefix="/stripe")
        app.include_router(
            google_routes(self.world, GoogleSettings(), Channels(self.world)), prefix="/google"
        )
        self.stripe = self._line("stripe", app, latest=75.0)
        self.stripe.heard = self._hear
        # The calendar counts on a call to have arrived a minute after it began.
        self.google = self._line("google", app, latest=25.0)
        self.mail = LineMail(self.world, self.weather, self.trace)

    def _line(self, name: str, app: FastAPI, latest: float) -> Line:
        def break_after(path: str) -> None:
            self.world.arm(name, "error_after", path=path)

        return Line(name, app, self.loop, self.weather, self.trace, latest, break_after)

    def _hear(self, reply: Reply) -> None:
        told = json.loads(reply.body)
        if "id" in told:
            self.known.add(told["id"])

    async def start(self) -> None:
        """Begin to tell about events."""
        client = httpx.AsyncClient(transport=WebhookTransport(self), timeout=15.0)
        self.deliveries = Deliveries(self.world, self.settings, client)
        await self.deliveries.start()

    def rewritten(self, asked: Asked) -> Asked:
        """The same event with another account of its object: all that counts is what it is about."""
        event = json.loads(asked.body)
        told = event["data"]["object"]
        told["status"] = "expired" if told["object"] == "checkout.session" else "succeeded"
        body = json.dumps(event)
        signed = signature(body, WEBHOOK_SECRET, int(self.world.now().timestamp()))
        return replace(asked, headers={**asked.headers, "stripe-signature": signed}, body=body.encode())

    async def knock(self, asked: Asked) -> int:
        """Bring a webhook to the payment service; the status it answers."""
        if self.payment is None:
            raise httpx.ConnectError("simulated: nobody there")
        process, app = self.payment()
        try:
            return (await process.do(exchange(app, asked))).status
        except Gone as error:
            raise httpx.ReadError("simulated: gone") from error
