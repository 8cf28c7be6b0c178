"""The whole outside world in one application."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.control import control_routes
from sandbox.control.browser import Browser
from sandbox.faults import forget_past
from sandbox.google import Channels, google_routes
from sandbox.google.accounts import KEY, SERVICE_ACCOUNT
from sandbox.page import page_routes
from sandbox.problems import add_problem_answers
from sandbox.settings import GoogleSettings
from sandbox.smtp import MailServer
from sandbox.stripe import Deliveries, Listener, StripeSandboxSettings, stripe_routes
from sandbox.world import World


class Sandbox:
    """The application, and what goes on beside it."""

    def __init__(
        self, world: World, app: FastAPI, mail: MailServer, deliveries: Deliveries, channels: Channels
    ) -> None:
        self.world = world
        self.app = app
        self._mail = mail
        self._deliveries = deliveries
        self._channels = channels
        self._running: AsyncExitStack | None = None

    @property
    def smtp_port(self) -> int:
        """Where mail is taken; known once it has started when any free port was asked for."""
        return self._mail.port

    async def start(self) -> None:
        """Open the mail server and begin to deliver webhooks and calendar pushes."""
        async with AsyncExitStack() as opened:
            for part in (self._mail, self._deliveries, self._channels):
                await part.start()
                opened.push_async_callback(part.stop)
            self._running = opened.pop_all()

    async def stop(self) -> None:
        """Stop all of it; what the world knows stays."""
        if self._running is not None:
            running, self._running = self._running, None
            await running.aclose()


def build_sandbox(
    world: World,
    *,
    base_url: str,
    smtp_host: str = "127.0.0.1",
    smtp_port: int = 0,
    stripe_webhook_url: str = "",
    stripe_webhook_secret: str = "",
    google: GoogleSettings | None = None,
    browser_hosts: dict[str, str] | None = None,
) -> Sandbox:
    """Put the outside world together; `app` is then mounted at the path of `base_url` or served alone."""
    base_url = base_url.rstrip("/")
    listeners = (
        (Listener(url=stripe_webhook_url, secret=stripe_webhook_secret),) if stripe_webhook_url else ()
    )
    stripe = StripeSandboxSettings(base_url=f"{base_url}/stripe", webhooks=listeners)
    channels = Channels(world)
    reset = _reset_of(world)
    app = FastAPI(
        title="Holdfast sandbox",
        description="The outside world of a Holdfast under development.",
        openapi_url="/control/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(_KeepsTime, world=world)
    add_problem_answers(app)
    app.include_router(stripe_routes(world, stripe), prefix="/stripe")
    app.include_router(google_routes(world, google or GoogleSettings(), channels), prefix="/google")
    app.include_router(control_routes(world, base_url, Browser(browser_hosts), reset), prefix="/control")
    app.include_router(page_routes(world, reset))
    return Sandbox(world, app, MailServer(world, smtp_host, smtp_port), Deliveries(world, stripe), channels)


def _reset_of(world: World) -> Callable[[], None]:
    """Who runs against the sandbox has read its service account file; that must stay good."""

    def reset() -> None:
        with world.transaction():
            key = world.get(KEY, SERVICE_ACCOUNT)
            world.reset()
            if key is not None:
                world.put(KEY, SERVICE_ACCOUNT, key)

    return reset


class _KeepsTime:
    """Before each call, outages whose time is over end."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        forget_past(self._world)
        await self._app(scope, receive, send)
