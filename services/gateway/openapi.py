"""The published contract: OpenAPI 3.1, with every refusal that a caller can meet."""

from typing import Any

from fastapi import FastAPI

from services.gateway.schemas.problems import Problem
from shared.http import PROBLEM

_USUAL = (400, 413, 422, 429, 500, 503)
_REFERENCE = {"$ref": "#/components/schemas/Problem"}

_EXAMPLES: dict[int, tuple[str, str, str]] = {
    400: ("bad_json", "The request cannot be read.", "The body is not JSON: Expecting value at character 1."),
    401: ("operator_key_needed", "A key is needed.", "This is for operators. Show the operator's key."),
    403: ("operators_only", "The key shown does not open this.", "This is for operators."),
    404: ("not_found", "There is no such thing, or not for this caller.", "There is nothing with this id."),
    409: ("slot_taken", "The business says no.", "That time has just been taken."),
    413: ("body_too_large", "The body is too large.", "The body is larger than 262144 bytes."),
    415: ("json_expected", "The body has the wrong type.", "The body must be JSON, not text/plain."),
    422: ("invalid_request", "The request does not fit the schema.", "body.items.0.start: Field required"),
    429: (
        "too_many_requests",
        "Too many requests.",
        "More than 60 requests to write in 60 seconds came from you.",
    ),
    500: ("internal_error", "A defect on our side.", "Something broke on our side."),
    503: (
        "service_unavailable",
        "A part of the platform does not answer.",
        "The calendar service is not answering. Nothing was changed.",
    ),
}
_TAGS = (
    {"name": "catalog", "description": "Businesses and what they offer."},
    {"name": "availability", "description": "Free times and prices."},
    {"name": "bookings", "description": "Make a booking, follow it, and give it up."},
    {"name": "admin", "description": "For operators: `Authorization: Bearer hk_op_…`."},
)
_ABOUT = """\
Times are RFC 3339 with offset. Amounts are integers in minor units with a currency.

**Repeating is safe.** `POST /v1/bookings` needs an `Idempotency-Key`;
the same key with the same body counts once.

**Waiting.** `Prefer: wait=N` waits up to N seconds for the next step that a person can act on;
`Prefer: respond-async` does not wait.

**Refusals** are `application/problem+json` with a stable `code` and, under `next`, what can be done now.
"""


_Lead = tuple[str, dict[str, str], str]
_THE_BOOKING: tuple[_Lead, ...] = tuple(
    (name, {"booking_id": "$response.body#/id"}, description)
    for name, description in (
        ("booking", "How it stands."),
        ("stream", "How it stands, live."),
        ("timeline", "What happened to it."),
        ("confirm", "Ask the provider for the truth, after the customer came back."),
        ("cancel", "Give it up before it stands."),
        ("calendar_file", "It as a calendar file."),
        ("payment", "Its money, for operators."),
        ("notifications", "What its customer was told, for operators."),
    )
)
_LINKS: dict[str, dict[str, tuple[_Lead, ...]]] = {
    "book": {"201": _THE_BOOKING, "202": _THE_BOOKING},
    "businesses": {
        "200": (
            ("business", {"slug": "$response.body#/businesses/0/slug"}, "One of them."),
            ("offerings", {"slug": "$response.body#/businesses/0/slug"}, "What it offers."),
        )
    },
    "business": {"200": (("offerings", {"slug": "$response.body#/slug"}, "What it offers."),)},
    "offerings": {
        "200": (
            ("offering", {"id": "$response.body#/offerings/0/id"}, "One of them."),
            ("availability", {"offering": "$response.body#/offerings/0/id"}, "When it is free."),
        )
    },
    "offering": {"200": (("availability", {"offering": "$response.body#/id"}, "When it is free."),)},
    "sagas": {"200": (("saga", {"id": "$response.body#/sagas/0/id"}, "One of them, step by step."),)},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route: these, and those that every route has."""
    return {status: _problem(status) for status in sorted({*_USUAL, *statuses})}


def _problem(status: int) -> dict[str, Any]:
    code, description, detail = _EXAMPLES[status]
    example = {
        "type": f"urn:holdfast:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "next": [],
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
    content = {PROBLEM: {"schema": _REFERENCE, "example": example}}
    described: dict[str, Any] = {"description": description, "content": content}
    if status in (429, 503):
        described["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait before trying again.",
                "schema": {"type": "integer"},
            }
        }
    return described


def publish(app: FastAPI) -> None:
    """Complete the document that FastAPI derives from the routes."""
    derive = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None or "Problem" not in app.openapi_schema["components"]["schemas"]:
            _complete(derive())
        return derive()

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    document["info"]["description"] = _ABOUT
    document["tags"] = list(_TAGS)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    components["securitySchemes"] = {
        "operator": {"type": "http", "scheme": "bearer", "description": "The operator's key, `hk_op_…`."},
        "manage": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Manage-Token",
            "description": "From `manage_url`.",
        },
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation.update(_security_of(path))
            _require_the_key(operation)
            _link(operation)
            for response in operation["responses"].values():
                if response["description"] == "Successful Response":
                    response["description"] = f"{operation['summary']}."


def _link(operation: dict[str, Any]) -> None:
    """Say where an answer leads: which operation takes what of it."""
    for status, leads in _LINKS.get(operation["operationId"], {}).items():
        operation["responses"][status]["links"] = {
            name: {"operationId": name, "parameters": parameters, "description": description}
            for name, parameters, description in leads
        }


def _require_the_key(operation: dict[str, Any]) -> None:
    """A missing key has an answer of its own, but whoever reads the contract must send one."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "Idempotency-Key":
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}


def _security_of(path: str) -> dict[str, Any]:
    if path.startswith("/v1/admin/"):
        return {"security": [{"operator": []}]}
    if path.startswith("/v1/bookings/{"):
        return {"security": [{}, {"manage": []}, {"operator": []}]}
    return {}
