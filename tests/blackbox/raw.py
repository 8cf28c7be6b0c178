"""HTTP as bytes over a socket, for what no polite client would send."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CHUNK = 65_536


@dataclass(frozen=True)
class Reply:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The answer as a problem; nothing where it is none."""
        if "application/problem+json" not in self.headers.get("content-type", ""):
            return {}
        return dict(json.loads(self.body))


def request(
    method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes | None = None
) -> bytes:
    """A request; what is not told otherwise is as it should be."""
    named = {name.lower() for name, _ in headers}
    lines = [("Host", "127.0.0.1")] if "host" not in named else []
    if body is not None and not named & {"content-length", "transfer-encoding"}:
        lines.append(("Content-Length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in (*lines, *headers))
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b"")


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Send as much as the other end takes: it may refuse before it has all."""
        with suppress(ConnectionError):
            for start in range(0, len(data), CHUNK):
                self.writer.write(data[start : start + CHUNK])
                await self.writer.drain()

    async def reply(self, seconds: float = 15, *, headless: bool = False) -> Reply | None:
        """The next answer, without a body where HEAD asked; None when the connection ends without one."""
        async with asyncio.timeout(seconds):
            try:
                return await self._reply(headless)
            except (ConnectionError, asyncio.IncompleteReadError):
                return None

    async def _reply(self, headless: bool) -> Reply:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = b"" if headless else await self._body(headers)
        return Reply(int(first.split()[1]), headers, body)

    async def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return await self._reader.read()
        body = b""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        return body


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Wire]:
    """A connection to whoever answers there."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**24)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def ask(address: str, data: bytes) -> Reply | None:
    """Send these bytes; the first answer to them."""
    async with connected(address) as wire:
        await wire.send(data)
        return await wire.reply(headless=data.startswith(b"HEAD "))
