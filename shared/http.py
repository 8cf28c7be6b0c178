"""The HTTP edge of every service: problems, trace context, health, who may call."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.db import is_conflict, is_database_down, is_not_storable
from shared.errors import BadRequest, Outage, Refusal, own_complaints
from shared.messaging.work import Desk
from shared.runtime import Runtime
from shared.telemetry import (
    http_seconds,
    logger,
    new_traceparent,
    trace_id,
    tracing,
    valid_traceparent,
)

PROBLEM = "application/problem+json"
OPEN_PATHS = ("/healthz", "/readyz", "/metrics", "/webhooks/")


def problem_response(refusal: Refusal, headers: dict[str, str] | None = None) -> JSONResponse:
    """A refusal as RFC 9457 says it."""
    body = {**refusal.problem(), "trace_id": trace_id()}
    return _Told(body, refusal.status, headers, media_type=PROBLEM)


class _Told(JSONResponse):
    """A problem may repeat what a caller said, also where that is no text."""

    def render(self, content: Any) -> bytes:
        said = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return said.encode("utf-8", "replace")


def add_problem_handlers(app: FastAPI, service: str) -> None:
    """Answer every error as a problem with a stable code."""

    async def failed(_: Request, error: Exception) -> Response:
        return _failure(service, error)

    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Outage, _outage)
    # Whatever only `Exception` catches is raised once more for the server to log.
    app.add_exception_handler(DBAPIError, failed)
    app.add_exception_handler(Exception, failed)


async def _refused(_: Request, error: Exception) -> Response:
    return problem_response(cast(Refusal, error))


async def _gone(_: Request, error: Exception) -> Response:
    # Nobody reads this answer; a caller who hangs up is no defect of ours.
    return problem_response(Refusal("caller_gone", "The request broke off.", status=400))


async def _invalid(_: Request, error: Exception) -> Response:
    found = [
        {"path": ".".join(str(part) for part in one["loc"]), "message": one["msg"]}
        for one in own_complaints(cast(RequestValidationError, error).errors())
    ]
    said = f"{found[0]['path']}: {found[0]['message']}" if found else "The request does not fit."
    return problem_response(Refusal("invalid_request", said, status=422, errors=found))


async def _http_error(_: Request, error: Exception) -> Response:
    known = cast(HTTPException, error)
    codes = {400: "bad_request", 401: "unauthorized", 404: "not_found", 405: "method_not_allowed"}
    code = codes.get(known.status_code, "http_error")
    refusal = Refusal(code, str(known.detail), status=known.status_code)
    return problem_response(refusal, dict(known.headers or {}))


async def _outage(_: Request, error: Exception) -> Response:
    return _unavailable("service_unavailable", str(error), cast(Outage, error).retry_after)


def _failure(service: str, error: Exception) -> Response:
    if is_database_down(error):
        logger(service).error("database unavailable", error=str(error))
        return _unavailable("database_unavailable", "The database cannot be written now.", None)
    if is_conflict(error):
        return _unavailable("busy", "Somebody else is changing the same thing.", 1)
    if is_not_storable(error):
        return problem_response(BadRequest("not_storable", "This holds what no database can keep."))
    logger(service).error("request failed", exc_info=error)
    return problem_response(Refusal("internal_error", "Something broke on our side.", status=500))


def _unavailable(code: str, message: str, retry_after: float | None) -> JSONResponse:
    refusal = Refusal(code, message, status=503, next_steps=[{"action": "try again in a moment"}])
    return problem_response(refusal, {"Retry-After": str(int(retry_after or 2))})


class Tracing:
    """Gives every request a trace context and an X-Request-Id, and counts it."""

    def __init__(self, app: ASGIApp, runtime: Runtime, service: str) -> None:
        self._app = app
        self._runtime = runtime
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = valid_traceparent(Headers(scope=scope).get("traceparent"))
        started = self._runtime.clock.monotonic()

        async def send_traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = trace_id()
                took = self._runtime.clock.monotonic() - started
                http_seconds.labels(self._service, scope["method"], message["status"]).observe(took)
            await send(message)

        with tracing(given or new_traceparent(self._runtime.random)):
            await self._app(scope, receive, send_traced)


class TracedApp(FastAPI):
    """An app whose every answer is traced, those to defects included."""

    traced: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        return self.traced(super().build_middleware_stack())


class InternalOnly:
    """Lets only callers with the internal key in; health, metrics and webhooks are open."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(OPEN_PATHS):
            given = Headers(scope=scope).get("x-internal-key", "").encode()
            if not hmac.compare_digest(given, self._key):
                refusal = Refusal("unauthorized", "This address is for the gateway only.", status=401)
                await problem_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def health_routes(checks: Callable[[], Any]) -> APIRouter:
    """`/healthz` says the process lives, `/readyz` that it can work, `/metrics` how it does.

    `checks` is a coroutine function that returns what is degraded, and raises when nothing can be done.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        try:
            degraded = await checks()
        except Refusal as refusal:
            return problem_response(refusal)
        return JSONResponse({"status": "degraded" if degraded else "ok", "degraded": degraded})

    @router.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def desk_of(request: Request) -> Desk:
    """The desk of the service that answers this request."""
    return cast(Desk, request.app.state.desk)


DeskDep = Annotated[Desk, Depends(desk_of)]
