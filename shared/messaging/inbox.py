"""The inbox: dedupe, retry shelf, dead letters, and in one process the queue itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from shared.db import insert_into, is_conflict, is_database_down
from shared.errors import Outage, Refusal
from shared.messaging.envelope import Envelope, UnknownMessage, decode
from shared.messaging.pace import growing_delay
from shared.messaging.work import Desk, UnitOfWork
from shared.storable import printable, storable
from shared.telemetry import (
    logger,
    messages_dead,
    messages_duplicate,
    messages_handled,
    messages_parked,
    tracing,
)

BATCH = 100
# Of a body that is no message; more of it tells an operator nothing.
LARGEST_KEPT = 256 * 1024
KEPT = timedelta(days=14)


class Inbox:
    """Takes messages over for one service and has them handled once in effect."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.table = desk.spine.inbox
        self.kick = asyncio.Event()
        self._log = logger(desk.service)

    async def take_over(self, envelopes: list[Envelope]) -> None:
        """Handle what a broker delivers. Returns when every one is handled, parked or dead: then ack."""
        while True:
            try:
                return await self._take_over(envelopes)
            except Exception as error:
                if not is_database_down(error):
                    raise
                # The message stays unacknowledged in hand: a nack would only bring it back at once.
                self._log.warning("database away, message kept in hand", error=str(error))
                await self.desk.runtime.clock.sleep(1.0)

    async def _take_over(self, envelopes: list[Envelope]) -> None:
        try:
            await self._handle(envelopes, shelved=False)
        except Exception as error:
            if is_database_down(error):
                raise
            for envelope in envelopes:
                await self._handle_alone(envelope, shelved=False, attempts=0)

    async def put(self, envelopes: Sequence[Envelope]) -> None:
        """Store messages to be handled soon; ones that came before are left alone."""
        async with self.desk.unit_of_work() as work:
            rows = [self._row(envelope, "pending", work) for envelope in _once(envelopes)]
            statement = insert_into(work.connection, self.table)
            await work.connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]), rows)
        self.kick.set()

    async def bury(self, body: bytes, reason: str) -> None:
        """Keep a body as dead letters, of which an operator can mend and replay what is a message."""
        readable, unreadable = decode(body)
        for envelope in readable:
            await self._shelve(envelope, "dead", 1, reason, 0.0)
        for piece in unreadable:
            await self._keep(piece.body, reason)

    async def _keep(self, body: bytes, reason: str) -> None:
        async with self.desk.unit_of_work() as work:
            await work.connection.execute(
                insert(self.table).values(
                    id=work.runtime.new_id("bad"),
                    type="unreadable",
                    subject="",
                    status="dead",
                    attempts=1,
                    due_at=work.now,
                    received_at=work.now,
                    envelope={"body": printable(body[:LARGEST_KEPT].decode("utf-8", "replace"))},
                    error=printable(reason)[:2000],
                )
            )
        messages_dead.labels(self.desk.service).inc()
        self._log.error("unreadable message kept as a dead letter", reason=reason, size=len(body))

    async def work_off(self) -> int:
        """Handle what is due on the shelf; returns how many were due."""
        async with self.desk.database.reading() as connection:
            due = (await connection.execute(self._due())).all()
        if not due:
            return 0
        envelopes = [Envelope.from_wire(row.envelope) for row in due]
        try:
            if any(row.attempts for row in due):
                raise Outage("what failed before is tried alone")
            await self._handle(envelopes, shelved=True)
        except Exception as error:
            if is_database_down(error):
                raise
            for row, envelope in zip(due, envelopes, strict=True):
                await self._handle_alone(envelope, shelved=True, attempts=row.attempts)
        return len(due)

    def _due(self) -> Any:
        columns = self.table.c
        return (
            select(columns.id, columns.envelope, columns.attempts)
            .where(columns.status.in_(("pending", "parked")), columns.due_at <= self.desk.runtime.now())
            .order_by(columns.seq)
            .limit(BATCH)
        )

    async def _handle(self, envelopes: list[Envelope], *, shelved: bool) -> None:
        """Handle several messages in one transaction; if one fails, nothing happened."""
        retrying = AsyncRetrying(
            retry=retry_if_exception(is_conflict),
            stop=stop_after_attempt(4),
            wait=wait_random_exponential(0.005, max=0.1),
            sleep=self.desk.runtime.clock.sleep,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                async with self.desk.unit_of_work(envelopes[0]) as work:
                    fresh = await self._claim(envelopes, work, shelved=shelved)
                    for envelope in fresh:
                        await self._dispatch(envelope, work)
        for envelope in fresh:
            messages_handled.labels(self.desk.service, envelope.type).inc()
        messages_duplicate.labels(self.desk.service).inc(len(envelopes) - len(fresh))

    async def _claim(self, envelopes: list[Envelope], work: UnitOfWork, *, shelved: bool) -> list[Envelope]:
        columns = self.table.c
        ids = [envelope.id for envelope in envelopes]
        if shelved:
            mine = select(columns.id).where(columns.id.in_(ids), columns.status.in_(("pending", "parked")))
            locked = await work.connection.execute(mine.with_for_update(skip_locked=True))
            fresh = set(locked.scalars())
            done = update(self.table).where(columns.id.in_(fresh))
            await work.connection.execute(done.values(status="done", envelope=None, error=None))
        else:
            rows = [self._row(envelope, "done", work) for envelope in _once(envelopes)]
            statement = insert_into(work.connection, self.table).on_conflict_do_nothing(index_elements=["id"])
            claimed = await work.connection.execute(statement.returning(columns.id), rows)
            fresh = set(claimed.scalars())
        return [envelope for envelope in _once(envelopes) if envelope.id in fresh]

    async def _dispatch(self, envelope: Envelope, work: UnitOfWork) -> None:
        message = envelope.open()
        handlers = self.desk.handlers_of(type(message))
        if not handlers:
            raise UnknownMessage(f"{self.desk.service} has no handler for {envelope.type}")
        work.cause = envelope
        with tracing(envelope.traceparent):
            for handler in handlers:
                await handler(message, work, self.desk.deps)
            await work.handle_own()

    async def _handle_alone(self, envelope: Envelope, *, shelved: bool, attempts: int) -> None:
        try:
            await self._handle([envelope], shelved=shelved)
        except Outage as error:
            delay = error.retry_after or growing_delay(attempts, self.desk.runtime.random)
            await self._shelve(envelope, "parked", attempts + 1, str(error), delay)
        except Exception as error:
            if is_database_down(error):
                raise
            self._log.exception("message is dead", type=envelope.type, id=envelope.id)
            await self._shelve(envelope, "dead", attempts + 1, repr(error), 0.0)

    async def _shelve(self, envelope: Envelope, status: str, attempts: int, error: str, delay: float) -> None:
        if not storable(envelope.data):
            await self._keep(_as_text(envelope), f"holds what no database keeps, and failed: {error}")
            return
        async with self.desk.unit_of_work() as work:
            state = {
                "status": status,
                "attempts": attempts,
                "due_at": work.now + timedelta(seconds=delay),
                "error": printable(error)[:2000],
                "envelope": envelope.to_wire(),
            }
            row = {**self._row(envelope, status, work), **state}
            statement = insert_into(work.connection, self.table).values(row)
            await work.connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["id"], set_=state, where=self.table.c.status != "done"
                )
            )
        counter = messages_dead if status == "dead" else messages_parked
        counter.labels(self.desk.service).inc()

    def _row(self, envelope: Envelope, status: str, work: UnitOfWork) -> dict[str, Any]:
        return {
            "id": envelope.id,
            "type": envelope.type,
            "subject": envelope.subject,
            "status": status,
            "attempts": 0,
            "due_at": work.now,
            "received_at": work.now,
            "envelope": None if status == "done" else envelope.to_wire(),
        }

    async def tidy(self) -> None:
        """Forget messages that were handled long ago: no broker repeats them after two weeks."""
        columns = self.table.c
        async with self.desk.unit_of_work() as work:
            await work.connection.execute(
                delete(self.table).where(columns.status == "done", columns.received_at < work.now - KEPT)
            )


