"""Asking for a booking: once per key, refused in words, everything it starts in one commit."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.booking import START, Desk, booking_desk, item


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with booking_desk(database_url) as running:
        yield running


async def test_a_booking_starts_pending_and_its_slot_is_asked_for_in_the_same_commit(desk: Desk) -> None:
    answer = await desk.book()
    assert answer.status_code == 201
    made = answer.json()
    assert made["status"] == "pending"
    assert made["amount_due"] == {"amount": 4000, "currency": "EUR"}
    (hold,) = await desk.commands("calendar.hold")
    assert hold["item_id"] == made["items"][0]["id"]
    assert hold["offering"] == "studio.lesson"


async def test_the_same_key_makes_the_same_booking_however_often_and_at_once(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.book() for _ in range(5)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await desk.commands("calendar.hold")) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 4


async def test_the_same_key_with_another_body_is_refused(desk: Desk) -> None:
    await desk.book()
    other = await desk.book(customer={"name": "Grace"})
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_refused_booking_leaves_its_key_free_for_a_better_one(desk: Desk) -> None:
    refused = await desk.book(items=[item("studio.unknown")])
    assert refused.json()["code"] == "no_such_offering"
    assert (await desk.book()).status_code == 201


CASES: list[tuple[dict[str, Any], int, str]] = [
    ({"items": []}, 422, "invalid_request"),
    ({"items": [item(start="2026-03-05T10:00:00")]}, 422, "invalid_request"),
    ({"items": [item(start="2026-02-01T10:00:00Z")]}, 422, "start_in_the_past"),
    ({"items": [item(quantity=9)]}, 422, "quantity_too_large"),
    ({"items": [item(meeting_method="phone")]}, 422, "meeting_method_not_offered"),
    ({"items": [item("studio.hello")]}, 422, "phone_missing"),
    ({"payment": {"currency": "GBP"}}, 422, "currency_not_offered"),
    ({"payment": {"method": "none"}}, 422, "payment_method_not_offered"),
    ({"customer": {"name": "Ada", "email": "not-an-address"}}, 422, "invalid_request"),
    ({"customer": {"name": "Ada", "email": f"ada@{'x' * 64}.com"}}, 422, "bad_email"),
    ({"customer": {"name": "Ada", "email": "a..b@example.com"}}, 422, "bad_email"),
    ({"customer": {"name": "Ada", "timezone": "Mars/Base"}}, 422, "bad_timezone"),
    ({"consent": {"total": 1, "currency": "EUR"}}, 409, "price_changed"),
    ({"quote": "qt_unknown"}, 409, "quote_expired"),
    ({"price": 1}, 422, "invalid_request"),
]


@pytest.mark.parametrize(("changes", "status", "code"), CASES, ids=[code for _, _, code in CASES])
async def test_what_makes_no_sense_is_refused_with_a_stable_code(
    desk: Desk, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = await desk.book(**changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await desk.commands("calendar.hold") == []


async def test_the_price_is_the_offerings_and_never_the_callers(desk: Desk) -> None:
    made = await desk.book(payment={"method": "card", "currency": "USD"}, items=[item(quantity=2)])
    assert made.json()["amount_due"] == {"amount": 9000, "currency": "USD"}


async def test_several_items_are_one_booking_with_one_total(desk: Desk) -> None:
    made = (await desk.book(items=[item(), item(hours=2)])).json()
    assert made["amount_due"]["amount"] == 8000
    assert len(await desk.commands("calendar.hold")) == 2


async def test_a_time_beyond_every_calendar_is_refused(desk: Desk) -> None:
    last = [item(start="9999-12-31T23:59:59-23:59")]
    for path in ("/quotes", "/bookings"):
        wish = {"items": last, **({"customer": {"name": "Ada"}} if path == "/bookings" else {})}
        answer = await desk.http.post(path, json=wish, headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.json()["code"]) == (422, "start_too_far")


async def test_a_quote_is_kept_to_until_it_runs_out(desk: Desk) -> None:
    quote = (await desk.http.post("/quotes", json={"items": [item()]})).json()
    assert quote["total"] == {"amount": 4000, "currency": "EUR"}
    assert quote["policy_text"] == "Be on time."
    assert (await desk.book("k1", quote=quote["id"])).status_code == 201
    desk.clock.advance(31 * 60)
    assert (await desk.book("k2", quote=quote["id"])).json()["code"] == "quote_expired"


async def test_a_quote_of_something_else_is_refused(desk: Desk) -> None:
    quote = (await desk.http.post("/quotes", json={"items": [item(hours=1)]})).json()
    assert (await desk.book(quote=quote["id"])).json()["code"] == "price_changed"


async def test_who_has_no_manage_link_sees_nothing_of_the_person(desk: Desk) -> None:
    made = (await desk.book()).json()
    token = made["manage_url"].partition("#t=")[2]
    stranger = (await desk.http.get(f"/bookings/{made['id']}")).json()
    assert stranger["customer"] is None
    assert stranger["manage_url"] is None
    owner = await desk.http.get(f"/bookings/{made['id']}", headers={"X-Manage-Token": token})
    assert owner.json()["customer"]["email"] == "ada@example.com"


async def test_the_hold_ends_when_the_catalog_says(desk: Desk) -> None:
    made = (await desk.book()).json()
    assert made["hold_expires_at"].startswith("2026-03-02T09:15:00")
    assert made["items"][0]["start"] == START.astimezone().isoformat() or made["items"][0][
        "start"
    ].startswith("2026-03-05T11:00:00")
