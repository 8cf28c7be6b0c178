"""HTTP on a socket, with bounds: what is no request, too long or too slow is refused as a problem."""

from __future__ import annotations

import asyncio
import json
import os
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shared.errors import Refusal
from shared.http import PROBLEM

LARGEST_HEAD = 64 * 1024
# Seconds in which the rest of a refused request is thrown away.
LINGERING = 1.0

UNREADABLE = Refusal("unreadable_request", "This is no HTTP request that can be read.", status=400)
TOO_LONG = Refusal(
    "head_too_large", f"The address and headers have more than {LARGEST_HEAD} bytes.", status=431
)
TOO_SLOW = Refusal("request_too_slow", "The request did not arrive in time.", status=408)


def patience() -> float:
    """How many seconds a request may take to arrive."""
    return float(os.environ.get("HOLDFAST_REQUEST_SECONDS", "30"))


class Doorway(HttpToolsProtocol):
    """One connection. Whoever opens it and says nothing, or never ends, is let go."""

    _head = 0
    _in_head = True
    _anything = False
    _deaf = False
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        # Of a header that does not end the parser tells nothing.
        if self._in_head and self._head > LARGEST_HEAD:
            self._refuse(TOO_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._anything = True
        if self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head = 0
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._refuse(TOO_LONG)
            raise httptools.HttpParserError("refused")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(UNREADABLE)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(patience(), self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        if not self._anything or (not self._in_head and self.cycle.response_started):
            self.transport.close()
        else:
            self._refuse(TOO_SLOW)

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.response_started and not cycle.response_complete

    def _refuse(self, refusal: Refusal) -> None:
        if self._deaf or self.transport.is_closing():
            return
        if self._is_answering():
            # Another answer is on its way and cannot be interrupted by this one.
            self.transport.close()
            return
        body = json.dumps(refusal.problem()).encode()
        head = (
            f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n"
            f"content-type: {PROBLEM}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        # Closing at once, with something unread, would tear the answer from the caller's hands.
        self._deaf = True
        self._stop_waiting()
        self.transport.write_eof()
        self._waiting = self.loop.call_later(LINGERING, self.transport.close)
