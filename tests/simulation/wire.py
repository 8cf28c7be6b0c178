"""Lines between the parts: every request may be lost, slow, late, or lose its answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message

from tests.simulation.loop import SimulatedLoop
from tests.simulation.process import outside
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather

# A body that both providers' clients can read.
BROKEN = json.dumps(
    {
        "error": {
            "type": "api_error",
            "message": "simulated",
            "code": 500,
            "errors": [{"reason": "backendError"}],
        }
    }
).encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it goes over the line."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it comes back. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


# Calls that make something on which a customer can pay.
PAGES = (": POST /stripe/v1/checkout/sessions", ": POST /stripe/v1/payment_intents")


class NeverArrived(Exception):
    """The request did not get there."""


class NoReply(Exception):
    """No answer came in time; the request may have arrived, or may still arrive."""


async def exchange(app: ASGIApp, asked: Asked) -> Reply:
    """Ask an application in this process."""
    parts = urlsplit(asked.url)
    sent = False
    answer: dict[str, Any] = {"status": 500, "headers": {}, "body": b""}

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            answer["headers"] = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            answer["body"] += message.get("body", b"")

    headers = {"host": parts.netloc, "content-length": str(len(asked.body)), **asked.headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": (parts.netloc, 80),
    }
    with contextlib.suppress(Exception):
        # Starlette answers 500 and raises the defect again for the server's log.
        await app(scope, receive, send)
    return Reply(answer["status"], answer["headers"], answer["body"])


@dataclass
class Line:
    """The line to one provider. `latest` is how long a request may be on its way."""

    name: str
    app: ASGIApp
    loop: SimulatedLoop
    weather: Weather
    trace: Trace
    latest: float
    # Has the provider do the work and say that it failed.
    break_after: Callable[[str], None]
    away_until: float = 0.0
    # Sees what arrives, at the moment it does.
    witness: Callable[[Asked], None] = lambda _: None
    # Hears what is told, when it is.
    heard: Callable[[Reply], None] = lambda _: None

    async def carry(self, asked: Asked, patience: float) -> Reply:
        """Carry a request and its answer. The request goes on when the one who sent it gives up or dies."""
        where = f"{self.name}: {asked.method} {urlsplit(asked.url).path}"
        if self.away_until > self.loop.time() or self._struck("call lost", where):
            await asyncio.sleep(self.weather.rng.uniform(0.0, 0.5))
            raise NeverArrived(where)
        if self._struck("error before", where):
            return Reply(self.weather.rng.choice((500, 503)), {"content-type": "application/json"}, BROKEN)
        delay = self._page_late(where) if where.endswith(PAGES) else 0.0
        delay = delay or self._delay(where, patience)
        forgets = self._struck("answer lost", where)
        arrival = outside(self.loop, self._arrive(asked, delay, patience, where))
        done, _ = await asyncio.wait({arrival}, timeout=patience)
        if not done or forgets:
            if done:
                await asyncio.sleep(self.weather.rng.choice((0.0, max(patience - delay, 0.0))))
            raise NoReply(where)
        await asyncio.sleep(self.weather.rng.uniform(0.001, 0.05))
        reply = arrival.result()
        self.heard(reply)
        return reply

    def _struck(self, fault: str, where: str) -> bool:
        if self.weather.strikes(fault):
            self.trace.fault(fault, where)
            return True
        return False

    def _page_late(self, where: str) -> float:
        """A page may appear long after it was given up. What holds it up holds other calls up too."""
        if not self._struck("page late", where):
            return 0.0
        away = self.weather.rng.uniform(40.0, 150.0)
        self.away_until = max(self.away_until, self.loop.time() + away)
        return self.weather.rng.uniform(away, 300.0)

    def _delay(self, where: str, patience: float) -> float:
        rng = self.weather.rng
        if self.latest > patience and self._struck("call late", where):
            return rng.uniform(patience, self.latest)
        if self._struck("call slow", where):
            return rng.uniform(0.5, patience)
        return rng.uniform(0.001, 0.2)

    async def _arrive(self, asked: Asked, delay: float, patience: float, where: str) -> Reply:
        await asyncio.sleep(delay)
        if asked.method != "GET" and self._struck("error after", where):
            self.break_after(urlsplit(asked.url).path)
        self.witness(asked)
        reply = await exchange(self.app, asked)
        self.trace.note("call", f"{where} -> {reply.status}")
        if self._struck("answer slow", where):
            # What it says grows old on its way back.
            await asyncio.sleep(self.weather.rng.uniform(0.5, patience))
        return reply
