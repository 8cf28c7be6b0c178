"""Reading and changing a booking: who sees what, and what passes through."""

import asyncio
from datetime import UTC, datetime

import pytest
from fastapi import Response

from tests.support.gateway import OPERATOR, TOKEN, BookingPeer, a_town

BOOKING = "bk_06h3q8m2d4vxw0y1z5s7t9ab2c"


async def test_anybody_with_the_id_sees_the_status_but_not_the_customer() -> None:
    async with a_town() as town:
        town.booking.add()
        seen = (await town.client.get(f"/v1/bookings/{BOOKING}")).json()
    assert (seen["status"], seen["customer"], seen["manage_url"]) == ("pending", None, None)


@pytest.mark.parametrize(
    "shown", [{"Authorization": f"Bearer {TOKEN}"}, {"X-Manage-Token": TOKEN}, OPERATOR], ids=str
)
async def test_the_customer_and_the_operator_see_all_of_it(shown: dict[str, str]) -> None:
    async with a_town() as town:
        town.booking.add()
        seen = (await town.client.get(f"/v1/bookings/{BOOKING}", headers=shown)).json()
    assert seen["customer"]["name"] == "Ada Lovelace"


async def test_nobody_becomes_an_operator_by_sending_internal_headers() -> None:
    claims = {"X-Operator": "yes", "X-Internal-Key": "guess", "Authorization": "Bearer hk_op_guess"}
    async with a_town() as town:
        town.booking.add()
        seen = (await town.client.get(f"/v1/bookings/{BOOKING}", headers=claims)).json()
        sent = town.booking.last("GET", f"/bookings/{BOOKING}").headers
    assert seen["customer"] is None
    assert "x-operator" not in sent
    assert "x-manage-token" not in sent


async def test_a_booking_can_be_read_while_payment_is_slow_or_down() -> None:
    async with a_town() as town:
        town.booking.add()
        town.payment.takes = 30
        town.payment.line.cut_for = {"GET", "POST"}
        async with asyncio.timeout(1):
            answer = await town.client.get(f"/v1/bookings/{BOOKING}")
    assert answer.status_code == 200


@pytest.mark.parametrize("wrong", ["bk_unknown", "..", "a" * 300, "bk_%00", "bk%2F..%2Fadmin", "bk_é"])
async def test_an_id_that_is_none_is_not_found(wrong: str) -> None:
    async with a_town() as town:
        answer = await town.client.get(f"/v1/bookings/{wrong}")
        paths = {one.path for one in town.booking.asked}
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert paths <= {"/bookings/bk_unknown"}


async def test_the_timeline_is_for_those_who_may_manage_the_booking() -> None:
    async with a_town() as town:
        town.booking.add()
        refused = await town.client.get(f"/v1/bookings/{BOOKING}/timeline")
        shown = await town.client.get(f"/v1/bookings/{BOOKING}/timeline", headers={"X-Manage-Token": TOKEN})
    assert (refused.status_code, refused.json()["code"]) == (401, "manage_token_needed")
    assert shown.json()["entries"][0]["what"] == "asked for"


async def test_the_calendar_file_passes_through_as_it_is() -> None:
    async def file() -> Response:
        headers = {"Content-Disposition": 'attachment; filename="BK-7F3K-92QD.ics"'}
        return Response("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", media_type="text/calendar", headers=headers)

    async with a_town() as town:
        town.notify.app.add_api_route(f"/bookings/{BOOKING}.ics", file)
        answer = await town.client.get(f"/v1/bookings/{BOOKING}.ics")
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="BK-7F3K-92QD.ics"'


@pytest.mark.parametrize(("status", "answered"), [("pending", 409), ("confirmed", 409), ("failed", 404)])
async def test_a_calendar_file_that_is_still_to_come_is_told_from_one_that_never_comes(
    status: str, answered: int
) -> None:
    async with a_town() as town:
        town.booking.add(status=status)
        answer = await town.client.get(f"/v1/bookings/{BOOKING}.ics")
    assert answer.status_code == answered


