"""An event loop whose time is a number: nothing waits, and the seed decides who comes first."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeVarTuple

import anyio.to_thread

Given = TypeVarTuple("Given")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Deadlock(Exception):
    """Everybody waits, and nothing will ever happen again."""


async def _no_thread(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("a thread would bring an order of its own into the simulation")


@contextlib.contextmanager
def without_threads() -> Iterator[None]:
    """Refuse the threads that anyio would start beside the loop, for plain functions in routes."""
    allowed = anyio.to_thread.run_sync
    anyio.to_thread.run_sync = _no_thread  # type: ignore[assignment]
    try:
        yield
    finally:
        anyio.to_thread.run_sync = allowed


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs what is ready in an order drawn from the seed; when nothing is, time jumps to the next timer."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self._rng = rng
        # From zero: a float that counts from 1970 is too coarse for the loop's own arithmetic.
        self._elapsed = 0.0
        self._clock_resolution = 1e-9
        self._selector = self
        self.set_exception_handler(lambda _, context: None)

    def time(self) -> float:
        return self._elapsed

    def select(self, timeout: float | None) -> list[Any]:
        """What the loop calls to wait for sockets: there are none, so time simply passes."""
        if timeout is None:
            raise Deadlock("nothing is ready and no timer is set")
        self._elapsed += max(timeout, 0.0)
        return []

    def _process_events(self, _: list[Any]) -> None:
        ready: Any = self._ready  # type: ignore[attr-defined]
        if len(ready) > 1:
            handles = list(ready)
            self._rng.shuffle(handles)
            ready.clear()
            ready.extend(handles)

    def _write_to_self(self) -> None:
        """There is no other thread to be woken by."""

    def call_soon_threadsafe(
        self,
        callback: Callable[[*Given], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override]
        raise RuntimeError("a thread would bring an order of its own into the simulation")


class SimulatedClock:
    """The loop's time as the services see it."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        return START + timedelta(microseconds=round(self._loop.time() * 1_000_000))

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
