"""The gateway put together: the one public door of an installation."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from frontend.pages import page_routes
from frontend.rendering import STATIC
from services.gateway.access import Doorkeeper
from services.gateway.allowance import Allowance
from services.gateway.bookings import Bookings
from services.gateway.callers import Callers
from services.gateway.clients import SERVICES, Peers
from services.gateway.edge import Parts
from services.gateway.headers import SafeHeaders
from services.gateway.limits import BodyLimit, RateLimit, exempt
from services.gateway.live import PATTERNS, LiveFeed
from services.gateway.openapi import publish
from services.gateway.reference import reference_routes
from services.gateway.refusals import add_refusals
from services.gateway.routes import bookings, catalog, messages, operators, stream
from services.gateway.settings import Settings
from services.gateway.streams import Streams
from services.gateway.transports import Connections, HttpTransport, Transport
from services.gateway.views import Views
from shared.http import Tracing, health_routes
from shared.messaging.bus import Bus
from shared.runtime import Runtime

WEBHOOKS = "/webhooks"


class Gateway:
    """A running gateway: `app` answers, `start` begins to hear live events, `stop` lets go."""

    name = "gateway"

    def __init__(self, parts: Parts, feed: LiveFeed, bus: Bus, connections: Connections) -> None:
        self.app: FastAPI
        self.parts = parts
        self.bus = bus
        self.feed = feed
        self._connections = connections

    async def start(self) -> None:
        await self.bus.listen(PATTERNS, self.feed.heard)

    def end_streams(self) -> None:
        """Ask open streams and waiting requests to end, so that a server can stop that waits for them."""
        self.parts.streams.end()
        self.parts.bookings.end()

    async def stop(self) -> None:
        self.end_streams()
        await self._connections.close()

    async def ready(self) -> list[str]:
        """What is degraded. Services that are down do not make the door unready."""
        if getattr(self.bus, "connected", True):
            return []
        return ["the message broker is away; live status is read by polling"]


class PublicApp(FastAPI):
    """An app whose every answer is traced and has safe headers, those to defects included."""

    edge: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        return self.edge(super().build_middleware_stack())


class RevalidatedFiles(StaticFiles):
    """Files that browsers keep but ask about: they are served as they are, without a build step."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


def http_transports(settings: Settings, connections: Connections) -> dict[str, Transport]:
    """The services in their own processes, at the addresses of the settings."""
    return {name: HttpTransport(getattr(settings, f"{name}_url"), connections) for name in SERVICES}


def new_connections(settings: Settings) -> Connections:
    return Connections(connect=settings.connect_seconds, total=settings.answer_seconds)


def build(
    settings: Settings,
    runtime: Runtime,
    bus: Bus,
    transports: Mapping[str, Transport] | None = None,
    *,
    extra_routers: Sequence[APIRouter] = (),
    mounts: Mapping[str, ASGIApp] | None = None,
) -> Gateway:
    """The gateway over HTTP, or over the given transports.

    `extra_routers` (webhook ingress) and `mounts` (by path) stand beside the gateway's own routes:
    what is under /webhooks and under a mount is neither limited nor given headers.
    """
    connections = new_connections(settings)
    peers = Peers.over(transports or http_transports(settings, connections), settings.internal_key)
    feed = LiveFeed()
    gateway = Gateway(_parts(settings, peers, feed), feed, bus, connections)
    gateway.app = _app(gateway, runtime, exempt([WEBHOOKS, *(mounts or {})]))
    _add_routes(gateway, extra_routers, mounts or {})
    return gateway


def _parts(settings: Settings, peers: Peers, feed: LiveFeed) -> Parts:
    reader = Bookings(peers.booking, feed, look_again=settings.look_again_seconds)
    streams = Streams(
        reader,
        feed,
        look_again=settings.stream_look_again_seconds,
        lifetime=settings.stream_seconds,
        per_caller=settings.streams_per_caller,
    )
    doorkeeper = Doorkeeper(settings.operator_key)
    return Parts(settings, peers, reader, streams, doorkeeper, Callers(settings.trusted_proxies))


def _app(gateway: Gateway, runtime: Runtime, is_exempt: Callable[[str], bool]) -> PublicApp:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await gateway.start()
        try:
            yield
        finally:
            await gateway.stop()

    app = PublicApp(
        title="Holdfast",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.parts = gateway.parts
    _guard(app, gateway.parts, runtime, is_exempt)
    add_refusals(app)
    publish(app)
    return app


def _guard(app: PublicApp, parts: Parts, runtime: Runtime, is_exempt: Callable[[str], bool]) -> None:
    """Put traces, safe headers and limits before the routes."""
    settings = parts.settings

    def edge(stack: ASGIApp) -> ASGIApp:
        safe = SafeHeaders(stack, over_https=settings.over_https, is_exempt=is_exempt)
        return Tracing(safe, runtime=runtime, service=Gateway.name)

    app.edge = edge
    app.add_middleware(BodyLimit, largest=settings.largest_body, is_exempt=is_exempt)
    app.add_middleware(
        RateLimit,
        reads=Allowance(settings.reads_per_minute, runtime.clock),
        writes=Allowance(settings.writes_per_minute, runtime.clock),
        callers=parts.callers,
        doorkeeper=parts.doorkeeper,
        is_exempt=is_exempt,
    )


def _add_routes(gateway: Gateway, extra_routers: Sequence[APIRouter], mounts: Mapping[str, ASGIApp]) -> None:
    app, parts = gateway.app, gateway.parts
    # The calendar file is told from the booking by its ending, so its route comes first.
    for router in (catalog.router, bookings.router, stream.router, operators.router, messages.router):
        app.include_router(router)
    app.include_router(health_routes(gateway.ready))
    app.include_router(reference_routes(app))
    views = Views(parts.peers, parts.bookings)
    app.include_router(page_routes(views, payment_origins=parts.settings.payment_origins))
    for router in extra_routers:
        app.include_router(router)
    app.mount("/static", RevalidatedFiles(directory=STATIC))
    for path, mounted in mounts.items():
        app.mount(path, mounted)
