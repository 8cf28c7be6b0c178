"""What browsers are told, and how a request is traced, whatever the answer."""

import httpx
import pytest

from tests.support.gateway import Town, a_town

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PAGE = {"Accept": "text/html"}


async def a_shop(town: Town) -> None:
    town.booking.tells("GET", "/businesses", {"businesses": []})


async def test_data_may_do_nothing_in_a_browser() -> None:
    async with a_town() as town:
        await a_shop(town)
        answer = await town.client.get("/v1/businesses")
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/docs", "/no/such/page", "/book/nobody"])
async def test_pages_run_only_our_own_scripts_and_are_never_framed(path: str) -> None:
    async with a_town() as town:
        await a_shop(town)
        answer = await town.client.get(path, headers=PAGE)
    policy = _rules(answer)
    assert answer.headers["content-type"].startswith("text/html")
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


async def test_the_card_page_may_load_the_sandbox_that_stands_apart() -> None:
    async with a_town(sandbox_url="http://127.0.0.1:8105/") as town:
        booking_id = town.booking.add()
        answer = await town.client.get(f"/pay/{booking_id}", headers=PAGE)
    assert "http://127.0.0.1:8105" in _rules(answer)["script-src"]


async def test_over_https_browsers_are_told_to_stay_there() -> None:
    async with a_town(public_url="https://book.example") as town:
        secure = await town.client.get("/healthz")
    async with a_town() as town:
        plain = await town.client.get("/healthz")
    assert secure.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in plain.headers


async def test_static_files_are_asked_about_again_and_not_sent_again() -> None:
    async with a_town() as town:
        first = await town.client.get("/static/logo.svg")
        again = await town.client.get("/static/logo.svg", headers={"If-None-Match": first.headers["etag"]})
        missing = await town.client.get("/static/nothing.js")
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["x-content-type-options"] == "nosniff"
    assert again.status_code == 304
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_a_trace_that_the_caller_began_goes_on_behind_the_door() -> None:
    async with a_town() as town:
        await a_shop(town)
        answer = await town.client.get("/v1/businesses", headers={"traceparent": TRACE})
        sent = town.booking.last("GET", "/businesses").headers
    assert answer.headers["x-request-id"] == TRACE[3:35]
    assert sent["traceparent"] == TRACE


@pytest.mark.parametrize("given", ["", "nonsense", "00-zz-1-01"])
async def test_without_a_usable_trace_one_begins_at_the_door(given: str) -> None:
    async with a_town() as town:
        answer = await town.client.get("/v1/bookings/bk_1", headers={"traceparent": given})
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.json()["trace_id"] == answer.headers["x-request-id"]


async def test_a_defect_is_answered_with_a_problem_a_trace_and_no_detail() -> None:
    async with a_town() as town:
        _break(town)
        data = await town.client.get("/v1/businesses")
        page = await town.client.get("/", headers=PAGE)
    assert (data.status_code, data.json()["code"]) == (500, "internal_error")
    assert "secret" not in data.text
    assert data.json()["trace_id"] == data.headers["x-request-id"] != ""
    assert data.headers["x-content-type-options"] == "nosniff"
    assert (page.status_code, page.headers["content-type"]) == (500, "text/html; charset=utf-8")


def _break(town: Town) -> None:
    # An answer that is no JSON object is what no service may give.
    town.booking.tells("GET", "/businesses", ["secret"])
    town.gateway.app.state.parts = None


def _rules(answer: httpx.Response) -> dict[str, str]:
    rules = answer.headers["content-security-policy"].split("; ")
    return dict(rule.split(" ", 1) for rule in rules)
