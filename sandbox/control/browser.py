"""The customer's browser: follows links, as far as it can."""

import httpx
from pydantic import BaseModel


class Visit(BaseModel):
    """Where a link led."""

    url: str
    status: int | None = None
    error: str | None = None


class _ByOtherNames(httpx.AsyncHTTPTransport):
    """Reaches hosts by the names this machine knows: a public name may mean another place in a container."""

    def __init__(self, hosts: dict[str, str]) -> None:
        super().__init__()
        self._hosts = hosts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        here = self._hosts.get(request.url.netloc.decode())
        if here is not None:
            request.url = request.url.copy_with(netloc=here.encode())
        return await super().handle_async_request(request)


class Browser:
    """Opens pages the way a customer's browser does after a payment page."""

    def __init__(self, hosts: dict[str, str] | None = None) -> None:
        self._hosts = hosts or {}

    async def visit(self, url: str) -> Visit:
        """Open a link and follow where it leads; a page out of reach is no failure of the customer."""
        transport = _ByOtherNames(self._hosts)
        headers = {"Accept": "text/html,application/xhtml+xml"}
        async with httpx.AsyncClient(transport=transport, follow_redirects=True, timeout=10) as client:
            try:
                answer = await client.get(url, headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL) as problem:
                return Visit(url=url, error=f"{type(problem).__name__}: {problem}")
        return Visit(url=str(answer.url), status=answer.status_code)
