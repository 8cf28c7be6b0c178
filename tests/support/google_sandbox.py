"""The sandbox's Google on loopback."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

from fastapi import FastAPI
from google.auth.credentials import Credentials

from sandbox.google import Channels, google_credentials, google_routes
from sandbox.google.accounts import KEY, SERVICE_ACCOUNT
from sandbox.settings import GoogleSettings
from sandbox.world import World
from tests.support.google_client import GoogleClient, service_credentials
from tests.support.loopback import listening, serving

CALENDAR = "piano@sandbox.holdfast.test"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class GoogleSandbox:
    """A world, its URL and the ways to call its calendar."""

    world: World
    base_url: str
    clients: list[GoogleClient] = field(default_factory=list)

    def client(self, subject: str | None = None, timeout: float = 5) -> GoogleClient:
        """The sandbox's own service account at work, for itself or for somebody."""
        info = google_credentials(self.world, self.base_url)
        return self.client_with(service_credentials(info, subject), timeout)

    def client_with(self, credentials: Credentials, timeout: float = 5) -> GoogleClient:
        """A client with credentials of its own."""
        self.clients.append(GoogleClient(self.base_url, credentials, timeout))
        return self.clients[-1]

    def hang_up(self) -> None:
        """Close every client's connections."""
        for client in self.clients:
            client.close()


def world_at(start: datetime = START) -> World:
    """A world whose clock stands still until it is moved."""
    return World(":memory:", lambda: start, random=Random(7))


@cache
def service_key() -> dict[str, Any]:
    """Making an RSA key takes a quarter of a second; one is enough for all tests."""
    world = world_at()
    google_credentials(world, "http://127.0.0.1")
    return world.get(KEY, SERVICE_ACCOUNT) or {}


@asynccontextmanager
async def google_sandbox(
    settings: GoogleSettings | None = None, world_of: Callable[[], World] = world_at
) -> AsyncIterator[GoogleSandbox]:
    """Google, answering on loopback."""
    world = world_of()
    world.put(KEY, SERVICE_ACCOUNT, service_key())
    channels = Channels(world)
    app = FastAPI()
    app.include_router(google_routes(world, settings or GoogleSettings(), channels), prefix="/google")
    door, base_url = listening()
    await channels.start()
    google = GoogleSandbox(world, base_url)
    async with serving(app, door):
        yield google
        google.hang_up()
        await channels.stop()
    world.close()


def lesson(hour: int = 10, **fields: Any) -> dict[str, Any]:
    """An hour's event on the day after the world begins."""
    edges = {
        edge: {"dateTime": f"2026-11-24T{at:02}:00:00Z", "timeZone": "UTC"}
        for edge, at in (("start", hour), ("end", hour + 1))
    }
    return {"summary": "Tuning", **edges, **fields}
