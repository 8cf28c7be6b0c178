"""The services' own adapters, with lines of the simulation instead of sockets and threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any, TypeVar

import httplib2
import httpx
import requests
from sqlalchemy.util import await_only, greenlet_spawn

from sandbox.google.accounts import SERVICE_ACCOUNT, google_credentials
from sandbox.smtp import keep
from sandbox.world import World
from services.calendar.sources.google import TIMEOUT, GoogleCalendar, event_id
from services.calendar.sources.port import OutsideEvent
from services.notify.channels.mime import address_of, message_of
from services.notify.channels.port import Letter
from services.payment.providers.stripe_errors import WitnessClient
from shared.errors import Outage
from tests.simulation.loop import START
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather
from tests.simulation.wire import Asked, Line, NeverArrived, NoReply

T = TypeVar("T")
TOKEN = "ya29.simulated"


class LineTransport(httpx.AsyncBaseTransport):
    """What httpx sends through: a line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange; the line's failures are httpx's."""
        asked = Asked(request.method, str(request.url), dict(request.headers.items()), await request.aread())
        timeout: float = request.extensions["timeout"]["read"]
        try:
            reply = await self._line.carry(asked, timeout)
        except NeverArrived as error:
            raise httpx.ConnectError(str(error)) from error
        except NoReply as error:
            raise httpx.ReadTimeout(str(error)) from error
        return httpx.Response(reply.status, headers=reply.headers, content=reply.body)


class LineStripeClient(WitnessClient):
    """The SDK's HTTP client over a line. Everything above it is what runs in production."""

    def __init__(self, line: Line, timeout: float) -> None:
        super().__init__(timeout=httpx.Timeout(timeout, connect=5.0), verify_ssl_certs=False)
        self._client_async = httpx.AsyncClient(transport=LineTransport(line))


@cache
def _google() -> GoogleCalendar:
    """The adapter with its description of the API, which takes long to read and never changes."""
    key = google_credentials(World(":memory:", lambda: START), "http://sandbox.test")
    return GoogleCalendar(_as_json(key), "http://sandbox.test/google/calendar/v3/")


def _as_json(key: dict[str, Any]) -> str:
    return httpx.Request("POST", "http://x", json=key).content.decode()


def let_in(world: World) -> None:
    """Give the service account a token for as long as the simulation lasts."""
    token = {
        "email": SERVICE_ACCOUNT,
        "scope": "https://www.googleapis.com/auth/calendar.events",
        "bare": True,
        "expires": START.replace(year=START.year + 10).isoformat(),
    }
    world.put("google.token", TOKEN, token)


class LineGoogle:
    """The production adapter's own blocking code, run in a greenlet of the loop's thread.

    In production it runs in worker threads and signs in with a key; here a token is given. Its requests,
    its reading of answers and its errors are the same code.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._adapter = _google()

    async def put(self, calendar: str, event: OutsideEvent) -> str:
        """Have exactly one event for the key, as given."""
        return await self._run(partial(self._adapter._put, calendar, event))

    async def remove(self, calendar: str, key: str) -> None:
        """Have no event for the key."""
        await self._run(partial(self._adapter._remove, calendar, event_id(key)))

    async def _run(self, work: Callable[[Any], T]) -> T:
        found: T = await greenlet_spawn(self._adapter._speak, lambda _: work(self))
        return found

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        """One exchange of the blocking client."""
        sent = {**(headers or {}), "authorization": f"Bearer {TOKEN}"}
        content = body.encode() if isinstance(body, str) else body or b""
        try:
            reply = await_only(self._line.carry(Asked(method, uri, sent, content), TIMEOUT))
        except NeverArrived as error:
            raise requests.ConnectionError(str(error)) from error
        except NoReply as error:
            raise requests.ReadTimeout(str(error)) from error
        return httplib2.Response({**reply.headers, "status": str(reply.status)}), reply.body


class LineMail:
    """A channel that hands letters to the sandbox's inbox without the words of SMTP."""

    def __init__(self, world: World, weather: Weather, trace: Trace) -> None:
        self._world = world
        self._weather = weather
        self._trace = trace
        # Letters that were handed over and whose sender never heard of it: they may come again.
        self.unheard: set[str] = set()

    @asynccontextmanager
    async def delivered(self, letter: Letter) -> AsyncIterator[None]:
        """Hand a letter over; what the caller commits afterwards may be too late."""
        message = message_of(letter)
        await asyncio.sleep(self._weather.rng.uniform(0.01, 2.0))
        if self._weather.strikes("mail put off"):
            self._trace.fault("mail put off", letter.mail.subject)
            raise Outage("simulated: 451 try again later")
        recipient = address_of(letter.recipient).addr_spec
        keep(self._world, address_of(letter.sender).addr_spec, [recipient], message.as_bytes())
        self._trace.note("mail", f"{letter.mail.subject} to {recipient}")
        if self._weather.strikes("mail answer lost"):
            self._trace.fault("mail answer lost", letter.mail.subject)
            self.unheard.add(letter.message_id)
            raise Outage("simulated: the line dropped after the letter")
        try:
            yield
        except BaseException:
            self.unheard.add(letter.message_id)
            raise
