"""How a request gets to a service: over HTTP, or straight into its app in this process."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from starlette.types import ASGIApp, Message, Scope


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a service. `path` holds checked ids only; `headers` are complete."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def query_string(self) -> str:
        return urlencode(self.query)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "application/json")

    def json(self) -> Any:
        return json.loads(self.body)


class NoAnswer(Exception):
    """No answer came. The request may have arrived: what happened there is not known."""

    may_ask_again = False


class Dropped(NoAnswer):
    """The connection broke before the answer, as it does when a service is replaced."""

    may_ask_again = True


class Unreachable(Dropped):
    """The service did not take the request: nothing happened there."""


class Transport(Protocol):
    """Carries one question to one service. Raises NoAnswer."""

    async def ask(self, question: Question) -> Answer: ...


class Connections:
    """The connections of this process to all services: one pool with limits and deadlines."""

    def __init__(self, *, connect: float = 1.0, total: float = 10.0, per_service: int = 100) -> None:
        self._timeout = aiohttp.ClientTimeout(total=total, connect=total, sock_connect=connect)
        self._per_service = per_service
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """The pool, opened when first used: it belongs to the running loop."""
        if self._session is None:
            pool = aiohttp.TCPConnector(limit=0, limit_per_host=self._per_service, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(
                connector=pool,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class HttpTransport:
    """A service in another process, spoken to over HTTP."""

    def __init__(self, origin: str, connections: Connections) -> None:
        self._origin = origin.rstrip("/")
        self._connections = connections

    async def ask(self, question: Question) -> Answer:
        session = self._connections.session()
        url = f"{self._origin}{question.path}"
        try:
            async with session.request(
                question.method,
                url,
                params=question.query,
                data=question.body or None,
                headers=question.headers,
                allow_redirects=False,
            ) as response:
                body = await response.read()
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, headers, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(str(error)) from error
        except TimeoutError as error:
            raise NoAnswer("no answer in time") from error
        except aiohttp.ClientError as error:
            raise Dropped(str(error) or type(error).__name__) from error


class AsgiTransport:
    """A service in this process, called as ASGI without a socket."""

    def __init__(self, app: ASGIApp, *, total: float = 10.0) -> None:
        self._app = app
        self._total = total
        self._calls: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question) -> Answer:
        # The service works in a task of its own: a caller that gives up must not tear its transaction.
        exchange = _Exchange(question.body)
        call = asyncio.create_task(exchange.run(self._app, _scope(question)))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        done, _ = await asyncio.wait({call}, timeout=self._total)
        if not done:
            raise NoAnswer("no answer in time")
        # As behind a socket: an app that fails has answered 500 before, and its own log says why.
        if call.cancelled() or (call.exception() and not exchange.started):
            raise Dropped("the service broke off")
        return exchange.answer()


class _Exchange:
    """The two directions of one ASGI call."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 0
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []

    @property
    def started(self) -> bool:
        return self._status > 0

    def answer(self) -> Answer:
        return Answer(self._status, self._headers, b"".join(self._chunks))

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        await app(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if self._body is None:
            # The caller never hangs up before the answer.
            await asyncio.get_running_loop().create_future()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {
                name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]
            }
        else:
            self._chunks.append(message.get("body", b""))


def _scope(question: Question) -> Scope:
    headers = {"host": "service.internal", "content-length": str(len(question.body)), **question.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": question.method,
        "scheme": "http",
        "path": question.path,
        "raw_path": question.path.encode(),
        "query_string": question.query_string.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": ("service.internal", 80),
        "state": {},
    }
