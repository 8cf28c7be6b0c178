"""The booking service on a fresh database, without its loops: asked over HTTP, driven by hand."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select

from services.booking.applying import apply_catalog
from services.booking.catalog_file import read_catalog
from services.booking.main import build
from services.booking.settings import Settings
from services.booking.tables import spine
from shared.events.message import Event
from shared.messaging.envelope import Envelope, enclose
from shared.messaging.local import LocalBus
from shared.runtime import ManualClock, Runtime
from shared.service import Service

KEY = "test-key"
START = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
CATALOG = """
business:
  slug: studio
  name: Studio
  timezone: Europe/Berlin
  currencies: [EUR, USD]
  email: hello@studio.example
hold_minutes: 15
resources:
  - slug: ada
    name: Ada
    hours: {monday: ["09:00-17:00"], thursday: ["09:00-17:00"]}
offerings:
  - slug: lesson
    title: Lesson
    resources: [ada]
    duration_minutes: 60
    capacity: 4
    prices: {EUR: "40.00", USD: "45.00"}
    policy: {text: Be on time.}
  - slug: hello
    title: Hello
    resources: [ada]
    duration_minutes: 30
    meeting_methods: [phone]
"""


@dataclass
class Desk:
    """The running parts that a test drives."""

    service: Service
    http: httpx.AsyncClient
    clock: ManualClock

    async def apply(self, text: str = CATALOG) -> dict[str, Any]:
        async with self.service.desk.unit_of_work() as work:
            return await apply_catalog(work, read_catalog(text, "test.yaml"))

    async def book(self, key: str = "k1", **changes: Any) -> httpx.Response:
        return await self.http.post("/bookings", json=wanted(**changes), headers={"Idempotency-Key": key})

    async def hear(self, event: Event, source: str = "calendar") -> None:
        """Deliver an event as another service's relay would."""
        runtime = self.service.desk.runtime
        letter = enclose(
            event,
            id=runtime.new_id("msg"),
            source=source,
            time=runtime.now(),
            correlationid="",
            causationid="",
            traceparent="",
        )
        await self.service.inbox.take_over([letter])

    async def said(self) -> list[Envelope]:
        """Everything that waits to be sent, in order."""
        async with self.service.database.reading() as connection:
            rows = await connection.execute(select(spine.outbox.c.envelope).order_by(spine.outbox.c.seq))
        return [Envelope.from_wire(row.envelope) for row in rows]

    async def commands(self, name: str) -> list[dict[str, Any]]:
        return [letter.data for letter in await self.said() if letter.type == name]


def wanted(**changes: Any) -> dict[str, Any]:
    """A body for POST /bookings."""
    body: dict[str, Any] = {
        "items": [{"offering": "studio.lesson", "start": START.isoformat()}],
        "customer": {"name": "Ada", "email": "ada@example.com"},
        "payment": {"method": "checkout"},
    }
    return {**body, **changes}


def item(offering: str = "studio.lesson", hours: int = 0, **more: Any) -> dict[str, Any]:
    return {"offering": offering, "start": (START + timedelta(hours=hours)).isoformat(), **more}


@asynccontextmanager
async def booking_desk(database_url: str) -> AsyncIterator[Desk]:
    """The booking service with the studio's catalog."""
    clock = ManualClock()
    settings = Settings(
        database_url_booking=database_url, internal_key=KEY, public_url="http://book.example", secret="s"
    )
    service = build(settings, Runtime(clock, random.Random(3)), LocalBus())
    await service.migrate()
    transport = httpx.ASGITransport(service.app)
    headers = {"X-Internal-Key": KEY}
    async with httpx.AsyncClient(transport=transport, base_url="http://booking", headers=headers) as http:
        desk = Desk(service, http, clock)
        await desk.apply()
        yield desk
    await service.database.dispose()
