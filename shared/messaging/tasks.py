"""The task worker: deadlines and calls to the outside world, each a row until it is done."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import Row, or_, select, update

from shared.db import is_database_down
from shared.errors import Outage
from shared.messaging.pace import growing_delay
from shared.messaging.work import Desk, Task, TaskHandler, Tasks, UnitOfWork
from shared.telemetry import logger, tasks_done, tasks_failed, tracing

AT_ONCE = 16
LEASE = timedelta(seconds=60)
AFTER_A_BUG = 30.0


class TaskWorker:
    """Performs what is due. A lease row keeps two workers off one task; a crash lets it lapse."""

    def __init__(self, desk: Desk, tasks: Tasks, *, poll: float) -> None:
        self.desk = desk
        self.tasks = tasks
        self.table = desk.spine.tasks
        self.kick = asyncio.Event()
        self._poll = poll
        self._running: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._log = logger(desk.service)
        desk.after_commit.append(self._after_commit)

    def _after_commit(self, work: UnitOfWork) -> None:
        if work.soonest is not None and work.soonest <= self.desk.runtime.now():
            self.kick.set()

    async def run(self) -> None:
        """Perform tasks until cancelled; what has begun is finished by `drain`."""
        while True:
            try:
                claimed = await self._claim(AT_ONCE - len(self._running))
            except Exception as error:
                if not is_database_down(error):
                    raise
                self._log.warning("database away, tasks wait", error=str(error))
                await self.desk.runtime.clock.sleep(1.0)
                continue
            for task in claimed:
                running = asyncio.create_task(self.perform(task))
                self._running.add(running)
                running.add_done_callback(self._finished)
            if not claimed or len(self._running) >= AT_ONCE:
                await self._rest()

    def _finished(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        self.kick.set()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self.kick.wait(), self._poll)
        except TimeoutError:
            return
        finally:
            self.kick.clear()

    async def forget_leases(self) -> None:
        """Make everything claimed free again: for a process that knows it is the only one."""
        async with self.desk.unit_of_work() as work:
            held = update(self.table).where(self.table.c.leased_until.is_not(None))
            await work.connection.execute(held.values(leased_until=None))

    async def drain(self, seconds: float) -> None:
        """Wait for what has begun, so that a stop does not cut a call to the world in half."""
        self._leaving = True
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for running in self._running:
            running.cancel()

    async def perform_due(self) -> int:
        """Perform everything that is due now, one after the other; returns how many there were."""
        claimed = await self._claim(AT_ONCE)
        for task in claimed:
            await self.perform(task)
        return len(claimed)

    async def _claim(self, room: int) -> list[Task]:
        columns, now = self.table.c, self.desk.runtime.now()
        due = (
            select(columns.kind, columns.key)
            .where(columns.due_at <= now, or_(columns.leased_until.is_(None), columns.leased_until < now))
            .order_by(columns.due_at)
            .limit(max(room, 0))
        )
        async with self.desk.database.reading() as connection:
            if room <= 0 or not (await connection.execute(due)).first():
                return []
        async with self.desk.unit_of_work() as work:
            rows = (await work.connection.execute(due.with_for_update(skip_locked=True))).all()
            claimed = []
            for row in rows:
                lease = update(self.table).where(columns.kind == row.kind, columns.key == row.key)
                found = await work.connection.execute(
                    lease.values(leased_until=work.now + LEASE, attempts=columns.attempts + 1).returning(
                        *columns
                    )
                )
                claimed.append(_task(found.one()))
        return claimed

    async def perform(self, task: Task) -> None:
        """Perform one claimed task; what fails is put off, never lost."""
        handler: TaskHandler | None = self.tasks.get(task.kind)
        try:
            if handler is None:
                raise LookupError(f"{self.desk.service} has no handler for the task {task.kind}")
            self.desk.runtime.reached(f"{self.desk.service}: before task: {task.kind}")
            with tracing(task.traceparent):
                await handler(task, self.desk, self.desk.deps)
            tasks_done.labels(self.desk.service, task.kind).inc()
        except Outage as error:
            delay = error.retry_after or growing_delay(task.attempts - 1, self.desk.runtime.random)
            await self._put_off(task, str(error), delay)
        except Exception as error:
            delay = growing_delay(task.attempts - 1, self.desk.runtime.random)
            if not is_database_down(error):
                self._log.exception("task failed", kind=task.kind, key=task.key)
                delay = AFTER_A_BUG
            await self._put_off(task, repr(error), delay)

    async def _put_off(self, task: Task, error: str, delay: float) -> None:
        """Free a task for a later try. While the database is away this waits, as long as the lease lasts."""
        tasks_failed.labels(self.desk.service, task.kind).inc()
        for _ in range(int(LEASE.total_seconds())):
            try:
                return await self._free(task, error, delay)
            except Exception as failure:
                if not is_database_down(failure):
                    raise
                self._log.warning("task keeps its lease", kind=task.kind, key=task.key, error=str(failure))
            if self._leaving:
                return
            await self.desk.runtime.clock.sleep(1.0)

    async def _free(self, task: Task, error: str, delay: float) -> None:
        columns = self.table.c
        async with self.desk.unit_of_work() as work:
            later = update(self.table).where(
                columns.kind == task.kind, columns.key == task.key, columns.epoch == task.epoch
            )
            due_at = work.now + timedelta(seconds=delay)
            await work.connection.execute(later.values(due_at=due_at, leased_until=None, error=error[:2000]))


def _task(row: Row[tuple[object, ...]]) -> Task:
    return Task(
        kind=row.kind,
        key=row.key,
        payload=row.payload,
        booking_id=row.booking_id,
        due_at=row.due_at,
        attempts=row.attempts,
        epoch=row.epoch,
        traceparent=row.traceparent,
    )