def _as_text(envelope: Envelope) -> bytes:
    try:
        return json.dumps(envelope.to_wire()).encode()
    except RecursionError:
        return f"{envelope.type} {envelope.id} of {envelope.source}, nested too deeply to be shown".encode()


def _once(envelopes: Sequence[Envelope]) -> list[Envelope]:
    """A broker may hand the same message over twice in one batch."""
    return list({envelope.id: envelope for envelope in envelopes}.values())


class DeadLetters:
    """What an operator can do with messages that failed."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._table = inbox.table

    async def all(self, status: str, limit: int = 100) -> list[Row[Any]]:
        """The messages on the shelf (`parked`) or given up (`dead`), oldest first."""
        query = select(self._table).where(self._table.c.status == status).order_by(self._table.c.seq)
        async with self._inbox.desk.database.reading() as connection:
            return list((await connection.execute(query.limit(limit))).all())

    async def replay(self, id: str, body: dict[str, Any] | None) -> bool:
        """Have a message handled again, with a mended body if one is given. False when there is none."""
        columns = self._table.c
        async with self._inbox.desk.unit_of_work() as work:
            found = await work.connection.execute(
                select(columns.envelope).where(columns.id == id, columns.status.in_(("dead", "parked")))
            )
            wire = found.scalar_one_or_none()
            if wire is None:
                return False
            if "specversion" not in wire:
                raise Refusal("unreadable_message", "This body is no message; it can only be dropped.")
            mended = {**wire, "data": body} if body is not None else wire
            again = update(self._table).where(columns.id == id)
            await work.connection.execute(
                again.values(status="parked", due_at=work.now, envelope=mended, attempts=1)
            )
        self._inbox.kick.set()
        return True

    async def drop(self, id: str) -> bool:
        """Let a message go for good. False when there is none."""
        columns = self._table.c
        async with self._inbox.desk.unit_of_work() as work:
            gone = await work.connection.execute(
                update(self._table)
                .where(columns.id == id, columns.status.in_(("dead", "parked")))
                .values(status="done", error="dropped by an operator")
                .returning(columns.id)
            )
            return gone.scalar_one_or_none() is not None
