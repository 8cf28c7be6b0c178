"""A process of the simulation: its tasks live and die together, what it committed stays."""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from shared.runtime import Runtime
from tests.simulation.loop import SimulatedClock, SimulatedLoop
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather

T = TypeVar("T")

_current: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


class Killed(BaseException):
    """The process is dead; nothing of it goes on."""


class Gone(Exception):
    """The process that was asked died, or was not there: nobody knows what it did."""


class Process:
    """One life of a process, from its start to its death."""

    def __init__(
        self, name: str, loop: SimulatedLoop, rng: random.Random, weather: Weather, trace: Trace
    ) -> None:
        self.name = name
        self.alive = True
        self.on_death: list[Callable[[], None]] = []
        self.runtime = Runtime(SimulatedClock(loop), rng, self.reached)
        self._loop = loop
        self._weather = weather
        self._trace = trace
        self._tasks: list[asyncio.Task[Any]] = []
        self._context = contextvars.copy_context()
        self._context.run(_current.set, self)

    def reached(self, point: str) -> None:
        """A fault point: the process may die here, or its disk may fail."""
        if not self.alive:
            raise Killed(self.name)
        if self._weather.strikes_at("kill", point):
            self.kill(point)
            raise Killed(self.name)
        if "before commit" in point and self._weather.strikes_at("disk error", point):
            self._trace.fault("disk error", point)
            raise OSError("simulated: disk I/O error")
        # PostgreSQL may commit and lose the connection before it can say so.
        if "after commit" in point and self._weather.strikes_at("commit answer lost", point):
            self._trace.fault("commit answer lost", point)
            raise OSError("simulated: the connection broke during the commit")

    def kill(self, where: str) -> None:
        """Die at once, with everything that was only in memory."""
        self.alive = False
        self._trace.fault("killed", f"{self.name} at {where}")
        for call in self.on_death:
            call()
        for task in self._tasks:
            if not _returns_connection(task):
                task.cancel()
        self._tasks.clear()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin something within this process."""
        return self._loop.create_task(work, context=self._context.copy())

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have something done by this process; raises Gone when it dies meanwhile."""
        if not self.alive:
            work.close()
            raise Gone(self.name)
        task = self.spawn(work)
        await asyncio.wait({task})
        if task.cancelled() or isinstance(task.exception(), Killed):
            raise Gone(self.name)
        return task.result()

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Take a new task of this process into its life."""
        if len(self._tasks) > 200:
            self._tasks = [one for one in self._tasks if not one.done()]
        self._tasks.append(task)


def _returns_connection(task: asyncio.Task[Any]) -> bool:
    """Whether it rolls back what was open: a database does that for the dead."""
    return getattr(task.get_coro(), "__qualname__", "") == "AsyncConnection.close"


def tell_processes(loop: SimulatedLoop) -> None:
    """Let every new task belong to the process that made it."""

    def factory(
        loop: asyncio.AbstractEventLoop, work: Any, context: contextvars.Context | None = None
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, context=context)
        owner = (context or contextvars.copy_context()).get(_current)
        if owner is not None:
            owner.adopt(task)
        return task

    loop.set_task_factory(factory)


def outside(loop: SimulatedLoop, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin something that belongs to no process: it goes on when the one that caused it dies."""
    context = contextvars.copy_context()
    context.run(_current.set, None)
    return loop.create_task(work, context=context)
