"""A line holds, drops, refuses and slows down what it carries, and is as it was when it is mended."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Self

import pytest

from tests.support.line import Line, LoopThread
from tests.support.ports import free_port

HOST = "127.0.0.1"
DIE = b"die"


@pytest.fixture(scope="module")
def thread() -> Iterator[LoopThread]:
    with LoopThread() as running:
        yield running


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """Somebody who says back what was said, and hangs up when the other side does; the port."""
    open_: set[asyncio.Task[None] | None] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(asyncio.current_task())
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                if data == DIE:
                    writer.transport.abort()
                writer.write(data)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        open_.discard(asyncio.current_task())

    async with await asyncio.start_server(answer, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(5):
            while open_:
                await asyncio.sleep(0.01)


@pytest.fixture
async def line(thread: LoopThread) -> AsyncIterator[Line]:
    """A line to somebody who says back what was said."""
    async with echo() as port:
        with Line(HOST, port, thread) as carried:
            yield carried


class Caller:
    """One connection over a line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(HOST, self._line.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def says(self, word: bytes, within: float = 5.0) -> bytes:
        """Say something; what comes back in time."""
        self.writer.write(word)
        async with asyncio.timeout(within):
            return await self.reader.read(65_536)


async def carries(line: Line) -> None:
    """A new connection gets through and back."""
    async with Caller(line) as caller:
        assert await caller.says(b"hello") == b"hello"


async def test_it_carries_what_is_said_and_the_answer_and_what_comes_before_a_goodbye(line: Line) -> None:
    async with Caller(line) as caller:
        assert await caller.says(b"hello") == b"hello"
        caller.writer.write(b"x" * 500_000)
        caller.writer.write_eof()
        assert len(await caller.reader.read()) == 500_000


async def test_where_one_end_dies_the_other_hears_of_it_at_once(line: Line) -> None:
    failures: list[dict[str, object]] = []
    line.thread.loop.call_soon_threadsafe(
        line.thread.loop.set_exception_handler, lambda _, context: failures.append(context)
    )
    for _ in range(20):
        async with Caller(line) as caller:
            await caller.says(b"hello")
            with suppress(ConnectionError):
                assert await caller.says(DIE) == b""
        async with Caller(line) as vanishes:
            await vanishes.says(b"hello")
            vanishes.writer.write(b"x" * 200_000)
            vanishes.writer.transport.abort()
    line.thread.loop.call_soon_threadsafe(line.thread.loop.set_exception_handler, None)
    await carries(line)
    assert failures == []


async def test_a_cut_resets_the_connections_there_are_and_drops_new_ones(line: Line) -> None:
    async with Caller(line) as caller:
        await caller.says(b"hello")
        line.cut()
        with pytest.raises(ConnectionResetError):
            await caller.reader.read(1)
    with pytest.raises(ConnectionResetError):
        async with Caller(line) as late:
            await late.reader.read(1)
    line.mend()
    await carries(line)


async def test_who_is_refused_gets_no_connection_and_gets_one_at_the_same_port_later(line: Line) -> None:
    line.refuse()
    with pytest.raises(ConnectionRefusedError):
        await carries(line)
    line.mend()
    await carries(line)


async def test_a_stalled_line_keeps_its_connections_and_says_everything_when_it_flows_again(
    line: Line,
) -> None:
    async with Caller(line) as caller:
        await caller.says(b"hello")
        line.stall()
        with pytest.raises(TimeoutError):
            await caller.says(b"are you there?", within=0.3)
        line.mend()
        assert await caller.says(b"") == b"are you there?"


async def test_a_slow_line_takes_its_time(line: Line) -> None:
    async with Caller(line) as caller:
        await caller.says(b"hello")
        line.slow(delay=0.2, pace=1_000_000)
        began = time.monotonic()
        assert await caller.says(b"slowly") == b"slowly"
        assert time.monotonic() - began > 0.35


async def test_a_line_to_two_servers_leads_to_the_one_that_is_there(thread: LoopThread) -> None:
    async with echo() as port:
        with Line(HOST, free_port(), thread) as line:
            line.also(HOST, port)
            for _ in range(4):
                await carries(line)
