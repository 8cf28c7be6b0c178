"""Notify on a real database, and a mail server in the same loop that keeps and refuses as told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from random import Random
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Conversation
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select

from services.notify.main import build
from services.notify.settings import Settings
from services.notify.tables import notifications
from shared.events.booking import BookingRequested
from shared.events.message import Message
from shared.events.values import BookingFacts, Business, Customer, Item
from shared.messaging.envelope import Envelope, enclose
from shared.messaging.local import LocalBus
from shared.money import Money
from shared.runtime import ManualClock, Runtime
from shared.service import Service

START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TEN = Money(amount=1000, currency="USD")
KEY = "test-key"


def item(id: str = "it_1", **changes: Any) -> Item:
    """Half an hour of advice in London."""
    facts = {
        "offering": "consulting.advice",
        "title": "Advice session",
        "starts_at": START,
        "ends_at": START + timedelta(minutes=30),
        "timezone": "Europe/London",
        "price": TEN,
        "meeting_method": "google_meet",
    }
    return Item(id=id, **{**facts, **changes})


def business(**changes: Any) -> Business:
    """A consultant in London, without an address of their own."""
    facts = {
        "id": "consulting",
        "slug": "consulting",
        "name": "Clear Consulting",
        "timezone": "Europe/London",
    }
    return Business(**{**facts, **changes})


def customer(**changes: Any) -> Customer:
    """Somebody in New York."""
    facts = {"name": "Anna Smith", "email": "anna@example.com", "timezone": "America/New_York"}
    return Customer(**{**facts, **changes})


def booking(id: str = "bk_1", **changes: Any) -> BookingFacts:
    """One booking of the customer with the consultant."""
    facts = {
        "booking_id": id,
        "reference": "BK-7F3K-92QD",
        "business": business(),
        "customer": customer(),
        "items": (item(f"it_{id}"),),
        "total": TEN,
        "manage_url": f"https://book.example/bookings/{id}#t=secret",
    }
    return BookingFacts(**{**facts, **changes})


def requested(facts: BookingFacts) -> BookingRequested:
    """The booking as it is announced first."""
    page = f"https://book.example/bookings/{facts.booking_id}"
    return BookingRequested(
        booking_id=facts.booking_id, facts=facts, deadline=START, return_url=page, cancel_url=page
    )


@dataclass
class MailServer:
    """A real SMTP conversation. `answers` are given to RCPT first; then everything is taken."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    after_data: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Conversation, address: str, options: list[str]
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Conversation) -> str:
        answer = self.after_data.pop(0) if self.after_data else "250 OK"
        if answer.startswith("250"):
            self.taken.append(cast(bytes, envelope.original_content))
            self.recipients.extend(envelope.rcpt_tos)
            self.came.set()
        return answer

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for raw in self.taken]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if address in str(mail["To"])]


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """A mail server on a port of its own."""
    loop, keeper = asyncio.get_running_loop(), MailServer()
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="mail.test", loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    keeper.port = server.sockets[0].getsockname()[1]
    try:
        yield keeper
    finally:
        server.close()


@dataclass
class Notify:
    """The service in a test's hands: messages in, due work done, the world looked at."""

    service: Service
    clock: ManualClock
    _numbers: Any = field(default_factory=lambda: count(1))

    async def hears(self, *messages: Message) -> None:
        """Hand messages over, each in an envelope of its own."""
        for message in messages:
            await self.service.inbox.take_over([self.sealed(message)])

    def sealed(self, message: Message) -> Envelope:
        """A message in an envelope, as another service sends it."""
        return enclose(
            message,
            id=f"msg_{next(self._numbers)}",
            source="booking",
            time=self.clock.now(),
            correlationid="",
            causationid="",
            traceparent="",
        )

    async def works(self, *, after: float = 0.0) -> None:
        """Let time pass and do what is due then."""
        self.clock.advance(after)
        await self.service.tasks.perform_due()

    async def said(self) -> list[tuple[str, str]]:
        """Kind and status of everything there is to say, oldest first."""
        async with self.service.database.reading() as connection:
            columns = notifications.c
            query = select(columns.kind, columns.status).order_by(columns.created_at, columns.kind)
            rows = await connection.execute(query)
            return [(row.kind, row.status) for row in rows]

    async def published(self) -> list[dict[str, Any]]:
        """What notify told the others."""
        outbox = self.service.desk.spine.outbox
        async with self.service.database.reading() as connection:
            rows = await connection.execute(select(outbox.c.envelope).order_by(outbox.c.seq))
            return [{"type": row.envelope["type"], **row.envelope["data"]} for row in rows]

    async def get(self, path: str, **query: str) -> Response:
        transport = ASGITransport(app=self.service.app)
        async with AsyncClient(transport=transport, base_url="http://notify") as client:
            return await client.get(path, params=query, headers={"X-Internal-Key": KEY})


@asynccontextmanager
async def notify_on(database_url: str, *, smtp_port: int, **settings: Any) -> AsyncIterator[Notify]:
    """The service with an empty, current schema; its loops do not run."""
    clock = ManualClock()
    service = build(
        Settings(
            database_url_notify=database_url,
            smtp_port=smtp_port,
            smtp_from="bookings@clear.example",
            public_url="https://book.example",
            internal_key=KEY,
            **{"mail_new_bookings": True, **settings},
        ),
        Runtime(clock, Random(1)),
        LocalBus(),
    )
    await service.migrate()
    try:
        yield Notify(service, clock)
    finally:
        await service.database.dispose()
