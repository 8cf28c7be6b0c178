"""A calendar that one story after another is told on: the same service, emptied in between."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Row, delete, select

from services.calendar.tables import holds, metadata, slot_cells
from shared.events.calendar import DefineSchedule
from shared.events.message import Message
from shared.events.values import Resource, Schedule
from tests.support.calendar_service import NOW, Calendar, calendar_at

T = TypeVar("T")


class Bench:
    """The service in one or two processes' worth, driven from code that does not wait."""

    def __init__(self, runner: asyncio.Runner, replicas: list[Calendar]) -> None:
        self._runner = runner
        self._replicas = replicas
        self._stories = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    @property
    def is_concurrent(self) -> bool:
        return len(self._replicas) > 1

    def begin(self, resource: Resource, *schedules: Schedule) -> datetime:
        """Forget everything, and offer this. Every story has a day of its own, which begins now."""
        self._stories += 1
        self.later((NOW + timedelta(days=self._stories) - self._replicas[0].clock.now()).total_seconds())
        self.run(self._empty())
        definition = DefineSchedule(
            business="consulting", revision=self._stories, resources=(resource,), schedules=schedules
        )
        self.send(definition)
        return self._replicas[0].clock.now()

    async def _empty(self) -> None:
        async with self._replicas[0].service.database.write.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(delete(table))

    def later(self, seconds: float) -> None:
        for replica in self._replicas:
            replica.clock.advance(seconds)

    def work(self) -> list[Message]:
        """What is due is done; returns what was said."""
        return self.run(self._replicas[0].pass_time())

    def send(self, message: Message) -> list[Message]:
        return self.run(self._replicas[0].send(message))

    def send_at_once(self, *messages: Message) -> list[Message]:
        """Every message in a transaction of its own, all at the same time."""

        async def all_of_them() -> list[Message]:
            replicas = [self._replicas[number % len(self._replicas)] for number in range(len(messages))]
            await asyncio.gather(*(one.deliver(told) for one, told in zip(replicas, messages, strict=True)))
            return await self._replicas[0].said()

        return self.run(all_of_them())

    def rows(self) -> dict[str, Row[Any]]:
        async def read() -> dict[str, Row[Any]]:
            async with self._replicas[0].service.database.reading() as connection:
                return {row.id: row for row in await connection.execute(select(holds))}

        return self.run(read())

    def cells(self) -> dict[tuple[str, datetime], int]:
        async def read() -> dict[tuple[str, datetime], int]:
            async with self._replicas[0].service.database.reading() as connection:
                found = await connection.execute(select(slot_cells))
                return {(row.scope, row.cell_at): row.taken for row in found}

        return self.run(read())

    def waits_to_lapse(self) -> set[str]:
        return {key for kind, key in self.run(self._replicas[0].tasks()) if kind == "let-lapse"}


@contextmanager
def bench_on(url: str) -> Iterator[Bench]:
    """Two processes' worth on PostgreSQL, one on SQLite."""
    count = 2 if url.startswith("postgresql") else 1
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        replicas = [runner.run(stack.enter_async_context(calendar_at(url))) for _ in range(count)]
        try:
            yield Bench(runner, replicas)
        finally:
            runner.run(stack.aclose())
