"""A gateway with small services behind it that speak the internal HTTP and do what a test tells them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from services.gateway.main import Gateway, build
from services.gateway.settings import Settings
from services.gateway.transports import Answer, AsgiTransport, Question, Transport, Unreachable
from shared.errors import Forbidden, NotFound, Refusal
from shared.events.booking import BookingProgressed
from shared.http import PROBLEM, InternalOnly, Tracing, add_problem_handlers
from shared.messaging.envelope import enclose
from shared.messaging.local import LocalBus
from shared.runtime import Runtime

INTERNAL_KEY = "between-the-services"
OPERATOR_KEY = "hk_op_for-the-tests-only"
OPERATOR = {"Authorization": f"Bearer {OPERATOR_KEY}"}
TOKEN = "signed-manage-token"
PAY_URL = "https://pay.example/session"

Json = dict[str, Any]

WANTED: Json = {
    "items": [{"offering": "consulting.advice", "start": "2026-03-09T10:00:00-04:00"}],
    "customer": {"name": "Ada Lovelace", "email": "ada@example.com"},
    "payment": {"method": "checkout"},
}


def a_booking(booking_id: str) -> Json:
    """A booking as the booking service tells its customer, right after it was asked for."""
    item = {
        "id": "it_1",
        "offering": "consulting.advice",
        "title": "Consulting session",
        "start": "2026-03-09T10:00:00-04:00",
        "end": "2026-03-09T11:00:00-04:00",
        "timezone": "America/New_York",
        "price": {"amount": 1000, "currency": "USD"},
        "quantity": 1,
        "meeting_method": None,
        "status": "pending",
    }
    business = {"slug": "consulting", "name": "Northgate", "timezone": "America/New_York", "email": None}
    return {
        "id": booking_id,
        "reference": "BK-7F3K-92QD",
        "status": "pending",
        "version": 1,
        "reason": None,
        "reason_text": None,
        "nearest": [],
        "items": [item],
        "business": {**business, "phone": None},
        "customer": {"name": "Ada Lovelace", "email": "ada@example.com", "phone": None},
        "amount_due": {"amount": 1000, "currency": "USD"},
        "payment": {"status": "none", "next_action": None},
        "hold_expires_at": None,
        "created_at": "2026-03-02T09:00:00Z",
        "manage_url": f"http://127.0.0.1:8000/bookings/{booking_id}#t={TOKEN}",
        "confirmed_at": None,
        "calendar": {"status": "pending"},
    }


WAITING_FOR_PAYMENT: Json = {
    "status": "awaiting_payment",
    "payment": {
        "status": "action_required",
        "next_action": {"kind": "redirect", "url": PAY_URL, "expires_at": "2026-03-02T09:30:00Z"},
    },
}
SLOT_TAKEN: Json = {
    "status": "failed",
    "reason": "slot_taken",
    "reason_text": "That time has just been taken.",
    "nearest": ["2026-03-09T11:00:00-04:00", "2026-03-09T12:00:00-04:00"],
}


@dataclass
class Asked:
    """What a service was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """The way to a service, which a test can cut for some methods."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = AsgiTransport(app)
        self.cut_for: set[str] = set()

    async def ask(self, question: Question) -> Answer:
        if question.method in self.cut_for:
            raise Unreachable("connection refused")
        return await self._transport.ask(question)


@dataclass
class Peer:
    """A service: an app, what it was asked, and how long it takes."""

    name: str
    app: FastAPI = field(default_factory=lambda: FastAPI(docs_url=None, redoc_url=None))
    asked: list[Asked] = field(default_factory=list)
    takes: float = 0.0

    def __post_init__(self) -> None:
        self.line = Line(self.app)
        self.app.add_middleware(InternalOnly, key=INTERNAL_KEY)
        self.app.add_middleware(Tracing, runtime=Runtime.real(), service=self.name)
        self.app.middleware("http")(self._note)
        add_problem_handlers(self.app, self.name)

    async def _note(self, request: Request, go_on: Any) -> Response:
        body = await request.body()
        query, headers = dict(request.query_params), dict(request.headers)
        self.asked.append(Asked(request.method, request.url.path, query, headers, body))
        await asyncio.sleep(self.takes)
        response: Response = await go_on(request)
        return response

    def tells(self, method: str, path: str, answer: Any, status: int = 200) -> None:
        """Answer a route with fixed JSON."""

        async def told() -> JSONResponse:
            return JSONResponse(answer, status, media_type=PROBLEM if status >= 400 else None)

        self.app.add_api_route(path, told, methods=[method])

    def last(self, method: str, path: str) -> Asked:
        return [one for one in self.asked if (one.method, one.path) == (method, path)][-1]

    def count(self, method: str, path: str) -> int:
        return sum((one.method, one.path) == (method, path) for one in self.asked)


class BookingPeer(Peer):
    """Keeps bookings in memory; the test moves them."""

    def __init__(self, bus: LocalBus) -> None:
        super().__init__("booking")
        self.bookings: dict[str, Json] = {}
        self.keys: dict[str, str] = {}
        self.next_id = "bk_06h3q8m2d4vxw0y1z5s7t9ab2c"
        self.becomes: list[Json] = []
        self.heard_of = True
        self._bus = bus
        self.app.add_api_route("/bookings", self._book, methods=["POST"])
        self.app.add_api_route("/bookings/{id}", self._booking, methods=["GET"])
        self.app.add_api_route("/bookings/{id}/cancel", self._cancel, methods=["POST"])
        self.app.add_api_route("/bookings/{id}/timeline", self._timeline, methods=["GET"])

    def add(self, **changes: Any) -> str:
        """A booking that is already there."""
        self.bookings[self.next_id] = {**a_booking(self.next_id), **changes}
        return self.next_id

    async def move(self, booking_id: str, changes: Json) -> None:
        """Change a booking and, unless the bus is silent, say so."""
        booking = self.bookings[booking_id]
        booking.update(changes, version=booking["version"] + 1)
        if self.heard_of:
            said = BookingProgressed(
                booking_id=booking_id, status=booking["status"], version=booking["version"]
            )
            await self._bus.publish([_enclosed(said)])

    async def _book(self, request: Request) -> JSONResponse:
        key = request.headers["idempotency-key"]
        if key in self.keys:
            booking = self.bookings[self.keys[key]]
            return JSONResponse(booking, 201, {"Idempotent-Replayed": "true"})
        booking_id = self.keys[key] = self.add()
        made = dict(self.bookings[booking_id])
        self._moving = asyncio.create_task(self._move_all(booking_id, list(self.becomes)))
        return JSONResponse(made, 201)

    async def _move_all(self, booking_id: str, becomes: list[Json]) -> None:
        for changes in becomes:
            await asyncio.sleep(0.03)
            await self.move(booking_id, changes)

    async def _booking(self, id: str, request: Request) -> Json:
        if id not in self.bookings:
            raise NotFound("booking_not_found", "There is no booking with this id.")
        return self._as_seen_by(request, self.bookings[id])

    async def _timeline(self, id: str, request: Request) -> Json:
        if "x-operator" not in request.headers and request.headers.get("x-manage-token") != TOKEN:
            raise Forbidden("manage_token_needed", "Show the manage token.", status=401)
        return {"entries": [{"at": "2026-03-02T09:00:00Z", "what": "asked for"}]}

    async def _cancel(self, id: str, request: Request) -> Json:
        if request.headers.get("x-manage-token") != TOKEN:
            raise NotFound("booking_not_found", "There is no booking with this id.")
        if self.bookings[id]["status"] == "confirmed":
            raise Refusal("already_confirmed", "The booking stands already.")
        self._moving = asyncio.create_task(
            self._move_all(id, [{"status": "failed", "reason": "cancelled_by_customer"}])
        )
        return dict(self.bookings[id])

    def _as_seen_by(self, request: Request, booking: Json) -> Json:
        knows = request.headers.get("x-manage-token") == TOKEN or request.headers.get("x-operator") == "yes"
        return booking if knows else {**booking, "customer": None, "manage_url": None}


def _enclosed(said: BookingProgressed) -> Any:
    runtime = Runtime.real()
    return enclose(
        said,
        id=runtime.new_id("msg"),
        source="booking",
        time=runtime.now(),
        correlationid="",
        causationid="",
        traceparent="",
    )


@dataclass
class Town:
    """The gateway, its peers, its bus, and somebody in front of the door."""

    gateway: Gateway
    bus: LocalBus
    booking: BookingPeer
    payment: Peer
    calendar: Peer
    notify: Peer
    client: httpx.AsyncClient

    async def book(self, key: str = "key-1", prefer: str | None = None, **changes: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key, **({"Prefer": prefer} if prefer else {})}
        return await self.client.post("/v1/bookings", json={**WANTED, **changes}, headers=headers)


def settings_for(**changes: Any) -> Settings:
    given = {"internal_key": INTERNAL_KEY, "operator_key": OPERATOR_KEY, **changes}
    return Settings(_env_file=None, **given)


def in_front_of(app: ASGIApp, address: str = "203.0.113.7") -> httpx.AsyncClient:
    """A caller of the app, from that address. A defect shows as the 500 that a caller sees."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://door.example")


@asynccontextmanager
async def a_town(
    *, transports: Mapping[str, Transport] | None = None, runtime: Runtime | None = None, **settings: Any
) -> AsyncIterator[Town]:
    """A gateway in front of four small services, all in this process unless other transports are given."""
    bus = LocalBus()
    peers = (BookingPeer(bus), Peer("payment"), Peer("calendar"), Peer("notify"))
    ways: dict[str, Transport] = {peer.name: peer.line for peer in peers}
    ways.update(transports or {})
    gateway = build(settings_for(**settings), runtime or Runtime.real(), bus, ways)
    await gateway.start()
    try:
        async with in_front_of(gateway.app) as client:
            yield Town(gateway, bus, *peers, client)
    finally:
        await gateway.stop()
        await bus.close()
