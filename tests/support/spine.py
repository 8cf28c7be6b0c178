"""Two small real services that talk: what the delivery promise is tried on."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import Column, Integer, String, Table, select

from shared.db import Database, insert_into, new_metadata
from shared.errors import Outage
from shared.events.calendar import ReleaseSlot, SlotReleased
from shared.events.message import Message
from shared.messaging.bus import Bus
from shared.messaging.envelope import Envelope, enclose
from shared.messaging.inbox import Inbox
from shared.messaging.relay import Relay
from shared.messaging.tables import spine_tables
from shared.messaging.tasks import TaskWorker
from shared.messaging.work import Desk, Handlers, Task, UnitOfWork
from shared.runtime import ManualClock, Runtime

metadata = new_metadata()
spine = spine_tables(metadata)
counts = Table(
    "counts", metadata, Column("name", String(64), primary_key=True), Column("value", Integer, nullable=False)
)


@dataclass
class World:
    """What is wrong outside; tests change it."""

    down: bool = False
    broken: bool = False
    performed: list[str] = field(default_factory=list)


async def count(work: UnitOfWork, name: str) -> None:
    statement = insert_into(work.connection, counts).values(name=name, value=1)
    await work.connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": counts.c.value + 1})
    )


async def release(command: ReleaseSlot, work: UnitOfWork, world: World) -> None:
    await count(work, command.item_id)
    if world.down:
        raise Outage("the shelf is away")
    if world.broken:
        raise RuntimeError("a bug")
    work.publish(SlotReleased(ref=command.ref, booking_id=command.booking_id, item_id=command.item_id))


async def released(event: SlotReleased, work: UnitOfWork, _: World) -> None:
    await count(work, f"{event.item_id} released")


async def errand(task: Task, desk: Desk, world: World) -> None:
    world.performed.append(task.key)
    if world.down:
        raise Outage("nobody answers")
    async with desk.unit_of_work(task) as work:
        await count(work, task.key)


CALENDAR: Handlers = {ReleaseSlot: release}
BOOKING: Handlers = {SlotReleased: released}


@dataclass
class Small:
    """One small service with its parts, driven by hand."""

    desk: Desk
    inbox: Inbox
    tasks: TaskWorker
    world: World

    def relay(self, bus: Bus) -> Relay:
        return Relay(self.desk, bus, poll=0.01)

    async def value(self, name: str) -> int:
        async with self.desk.database.reading() as connection:
            found = await connection.scalar(select(counts.c.value).where(counts.c.name == name))
        return int(found or 0)

    async def shelf(self) -> dict[str, str]:
        """Every message by its id and status."""
        async with self.desk.database.reading() as connection:
            rows = await connection.execute(select(spine.inbox.c.id, spine.inbox.c.status))
        return {row.id: row.status for row in rows}

    async def outgoing(self) -> list[str]:
        async with self.desk.database.reading() as connection:
            rows = await connection.execute(select(spine.outbox.c.envelope).order_by(spine.outbox.c.seq))
        return [row.envelope["type"] for row in rows]


def a_runtime(clock: ManualClock | None = None) -> Runtime:
    return Runtime(clock or ManualClock(), random.Random(7))


@asynccontextmanager
async def small_service(name: str, url: str, runtime: Runtime) -> AsyncIterator[Small]:
    """A small service on a fresh database."""
    database = Database(url)
    async with database.write.begin() as connection:
        await connection.run_sync(metadata.create_all)
    world = World()
    desk = Desk(name, database, runtime, spine, CALENDAR if name == "calendar" else BOOKING, world)
    try:
        yield Small(desk, Inbox(desk), TaskWorker(desk, {"errand": errand}, poll=0.01), world)
    finally:
        await database.dispose()


def letter(message: Message, runtime: Runtime, id: str = "", source: str = "booking") -> Envelope:
    """A message in its envelope, as if another service had sent it."""
    return enclose(
        message,
        id=id or runtime.new_id("msg"),
        source=source,
        time=runtime.now(),
        correlationid="",
        causationid="",
        traceparent="",
    )
