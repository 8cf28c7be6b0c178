"""A line to a server that can be broken: what comes in on one port goes out to another."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import uvloop

Done = TypeVar("Done")

# Closing a socket that lingers for no time sends a reset, not a goodbye.
RESET = struct.pack("ii", 1, 0)
CHUNK = 65_536


class LoopThread:
    """An event loop in a thread of its own, on which lines are carried."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()

    def do(self, work: Coroutine[Any, Any, Done]) -> Done:
        """Have it done there; what came of it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)


class Line:
    """Carries connections, until told to drop, hold or delay them; several lines may share a thread."""

    def __init__(self, host: str, port: int, thread: LoopThread | None = None) -> None:
        self._targets = [(host, port)]
        self._alone = thread is None
        self.thread = thread or LoopThread()
        self._open: set[asyncio.StreamWriter] = set()
        self._works = True
        self._delay = 0.0
        self._pace = 0.0
        self._turn = 0
        self._reserved = _bound(0)
        self._server: asyncio.AbstractServer | None = None
        self.port: int = self._reserved.getsockname()[1]

    def __enter__(self) -> Self:
        if self._alone:
            self.thread.__enter__()
        self._flows = asyncio.Event()
        self._flows.set()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        self._do(self._flow())
        self._do(asyncio.sleep(0.1))
        self._reserved.close()
        if self._alone:
            self.thread.__exit__(kind, error, trace)

    def also(self, host: str, port: int) -> None:
        """Carry to this server as well: each connection goes to the next one that takes it."""
        self._targets.append((host, port))

    def cut(self) -> None:
        """Drop every connection, and drop new ones at once, until mended."""
        self._works = False
        self._do(self._drop())

    def refuse(self) -> None:
        """Drop every connection, and let nobody connect, until mended."""
        self.cut()
        self._do(self._close())

    def stall(self) -> None:
        """Let nothing through in either direction; connections stay, and new ones are taken."""
        self._do(self._hold())

    def slow(self, delay: float, pace: float) -> None:
        """Let everything through so many seconds later, and no more than so many bytes a second."""
        self._delay, self._pace = delay, pace

    def mend(self) -> None:
        """Carry everything at once again."""
        self._works = True
        self._delay = self._pace = 0.0
        self._do(self._flow())
        self._do(self._listen())

    def _do(self, work: Coroutine[Any, Any, Done]) -> Done:
        return self.thread.do(work)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, sock=_bound(self.port))

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _hold(self) -> None:
        self._flows.clear()

    async def _flow(self) -> None:
        self._flows.set()

    async def _drop(self) -> None:
        for writer in list(self._open):
            _reset(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self._works:
                await self._join(reader, writer)
        finally:
            self._open.discard(writer)
            _reset(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            further_reader, further_writer = await self._further()
            self._open.add(further_writer)
            try:
                await asyncio.gather(self._pump(reader, further_writer), self._pump(further_reader, writer))
                # Both have said goodbye, and the last words are on their way.
                further_writer.close()
                writer.close()
                await asyncio.gather(further_writer.wait_closed(), writer.wait_closed())
            finally:
                self._open.discard(further_writer)
                _reset(further_writer)

    async def _further(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the next server that takes one."""
        await self._flows.wait()
        for last in range(len(self._targets) - 1, -1, -1):
            self._turn += 1
            try:
                return await asyncio.open_connection(*self._targets[self._turn % len(self._targets)])
            except OSError:
                if not last:
                    raise
        raise ConnectionError("a line to nowhere")

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if self._delay or self._pace:
                await asyncio.sleep(self._delay + (len(data) / self._pace if self._pace else 0.0))
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        await self._flows.wait()
        if not writer.transport.is_closing():
            writer.write_eof()


def _bound(port: int) -> socket.socket:
    """A socket at the port. One that is bound and does not listen keeps the port, and nobody gets through."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    door.bind(("127.0.0.1", port))
    return door


def _reset(writer: asyncio.StreamWriter) -> None:
    if writer.transport.is_closing():
        # Closed by one of the ends, or about to be: there is nothing left to break.
        writer.transport.abort()
        return
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
