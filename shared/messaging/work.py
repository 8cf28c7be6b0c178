"""The unit of work: state, inbox, outbox and tasks in one transaction, committed in one place."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Database, insert_into
from shared.events.message import Command, Message
from shared.messaging.envelope import Envelope, enclose
from shared.messaging.tables import Spine
from shared.runtime import Runtime
from shared.telemetry import current_traceparent

SHARDS = 16


@dataclass(frozen=True, slots=True)
class Task:
    """Work that is due at a time: a deadline that passes, a call to the outside world."""

    kind: str
    key: str
    payload: dict[str, Any]
    booking_id: str
    due_at: datetime
    attempts: int
    epoch: int
    traceparent: str = ""


Handler = Callable[[Any, "UnitOfWork", Any], Awaitable[None]]
Handlers = Mapping[type[Message], Handler | tuple[Handler, ...]]
TaskHandler = Callable[[Task, "Desk", Any], Awaitable[None]]
Tasks = Mapping[str, TaskHandler]


def shard_of(subject: str) -> int:
    """The shard whose relay carries the messages of a subject, in order."""
    return zlib.crc32(subject.encode()) % SHARDS


@dataclass
class Desk:
    """What a handler works with outside a transaction."""

    service: str
    database: Database
    runtime: Runtime
    spine: Spine
    handlers: Handlers
    deps: Any
    after_commit: list[Callable[[UnitOfWork], None]] = field(default_factory=list)

    @asynccontextmanager
    async def unit_of_work(self, cause: Task | Envelope | None = None) -> AsyncIterator[UnitOfWork]:
        """One transaction. It commits when the block ends, and with it everything published.

        With a task as the cause, the task is finished in the same commit, unless it was scheduled anew.
        """
        async with self.database.write.connect() as connection:
            work = UnitOfWork(self, connection, cause)
            yield work
            await work.finish()
            self.runtime.reached(f"{self.service}: before commit: {work.label}")
            await connection.commit()
        self.runtime.reached(f"{self.service}: after commit: {work.label}")
        for hook in self.after_commit:
            hook(work)

    def handlers_of(self, kind: type[Message]) -> tuple[Handler, ...]:
        """What this service does with a message, in order."""
        found = self.handlers.get(kind, ())
        return found if isinstance(found, tuple) else (found,)


class UnitOfWork:
    """One transaction of one service, and what it says to the others when it commits."""

    def __init__(self, desk: Desk, connection: AsyncConnection, cause: Task | Envelope | None) -> None:
        self.connection = connection
        self.runtime = desk.runtime
        self.now = desk.runtime.now()
        self.cause = cause
        self.sent = 0
        self.soonest: datetime | None = None
        self._desk = desk
        self._mine: list[Message] = []
        self._outgoing: list[Envelope] = []
        self._rescheduled: set[tuple[str, str]] = set()

    @property
    def label(self) -> str:
        if isinstance(self.cause, Envelope):
            return self.cause.type
        return self.cause.kind if isinstance(self.cause, Task) else "request"

    def publish(self, message: Message) -> None:
        """Say something when this transaction commits. What is for this service is handled within it."""
        if self._desk.handlers_of(type(message)):
            self._mine.append(message)
        if not (isinstance(message, Command) and message.service() == self._desk.service):
            self._outgoing.append(self._enclose(message))

    async def schedule(
        self,
        kind: str,
        key: str,
        due_at: datetime,
        payload: dict[str, Any] | None = None,
        booking_id: str = "",
    ) -> None:
        """Have a task performed at a time, also after a crash. The same kind and key replaces the earlier."""
        tasks = self._desk.spine.tasks
        row = {
            "booking_id": booking_id,
            "due_at": due_at,
            "payload": payload or {},
            "attempts": 0,
            "leased_until": None,
            "traceparent": current_traceparent(),
            "error": None,
        }
        statement = insert_into(self.connection, tasks).values(kind=kind, key=key, epoch=1, **row)
        await self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "key"], set_={**row, "epoch": tasks.c.epoch + 1}
            )
        )
        self._rescheduled.add((kind, key))
        if self.soonest is None or due_at < self.soonest:
            self.soonest = due_at

    async def unschedule(self, kind: str, key: str) -> None:
        """Forget a task, if it is there."""
        tasks = self._desk.spine.tasks
        await self.connection.execute(delete(tasks).where(tasks.c.kind == kind, tasks.c.key == key))
        self._rescheduled.discard((kind, key))

    async def handle_own(self) -> None:
        """Let this service's handlers see what it said to itself, until nothing is left to say."""
        while self._mine:
            message = self._mine.pop(0)
            for handler in self._desk.handlers_of(type(message)):
                await handler(message, self, self._desk.deps)

    async def finish(self) -> None:
        """Write the outbox and strike the task off: the last statements before the commit."""
        await self.handle_own()
        if self._outgoing:
            rows = [
                {"shard": shard_of(sent.subject), "created_at": self.now, "envelope": sent.to_wire()}
                for sent in self._outgoing
            ]
            await self.connection.execute(insert(self._desk.spine.outbox), rows)
            self.sent = len(self._outgoing)
        if isinstance(self.cause, Task) and (self.cause.kind, self.cause.key) not in self._rescheduled:
            tasks = self._desk.spine.tasks
            await self.connection.execute(
                delete(tasks).where(
                    tasks.c.kind == self.cause.kind,
                    tasks.c.key == self.cause.key,
                    tasks.c.epoch == self.cause.epoch,
                )
            )

    def _enclose(self, message: Message) -> Envelope:
        cause = self.cause if isinstance(self.cause, Envelope) else None
        return enclose(
            message,
            id=self.runtime.new_id("msg"),
            source=self._desk.service,
            time=self.now,
            correlationid=cause.correlationid if cause else "",
            causationid=cause.id if cause else "",
            traceparent=current_traceparent(),
        )
