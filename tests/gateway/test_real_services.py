"""The door in front of the real services: what is promised is what they answer."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from tests.gateway.installation import an_installation
from tests.gateway.test_contract import document, schema_of
from tests.support.gateway import OPERATOR

CATALOG = """
business:
  slug: consulting
  name: Northlight Consulting
  timezone: Europe/London
  currencies: [USD]
resources:
  - slug: desk
    name: The desk
    hours: {monday: ["09:00-17:00"], tuesday: ["09:00-17:00"], wednesday: ["09:00-17:00"],
            thursday: ["09:00-17:00"], friday: ["09:00-17:00"]}
offerings:
  - slug: hello
    title: A first hello
    resources: [desk]
    duration_minutes: 20
    step_minutes: 20
    horizon_days: 30
    collects: [email]
"""
Json = dict[str, Any]


async def applied(client: httpx.AsyncClient) -> None:
    headers = {**OPERATOR, "Content-Type": "text/yaml"}
    answer = await client.post("/v1/admin/catalog", content=CATALOG.encode(), headers=headers)
    assert answer.status_code == 200, answer.text


async def a_free_start(client: httpx.AsyncClient) -> str:
    first = datetime.now(UTC).date() + timedelta(days=1)
    query = {"offering": "consulting.hello", "from": str(first), "timezone": "Europe/London"}
    async with asyncio.timeout(10):
        while True:
            answer = await client.get("/v1/availability", params=query)
            # The calendar learns of a new catalog by a message.
            if answer.is_success and answer.json()["slots"]:
                return str(answer.json()["slots"][0]["start"])
            await asyncio.sleep(0.05)


async def book(client: httpx.AsyncClient, start: str, key: str) -> httpx.Response:
    wanted = {
        "items": [{"offering": "consulting.hello", "start": start}],
        "customer": {"name": "Ada Lovelace", "email": "ada@example.com"},
        "payment": {"method": "none"},
    }
    return await client.post("/v1/bookings", json=wanted, headers={"Idempotency-Key": key})


async def fetched(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """What is at the address, as soon as it is there: notify hears of a booking by a message."""
    async with asyncio.timeout(10):
        while True:
            answer = await client.get(address)
            if answer.is_success:
                return answer
            await asyncio.sleep(0.05)


def fits(schema: str, answer: httpx.Response) -> Json:
    found: Json = answer.json()
    Draft202012Validator(schema_of(schema)).validate(found)
    return found


async def test_a_free_hour_is_booked_once_and_the_second_caller_gets_the_nearest_times(
    tmp_path: Path,
) -> None:
    async with an_installation(tmp_path) as client:
        await applied(client)
        start = await a_free_start(client)
        first = await book(client, start, "first")
        again = await book(client, start, "first")
        second = await book(client, start, "second")
    booking, problem = fits("Booking", first), fits("Problem", second)
    assert (first.status_code, booking["status"]) == (201, "confirmed")
    assert (again.status_code, again.json()["id"]) == (201, booking["id"])
    assert again.headers["idempotent-replayed"] == "true"
    assert (second.status_code, problem["code"]) == (409, "slot_taken")
    assert start not in problem["nearest"]
    assert len(problem["nearest"]) > 0


async def test_every_answer_fits_the_published_contract(tmp_path: Path) -> None:
    async with an_installation(tmp_path) as client:
        await applied(client)
        start = await a_free_start(client)
        booking = fits("Booking", await book(client, start, "mine"))
        path, item = f"/v1/bookings/{booking['id']}", {"offering": "consulting.hello", "start": start}
        quoted = await client.post("/v1/quotes", json={"items": [{**item, "start": _week_later(start)}]})
        reads = {
            "/v1/businesses": "Businesses",
            "/v1/businesses/consulting": "Business",
            "/v1/businesses/consulting/offerings": "Offerings",
            "/v1/offerings/consulting.hello": "Offering",
            "/v1/availability?offering=consulting.hello&explain=true": "Availability",
            path: "Booking",
            f"{path}/timeline": "Timeline",
            "/v1/admin/bookings": "BookingPage",
            "/v1/admin/sagas": "Sagas",
            "/v1/admin/messages": "AllMessages",
            "/v1/admin/messages/booking": "ServiceMessages",
            "/v1/admin/journal": "Journal",
            "/v1/admin/resources": "Resources",
            "/v1/admin/payments/attention": "PaymentsToLookAt",
            f"/v1/admin/notifications?booking_id={booking['id']}": "Notifications",
        }
        for address, schema in reads.items():
            answer = await client.get(address, headers=OPERATOR)
            assert answer.status_code == 200, (address, answer.text)
            fits(schema, answer)
        saga = (await client.get("/v1/admin/sagas", headers=OPERATOR)).json()["sagas"][0]["id"]
        fits("SagaDetails", await client.get(f"/v1/admin/sagas/{saga}", headers=OPERATOR))
    fits("Quote", quoted)
    assert quoted.status_code == 201


async def test_the_calendar_file_of_a_confirmed_booking_can_be_fetched_by_anybody_with_the_id(
    tmp_path: Path,
) -> None:
    async with an_installation(tmp_path) as client:
        await applied(client)
        booking = (await book(client, await a_free_start(client), "mine")).json()
        file = await fetched(client, f"/v1/bookings/{booking['id']}.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    assert "ada@example.com" not in file.text
    assert booking["manage_url"].partition("#t=")[2] not in file.text


async def test_a_mistake_is_a_problem_whichever_service_finds_it(tmp_path: Path) -> None:
    async with an_installation(tmp_path) as client:
        unknown = [
            await client.get(address, headers=OPERATOR)
            for address in (
                "/v1/businesses/nobody",
                "/v1/offerings/nobody.nothing",
                "/v1/availability?offering=nobody.nothing",
                "/v1/bookings/bk_nothing",
                "/v1/bookings/bk_nothing.ics",
                "/v1/admin/sagas/saga_nothing",
                "/v1/admin/payments/bk_nothing",
            )
        ]
        broken = await client.post(
            "/v1/admin/catalog", content=b"business: [", headers={**OPERATOR, "Content-Type": "text/yaml"}
        )
    assert [answer.status_code for answer in unknown] == [404] * 7
    assert (broken.status_code, fits("Problem", broken)["code"]) == (422, "catalog_invalid")
    assert document()["paths"]


def _week_later(start: str) -> str:
    return (datetime.fromisoformat(start) + timedelta(days=7)).isoformat()
