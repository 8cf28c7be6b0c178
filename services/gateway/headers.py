"""What browsers are told about every answer, unless the answer says it itself."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontend.policy import page_headers

_NO_PAGE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ONE_YEAR = 31_536_000


class SafeHeaders:
    """Adds the headers of the answer's class: a page may show itself, data may do nothing at all."""

    def __init__(self, app: ASGIApp, *, over_https: bool, is_exempt: Callable[[str], bool]) -> None:
        self._app = app
        self._over_https = over_https
        self._is_exempt = is_exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_exempt(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_to(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, send_safe)

    def _add_to(self, headers: MutableHeaders, path: str) -> None:
        is_page = headers.get("content-type", "").startswith("text/html")
        for name, value in (page_headers() if is_page else _NO_PAGE).items():
            headers.setdefault(name, value)
        if not path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        if self._over_https:
            headers.setdefault("Strict-Transport-Security", f"max-age={_ONE_YEAR}")
