"""How the gateway words what went wrong: as a problem for programs, as a page for people."""

from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from frontend.rendering import problem_page
from services.gateway.routes.bookings import TimeIsGone
from shared.errors import Refusal
from shared.http import add_problem_handlers, problem_response

_FOR_PROGRAMS = ("/v1/", "/static/", "/openapi.json")


def add_refusals(app: FastAPI) -> None:
    """Answer every error: the usual problems of a service, and what only the public door knows."""
    add_problem_handlers(app, "gateway")
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(TimeIsGone, _time_is_gone)
    for kind in (HTTPException, Exception):
        app.add_exception_handler(kind, _readable(app.exception_handlers[kind]))
    app.add_exception_handler(
        RequestValidationError, _unreadable(app.exception_handlers[RequestValidationError])
    )


async def _refused(_: Request, error: Exception) -> Response:
    refusal, headers = cast(Refusal, error), {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in refusal.extra:
        headers["Retry-After"] = str(refusal.extra["retry_after"])
    return problem_response(refusal, headers)


async def _time_is_gone(_: Request, error: Exception) -> Response:
    gone = cast(TimeIsGone, error)
    return problem_response(gone, gone.headers)


def _readable(usual: Any) -> Any:
    async def explained(request: Request, error: Exception) -> Response:
        answer: Response = await usual(request, error)
        return problem_page(answer.status_code) if _is_visit(request) else answer

    return explained


def _is_visit(request: Request) -> bool:
    for_people = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and for_people and not request.url.path.startswith(_FOR_PROGRAMS)


def _unreadable(usual: Any) -> Any:
    async def explained(request: Request, error: Exception) -> Response:
        first = cast(RequestValidationError, error).errors()[0]
        if first["type"] != "json_invalid":
            return cast(Response, await usual(request, error))
        said = f"The body is not JSON: {first['ctx']['error']} at character {first['loc'][-1] + 1}."
        return problem_response(Refusal("bad_json", said, status=400))

    return explained
