"""The published contract holds: it is well-formed, complete, and no input breaks the door."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.gateway.main import build
from services.gateway.reference import example_of
from shared.messaging.local import LocalBus
from shared.runtime import Runtime
from tests.support.gateway import (
    OPERATOR,
    SLOT_TAKEN,
    TOKEN,
    WAITING_FOR_PAYMENT,
    WANTED,
    a_town,
    settings_for,
)

PROBLEM = "application/problem+json"
HEADERS = {"Idempotency-Key": "k", "Content-Type": "application/json"}


@cache
def document() -> dict[str, Any]:
    return build(settings_for(), Runtime.real(), LocalBus()).app.openapi()


def operations() -> list[tuple[str, str]]:
    return [(method, path) for path, methods in document()["paths"].items() for method in methods]


def schema_of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}


def _values(node: Any, key: str) -> Iterator[Any]:
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for inner in node.values():
            yield from _values(inner, key)
    elif isinstance(node, list):
        for inner in node:
            yield from _values(inner, key)


def test_the_document_is_openapi_3_1_with_sound_schemas() -> None:
    assert document()["openapi"].startswith("3.1")
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    known = {f"#/components/schemas/{name}" for name in document()["components"]["schemas"]}
    assert set(_values(document(), "$ref")) == known


def test_every_operation_has_its_own_name_a_summary_and_a_group() -> None:
    found = [operation for methods in document()["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in found]
    groups = {tag["name"] for tag in document()["tags"]}
    assert len(set(names)) == len(names)
    assert all(operation["summary"] and set(operation["tags"]) <= groups for operation in found)


@pytest.mark.parametrize(("method", "path"), operations())
def test_every_operation_documents_the_refusals_that_every_caller_can_meet(method: str, path: str) -> None:
    responses = document()["paths"][path][method]["responses"]
    expected = {"400", "413", "422", "429", "500", "503"}
    if path.startswith("/v1/admin/"):
        expected |= {"401", "403"}
    if method == "post" and path == "/v1/bookings":
        expected |= {"409"}
    refusals = {status: one for status, one in responses.items() if status >= "400"}
    assert expected <= refusals.keys()
    for status, refusal in refusals.items():
        problem = refusal["content"][PROBLEM]
        assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert problem["example"]["status"] == int(status)
        Draft202012Validator(schema_of("Problem")).validate(problem["example"])


BROKEN_BODIES: dict[str, tuple[bytes, int]] = {
    "no JSON": (b"{", 400),
    "nothing": (b"", 422),
    "bad UTF-8": (b'{"items": "\xff\xfe"}', 400),
    "a list": (b"[]", 422),
    "a number too long": (b'{"items":' + b"9" * 5000 + b"}", 400),
    "not a number": (b'{"items": NaN}', 422),
    "too deep": (b"[" * 100_000, 400),
    "too large": (b"x" * 300_000, 413),
    "a lone surrogate": (json.dumps({**WANTED, "customer": {"name": "\ud800"}}).encode(), 422),
    "a NUL": (json.dumps({**WANTED, "customer": {"name": "a\x00b"}}).encode(), 422),
    "an unknown field": (json.dumps({**WANTED, "amount": 1}).encode(), 422),
    "an unknown field that is no text": (b'{"\\ud800": 1}', 422),
    "too many items": (json.dumps({**WANTED, "items": WANTED["items"] * 21}).encode(), 422),
    "a date that is none": (
        json.dumps({**WANTED, "items": [{"offering": "a.b", "start": "2026-02-30T10:00:00Z"}]}).encode(),
        422,
    ),
}


@pytest.mark.parametrize("name", BROKEN_BODIES)
async def test_a_broken_body_is_the_callers_problem_and_never_ours(name: str) -> None:
    body, status = BROKEN_BODIES[name]
    async with a_town() as town:
        answer = await town.client.post("/v1/bookings", content=body, headers=HEADERS)
        assert town.booking.asked == []
    assert answer.status_code == status, answer.text
    _is_a_problem(answer)


async def test_a_body_of_another_type_is_refused_with_the_type_to_send() -> None:
    async with a_town() as town:
        answer = await town.client.post(
            "/v1/bookings", content=b"a=b", headers={**HEADERS, "Content-Type": "text/plain"}
        )
    assert (answer.status_code, answer.json()["code"]) == (415, "json_expected")


async def test_a_wrong_method_and_an_unknown_route_are_problems_too() -> None:
    async with a_town() as town:
        wrong = await town.client.put("/v1/bookings")
        unknown = await town.client.get("/v1/nothing")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
fuzzed_fields = st.fixed_dictionaries(
    {}, optional={name: anything for name in ("items", "customer", "payment", "currency", "step", "reason")}
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=anything | fuzzed_fields, text=st.text(max_size=30))
async def test_no_input_makes_the_door_fail(body: Any, text: str) -> None:
    async with a_town(reads_per_minute=10_000, writes_per_minute=10_000, usual_wait=0) as town:
        for method, path in operations():
            target = re.sub(r"\{\w+\}", quote(text, safe="") or "x", path)
            answer = await town.client.request(
                method,
                target,
                params={"offering": text, "from": text, "timezone": text, "limit": text},
                content=json.dumps(body).encode() if method == "post" else None,
                headers={**HEADERS, **OPERATOR},
            )
            assert answer.status_code != 500, (method, target, answer.text)


def _is_a_problem(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == PROBLEM
    Draft202012Validator(schema_of("Problem")).validate(answer.json())
    assert answer.json()["status"] == answer.status_code


async def test_what_is_answered_fits_what_is_documented() -> None:
    async with a_town() as town:
        town.booking.becomes = [WAITING_FOR_PAYMENT]
        booking = (await town.book()).json()
        town.booking.next_id, town.booking.becomes = "bk_2", [SLOT_TAKEN]
        problem = (await town.book(key="another")).json()
        timeline = await town.client.get(
            f"/v1/bookings/{booking['id']}/timeline", headers={"X-Manage-Token": TOKEN}
        )
    Draft202012Validator(schema_of("Booking")).validate(booking)
    Draft202012Validator(schema_of("Problem")).validate(problem)
    Draft202012Validator(schema_of("Timeline")).validate(timeline.json())


async def test_the_document_and_the_reference_need_no_outside_host() -> None:
    async with a_town() as town:
        published = await town.client.get("/openapi.json")
        page = await town.client.get("/docs", headers={"Accept": "text/html"})
        style = await town.client.get("/docs/reference.css")
    assert published.json() == document()
    assert "<script" not in page.text
    assert set(re.findall(r'(?:src|href)="([^"#][^"]*)"', page.text)) == {
        "/docs/reference.css",
        "/openapi.json",
    }
    assert style.headers["content-type"].startswith("text/css")


async def test_the_reference_shows_every_operation_and_every_shape() -> None:
    async with a_town() as town:
        page = (await town.client.get("/docs")).text
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert f'<article id="{operation["operationId"]}">' in page
    for name in document()["components"]["schemas"]:
        assert f'<article id="shape-{name}">' in page
    assert "<code>Idempotency-Key</code>" in page


def test_examples_in_the_reference_fit_their_schemas() -> None:
    for name in ("BookingRequest", "QuoteRequest", "StepAct", "Booking", "Availability"):
        example = example_of({"$ref": f"#/components/schemas/{name}"}, document())
        Draft202012Validator(schema_of(name)).validate(example)