async def test_confirming_asks_the_provider_and_waits_for_the_booking_when_the_money_is_in() -> None:
    async with a_town() as town:
        town.booking.add(status="awaiting_payment")
        town.payment.tells(
            "POST",
            f"/payments/{BOOKING}/refresh",
            {"status": "authorized", "authorized": 1000, "captured": 0},
        )
        moving = asyncio.create_task(_move_soon(town.booking, {"status": "confirmed"}))
        answer = await town.client.post(f"/v1/bookings/{BOOKING}/confirm")
        await moving
    assert answer.json()["status"] == "confirmed"


async def test_confirming_an_unpaid_booking_answers_at_once_and_believes_nobody() -> None:
    async with a_town() as town:
        town.booking.add(status="awaiting_payment")
        town.payment.tells(
            "POST", f"/payments/{BOOKING}/refresh", {"status": "open", "authorized": 0, "captured": 0}
        )
        async with asyncio.timeout(1):
            answer = await town.client.post(f"/v1/bookings/{BOOKING}/confirm", json={"paid": True})
    assert (answer.status_code, answer.json()["status"]) == (200, "awaiting_payment")


async def test_confirming_a_booking_that_costs_nothing_just_tells_how_it_stands() -> None:
    async with a_town() as town:
        town.booking.add(status="confirmed")
        answer = await town.client.post(f"/v1/bookings/{BOOKING}/confirm")
    assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")


async def test_confirming_while_payment_is_down_says_so_instead_of_guessing() -> None:
    async with a_town() as town:
        town.booking.add()
        town.payment.line.cut_for = {"POST"}
        answer = await town.client.post(f"/v1/bookings/{BOOKING}/confirm")
    assert (answer.status_code, answer.json()["service"]) == (503, "payment")


async def test_cancelling_waits_until_everything_is_given_back() -> None:
    async with a_town() as town:
        town.booking.add(status="awaiting_payment")
        answer = await town.client.post(
            f"/v1/bookings/{BOOKING}/cancel", headers={"X-Manage-Token": TOKEN}, json={"reason": "rain"}
        )
        sent = town.booking.last("POST", f"/bookings/{BOOKING}/cancel")
    assert (answer.json()["status"], answer.json()["reason"]) == ("failed", "cancelled_by_customer")
    assert sent.json == {"reason": "rain"}


async def test_cancelling_a_confirmed_booking_is_refused_in_the_services_words() -> None:
    async with a_town() as town:
        town.booking.add(status="confirmed")
        answer = await town.client.post(f"/v1/bookings/{BOOKING}/cancel", headers={"X-Manage-Token": TOKEN})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_confirmed")


async def test_free_times_are_asked_of_the_calendar_with_the_visitors_dates() -> None:
    told: dict[str, object] = {
        "timezone": "Europe/London",
        "slots": [],
        "days": [],
        "next_available": None,
        "as_of": _now(),
    }
    async with a_town() as town:
        town.calendar.tells("GET", "/availability", told)
        query = {"offering": "consulting.advice", "from": "2026-03-02", "to": "2026-03-09", "explain": "true"}
        answer = await town.client.get("/v1/availability", params={**query, "timezone": "Europe/London"})
        sent = town.calendar.last("GET", "/availability")
    assert answer.json() == told
    assert sent.query == {**query, "timezone": "Europe/London"}


async def test_the_catalog_and_quotes_come_from_booking() -> None:
    async with a_town() as town:
        for path in ("/businesses", "/businesses/consulting", "/businesses/consulting/offerings"):
            town.booking.tells("GET", path, {"from": path})
        town.booking.tells("GET", "/offerings/consulting.advice", {"id": "consulting.advice"})
        town.booking.tells("POST", "/quotes", {"id": "qt_1"})
        shop = await town.client.get("/v1/businesses/consulting/offerings")
        offering = await town.client.get("/v1/offerings/consulting.advice")
        wanted = {"items": [{"offering": "consulting.advice", "start": "2026-03-09T10:00:00-04:00"}]}
        quote = await town.client.post("/v1/quotes", json=wanted)
    assert shop.json() == {"from": "/businesses/consulting/offerings"}
    assert offering.json() == {"id": "consulting.advice"}
    assert quote.json() == {"id": "qt_1"}


async def _move_soon(booking: BookingPeer, changes: dict[str, str]) -> None:
    await asyncio.sleep(0.05)
    await booking.move(BOOKING, changes)


def _now() -> str:
    return datetime.now(UTC).isoformat()
