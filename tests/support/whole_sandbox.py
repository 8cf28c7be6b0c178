"""The whole sandbox on loopback: providers, mail server, control API and page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx
from fastapi import FastAPI, Request, Response

from sandbox.app import Sandbox, build_sandbox
from sandbox.google import google_credentials
from sandbox.google.accounts import KEY, SERVICE_ACCOUNT
from sandbox.world import World
from tests.support.google_client import GoogleClient, service_credentials
from tests.support.google_sandbox import service_key, world_at
from tests.support.loopback import listening, serving

SECRET = "whsec_test"


@dataclass
class Outside:
    """The running sandbox with everything a test does to it."""

    sandbox: Sandbox
    base_url: str
    business_url: str
    control: httpx.AsyncClient
    stripe: httpx.AsyncClient
    visits: list[str]
    clients: list[GoogleClient] = field(default_factory=list)

    @property
    def world(self) -> World:
        """What the sandbox knows."""
        return self.sandbox.world

    def google(self) -> GoogleClient:
        """The real client with the sandbox's own service account."""
        info = google_credentials(self.world, self.base_url)
        self.clients.append(GoogleClient(self.base_url, service_credentials(info)))
        return self.clients[-1]

    async def checkout(self, **change: Any) -> dict[str, Any]:
        """A payment page over 40 euros, reserved and not yet taken."""
        form = {
            "mode": "payment",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": "4000",
            "line_items[0][price_data][product_data][name]": "Tuning",
            "payment_intent_data[capture_method]": "manual",
            "success_url": f"{self.business_url}/paid?session={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{self.business_url}/left",
        }
        answer = await self.stripe.post("/v1/checkout/sessions", data=form | change)
        session: dict[str, Any] = answer.raise_for_status().json()
        return session

    async def intent(self) -> dict[str, Any]:
        """A payment for the product's own card form."""
        form = {"amount": "4000", "currency": "eur", "automatic_payment_methods[enabled]": "true"}
        answer = await self.stripe.post("/v1/payment_intents", data=form)
        made: dict[str, Any] = answer.raise_for_status().json()
        return made

    async def mail(self, subject: str, to: str = "ann@example.com", ics: str = "") -> None:
        """A mail from the business to a customer."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "Piano <piano@example.com>", to, subject
        message.set_content(f"{subject}.")
        message.add_alternative(f"<h1>{subject}</h1><a href='http://127.0.0.1/x'>Manage</a>", subtype="html")
        if ics:
            message.add_alternative(ics.encode(), "text", "calendar", params={"method": "REQUEST"})
        await aiosmtplib.send(message, hostname="127.0.0.1", port=self.sandbox.smtp_port, start_tls=False)


def _business(visits: list[str]) -> FastAPI:
    """The product as the outside world meets it: a place to return to, and a webhook."""
    app = FastAPI()

    @app.get("/{page}")
    async def page(page: str, request: Request) -> Response:
        visits.append(f"GET /{page}?{request.url.query}".rstrip("?"))
        return Response("Thank you")

    @app.post("/webhooks/stripe")
    async def webhook(request: Request) -> Response:
        event = await request.json()
        visits.append(f"{event['type']}")
        return Response(status_code=200)

    return app


@asynccontextmanager
async def whole_sandbox() -> AsyncIterator[Outside]:
    """Everything, with a business that hears of what happens; mounted as in the one-process run."""
    world = world_at()
    world.put(KEY, SERVICE_ACCOUNT, service_key())
    visits: list[str] = []
    business_door, business_url = listening()
    door, origin = listening()
    base_url = f"{origin}/sandbox"
    webhook = f"{business_url}/webhooks/stripe"
    sandbox = build_sandbox(
        world, base_url=base_url, stripe_webhook_url=webhook, stripe_webhook_secret=SECRET
    )
    host = FastAPI()
    host.mount("/sandbox", sandbox.app)
    stripe = httpx.AsyncClient(base_url=f"{base_url}/stripe", auth=("sk_test_x", ""))
    control = httpx.AsyncClient(base_url=base_url)
    await sandbox.start()
    async with serving(host, door), serving(_business(visits), business_door), stripe, control:
        outside = Outside(sandbox, base_url, business_url, control, stripe, visits)
        yield outside
        for client in outside.clients:
            client.close()
        await sandbox.stop()
    world.close()
