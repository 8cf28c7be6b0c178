"""A client that writes down everything it asks and everything it is answered."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.chaos.history import Exchange, Seen

# Longer than the gateway waits for its services; nobody in a browser waits much longer.
PATIENCE = 15.0


class Witness(httpx.AsyncClient):
    """An HTTP client of the public API with a memory; what it asks of others is not remembered."""

    def __init__(self, address: str, clock: Callable[[], float]) -> None:
        limits = httpx.Limits(max_connections=400, max_keepalive_connections=20)
        super().__init__(base_url=address, timeout=PATIENCE, trust_env=False, limits=limits)
        self._address = httpx.URL(address)
        self._clock = clock
        self.history: list[Exchange] = []

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Ask, and remember what came of it."""
        if request.url.netloc != self._address.netloc:
            return await super().send(request, **options)
        request.extensions["timeout"] = httpx.Timeout(PATIENCE).as_dict()
        began = self._clock()
        try:
            answer = await super().send(request, **options)
        except httpx.TransportError as error:
            self.history.append(self._exchange(request, began, None, {"code": type(error).__name__}))
            raise
        self.history.append(self._exchange(request, began, answer.status_code, _body(answer)))
        return answer

    def _exchange(
        self, request: httpx.Request, began: float, status: int | None, body: dict[str, Any]
    ) -> Exchange:
        is_booking = status in (200, 201, 202) and {"id", "reference", "items", "status"} <= body.keys()
        return Exchange(
            began=began,
            ended=self._clock(),
            method=request.method,
            path=request.url.path,
            key=request.headers.get("Idempotency-Key", ""),
            status=status,
            said=str(body.get("code", "")),
            seen=Seen.of(body) if is_booking else None,
            refused=str(body.get("booking", "")) if status == 409 else "",
        )


def _body(answer: httpx.Response) -> dict[str, Any]:
    if "json" not in answer.headers.get("Content-Type", ""):
        return {}
    body = json.loads(answer.content)
    return body if isinstance(body, dict) else {}
