"""Errors of the control API, and what to do about them."""

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException


class Problem(Exception):
    """What was asked cannot be done; `next` says what can."""

    def __init__(self, status: int, code: str, detail: str, next: list[str], **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.next = next
        self.extra = extra

    def response(self) -> Response:
        """The answer on the wire."""
        body = {
            "type": f"https://holdfast.test/problems/{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "next": self.next,
            **self.extra,
        }
        # What was said is repeated, also where it is no text.
        said = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return Response(said, self.status, media_type="application/problem+json")


def add_problem_answers(app: FastAPI) -> None:
    """Have every error of the application answered as a problem."""
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _told(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem.response()


async def _invalid(request: Request, mistake: Exception) -> Response:
    assert isinstance(mistake, RequestValidationError)
    found = [
        {"path": ".".join(str(part) for part in one["loc"]), "message": str(one["msg"])}
        for one in mistake.errors()
    ]
    detail = f"{found[0]['path']}: {found[0]['message']}"
    steps = ["Correct the request; control/openapi.json describes what is taken."]
    return Problem(422, "invalid_request", detail, steps, errors=found).response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {400: "bad_request", 404: "not_found", 405: "method_not_allowed"}
    code = codes.get(error.status_code, "http_error")
    steps = ["See control/openapi.json for what the sandbox answers."]
    return Problem(error.status_code, code, str(error.detail), steps).response()
