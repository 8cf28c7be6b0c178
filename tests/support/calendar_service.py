"""The calendar at work in a test: commands go in through its inbox, what it says is read from its outbox."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import httpx
from sqlalchemy import delete, func, select

from services.calendar.deps import Deps
from services.calendar.main import build
from services.calendar.settings import Settings
from services.calendar.sources.port import OutsideEvent, Source
from services.calendar.tables import holds, spine
from shared.errors import Outage
from shared.events.calendar import DefineSchedule, HoldSlot
from shared.events.message import Message, StepRef
from shared.events.values import Resource, Schedule
from shared.messaging.envelope import Envelope, enclose
from shared.messaging.local import LocalBus
from shared.runtime import ManualClock, Runtime
from shared.service import Service
from tests.support.calendar import moment, resource, schedule

NOW = moment("2026-06-01 08:00")  # a Monday
NOON = moment("2026-06-03 12:00")
_numbers = count(1)

M = TypeVar("M", bound=Message)


@dataclass
class Diary:
    """An outside calendar in memory, with switches that break it."""

    events: dict[str, OutsideEvent] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    down: bool = False

    async def put(self, calendar: str, event: OutsideEvent) -> str:
        self.calls.append(f"put {event.key}")
        self._answer()
        self.events[event.key] = event
        return f"outside-{event.key}"

    async def remove(self, calendar: str, key: str) -> None:
        self.calls.append(f"remove {key}")
        self._answer()
        self.events.pop(key, None)

    def _answer(self) -> None:
        if self.down:
            raise Outage("the diary is down")


@dataclass
class Calendar:
    """The service with its clock, and short ways to speak to it."""

    service: Service
    clock: ManualClock

    async def define(
        self, *schedules: Schedule, resources: tuple[Resource, ...] = (), revision: int = 1
    ) -> None:
        """Store what a business offers: an hour of Ada's time on the hour unless told otherwise."""
        await self.send(
            DefineSchedule(
                business="consulting",
                revision=revision,
                resources=resources or (resource(),),
                schedules=schedules or (schedule(),),
            )
        )

    async def send(self, *messages: Message) -> list[Message]:
        """Have messages handled, each in a transaction of its own. Returns what was said to others."""
        for message in messages:
            await self.deliver(message)
        return await self.said()

    async def deliver(self, message: Message) -> None:
        """Have one message handled as a broker would; one that fails is an error of the test."""
        await self.service.inbox.take_over([self.enclosed(message)])

    def enclosed(self, message: Message) -> Envelope:
        return enclose(
            message,
            id=f"msg_{next(_numbers)}",
            source="booking",
            time=self.clock.now(),
            correlationid="",
            causationid="",
            traceparent="",
        )

    async def answer(self, message: Message, kind: type[M]) -> M:
        """The one answer to a message, which must be of a kind."""
        said = await self.send(message)
        assert [type(one) for one in said] == [kind], said
        return said[0]  # type: ignore[return-value]

    async def said(self) -> list[Message]:
        """Everything in the outbox, which is empty afterwards. A dead letter fails the test."""
        async with self.service.database.write.begin() as connection:
            dead = await connection.execute(select(spine.inbox.c.error).where(spine.inbox.c.status != "done"))
            assert dead.scalars().all() == []
            rows = (await connection.execute(select(spine.outbox).order_by(spine.outbox.c.seq))).all()
            await connection.execute(delete(spine.outbox))
        return [Envelope.from_wire(row.envelope).open() for row in rows]

    async def pass_time(self, **span: float) -> list[Message]:
        """Let time pass and the tasks that fall due be done. Returns what was said."""
        self.clock.advance(timedelta(**span).total_seconds())
        await self.work()
        return await self.said()

    async def work(self) -> None:
        """Perform what is due until nothing is."""
        while await self.service.tasks.perform_due():
            pass

    async def tasks(self) -> list[tuple[str, str]]:
        """The kind and key of every task that waits."""
        async with self.service.database.reading() as connection:
            found = await connection.execute(select(spine.tasks.c.kind, spine.tasks.c.key))
            return sorted((row.kind, row.key) for row in found)

    async def status(self, item_id: str) -> str | None:
        """The status of an item's hold."""
        async with self.service.database.reading() as connection:
            query = select(holds.c.status).where(holds.c.id == item_id)
            return (await connection.execute(query)).scalar_one_or_none()

    async def active(self) -> int:
        """How many holds and allocations there are."""
        async with self.service.database.reading() as connection:
            query = select(func.count()).where(holds.c.status.in_(("held", "confirmed")))
            return (await connection.execute(query)).scalar_one()

    async def ask(self, path: str, **parameters: Any) -> httpx.Response:
        """Ask over HTTP as the gateway does."""
        transport = httpx.ASGITransport(app=self.service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://calendar") as client:
            return await client.get(path, params=parameters, headers={"X-Internal-Key": "key"})


@asynccontextmanager
async def calendar_at(
    url: str, *, now: datetime = NOW, sources: Mapping[str, Source] | None = None
) -> AsyncIterator[Calendar]:
    """A migrated calendar on a database, its loops not running: tests decide what happens when."""
    clock = ManualClock(now)
    settings = Settings(database_url_calendar=url, internal_key="key")
    service = build(settings, Runtime(clock, random.Random(1)), LocalBus(), sources or {})
    await service.migrate()
    try:
        yield Calendar(service, clock)
    finally:
        await service.database.dispose()


def deps_of(calendar: Calendar) -> Deps:
    deps: Deps = calendar.service.desk.deps
    return deps


def ref(saga: str = "sg_1", epoch: int = 1, step: str = "hold every slot") -> StepRef:
    """The step of a saga that a command comes from."""
    return StepRef(saga=saga, step=step, epoch=epoch)


def hold_slot(item_id: str = "it_1", start: datetime = NOON, **fields: Any) -> HoldSlot:
    """A hold of Ada's hour at noon, for half an hour."""
    given = {
        "booking_id": item_id.replace("it", "bk"),
        "item_id": item_id,
        "offering": "consulting.advice",
        "starts_at": start,
        "expires_at": NOW + timedelta(minutes=30),
        "ref": ref(f"sg_{item_id}"),
        **fields,
    }
    return HoldSlot.model_validate(given)
