"""How much a caller may ask: requests per minute, and bytes per request."""

from collections.abc import Callable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.access import Doorkeeper
from services.gateway.allowance import Allowance, Verdict
from services.gateway.callers import Callers
from shared.errors import Refusal
from shared.http import problem_response

_READS = {"GET", "HEAD", "OPTIONS"}
_NEVER_LIMITED = ("/healthz", "/readyz", "/metrics")


def exempt(prefixes: Sequence[str]) -> Callable[[str], bool]:
    """Tells whether a path belongs to somebody else (webhooks, mounted apps)."""
    owned = tuple(prefix.rstrip("/") for prefix in prefixes)

    def is_exempt(path: str) -> bool:
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in owned)

    return is_exempt


class RateLimit:
    """Refuses a caller's requests above its allowance; reading and writing are counted apart."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        reads: Allowance,
        writes: Allowance,
        callers: Callers,
        doorkeeper: Doorkeeper,
        is_exempt: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._allowances = {"read": reads, "write": writes}
        self._callers = callers
        self._doorkeeper = doorkeeper
        self._is_exempt = is_exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_free(scope):
            await self._app(scope, receive, send)
            return
        kind = "read" if scope["method"] in _READS else "write"
        verdict = self._allowances[kind].take(self._callers.name(scope))
        headers = _rate_headers(kind, verdict)
        if not verdict.allowed:
            await problem_response(_too_many(kind, verdict), headers)(scope, receive, send)
            return

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, send_counted)

    def _is_free(self, scope: Scope) -> bool:
        path = scope["path"]
        if path in _NEVER_LIMITED or path.startswith("/static/") or self._is_exempt(path):
            return True
        return self._doorkeeper.look(Headers(scope=scope)).operator


def _rate_headers(kind: str, verdict: Verdict) -> dict[str, str]:
    # The names and shapes of draft-ietf-httpapi-ratelimit-headers.
    headers = {
        "RateLimit-Policy": f'"{kind}";q={verdict.quota};w={verdict.window}',
        "RateLimit": f'"{kind}";r={verdict.remaining};t={verdict.reset}',
    }
    if not verdict.allowed:
        headers["Retry-After"] = str(verdict.retry_after)
    return headers


def _too_many(kind: str, verdict: Verdict) -> Refusal:
    return Refusal(
        "too_many_requests",
        f"More than {verdict.quota} requests to {kind} in {verdict.window} seconds came from your address.",
        status=429,
        next_steps=[{"action": f"try again in {verdict.retry_after} seconds"}],
        retry_after=verdict.retry_after,
    )


class BodyLimit:
    """Refuses bodies above a size, told beforehand or found out while reading."""

    def __init__(self, app: ASGIApp, *, largest: int, is_exempt: Callable[[str], bool]) -> None:
        self._app = app
        self._largest = largest
        self._is_exempt = is_exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_exempt(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _declared(headers) > self._largest:
            await self._refuse(scope, receive, send)
        elif "transfer-encoding" in headers:
            await self._read_first(scope, receive, send)
        else:
            # The server reads no more than the declared length.
            await self._app(scope, receive, send)

    async def _read_first(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read a body of unknown length before the app sees it, and no further than the limit."""
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._largest:
                await self._refuse(scope, receive, send)
                return
        await self._app(scope, _replayed(body, receive), send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = Refusal(
            "body_too_large",
            f"The body is larger than {self._largest} bytes.",
            status=413,
            next_steps=[{"action": f"send at most {self._largest} bytes"}],
            largest=self._largest,
        )
        # The rest is thrown away as it comes: closing at once would tear the answer from the caller's hands.
        await problem_response(refusal)(scope, receive, send)


def _declared(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
