"""Booking through the public door: waiting for the next step, and being told the truth."""

import asyncio

import pytest

from tests.support.gateway import PAY_URL, SLOT_TAKEN, WAITING_FOR_PAYMENT, WANTED, a_town


async def test_the_customer_gets_the_payment_page_with_the_answer() -> None:
    async with a_town() as town:
        town.booking.becomes = [{"status": "held"}, WAITING_FOR_PAYMENT]
        answer = await town.book()
    booking = answer.json()
    assert answer.status_code == 201
    assert booking["payment"]["next_action"]["url"] == PAY_URL
    assert booking["manage_url"].endswith("#t=signed-manage-token")
    assert answer.headers["location"] == f"/v1/bookings/{booking['id']}"


async def test_a_silent_bus_delays_the_next_step_only_until_the_next_look() -> None:
    async with a_town(look_again_seconds=0.05) as town:
        town.booking.heard_of = False
        town.booking.becomes = [WAITING_FOR_PAYMENT]
        async with asyncio.timeout(2):
            answer = await town.book()
    assert (answer.status_code, answer.json()["status"]) == (201, "awaiting_payment")


async def test_while_the_feed_speaks_nobody_polls() -> None:
    async with a_town(look_again_seconds=60) as town:
        town.booking.becomes = [{"status": "held"}, WAITING_FOR_PAYMENT]
        async with asyncio.timeout(2):
            answer = await town.book()
        looks = sum(one.method == "GET" for one in town.booking.asked)
    assert answer.status_code == 201
    assert looks <= 3


async def test_a_next_step_that_is_not_known_in_time_is_accepted_with_202() -> None:
    async with a_town(usual_wait=0.1) as town:
        answer = await town.book()
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert "preference-applied" not in answer.headers


async def test_who_prefers_not_to_wait_is_answered_at_once() -> None:
    async with a_town() as town:
        town.booking.becomes = [WAITING_FOR_PAYMENT]
        answer = await town.book(prefer="respond-async")
        looks = sum(one.method == "GET" for one in town.booking.asked)
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    assert looks == 0


async def test_who_prefers_to_wait_is_told_how_long_the_wait_may_be() -> None:
    async with a_town(longest_wait=0.05) as town:
        answer = await town.book(prefer="wait=900")
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=0.05"


async def test_a_free_booking_is_confirmed_in_the_answer() -> None:
    async with a_town() as town:
        town.booking.becomes = [{"status": "confirmed", "amount_due": None}]
        answer = await town.book(payment={"method": "none"})
    assert (answer.status_code, answer.json()["status"]) == (201, "confirmed")


async def test_a_time_just_taken_is_refused_with_the_nearest_free_times() -> None:
    async with a_town() as town:
        town.booking.becomes = [SLOT_TAKEN]
        answer = await town.book()
    problem = answer.json()
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == "slot_taken"
    assert problem["detail"] == "That time has just been taken."
    assert problem["nearest"] == SLOT_TAKEN["nearest"]
    assert problem["booking"] == "bk_06h3q8m2d4vxw0y1z5s7t9ab2c"
    assert problem["next"] == [
        {
            "action": "choose another time",
            "href": "/v1/availability?offering=consulting.advice&from=2026-03-09&timezone=America%2FNew_York",
        }
    ]


async def test_a_payment_that_cannot_start_is_an_answer_and_no_lost_time() -> None:
    async with a_town() as town:
        town.booking.becomes = [{"status": "failed", "reason": "payment_unavailable"}]
        answer = await town.book()
    assert (answer.status_code, answer.json()["reason"]) == (201, "payment_unavailable")


async def test_asking_again_with_the_same_key_gives_the_same_booking() -> None:
    async with a_town() as town:
        town.booking.becomes = [WAITING_FOR_PAYMENT]
        first = await town.book(key="same")
        again = await town.book(key="same")
    assert again.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


async def test_asking_again_for_a_time_that_was_taken_is_refused_again() -> None:
    async with a_town() as town:
        town.booking.becomes = [SLOT_TAKEN]
        await town.book(key="same")
        again = await town.book(key="same")
    assert (again.status_code, again.json()["code"]) == (409, "slot_taken")
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_key_in_quotes_is_the_same_key() -> None:
    async with a_town(usual_wait=0) as town:
        await town.book(key='"4f0c8a5e"')
        await town.book(key="4f0c8a5e")
    assert list(town.booking.keys) == ["4f0c8a5e"]


async def test_without_a_key_nothing_is_booked_and_the_caller_learns_what_to_send() -> None:
    async with a_town() as town:
        answer = await town.client.post("/v1/bookings", json=WANTED)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert "Idempotency-Key" in answer.json()["next"][0]["action"]
    assert town.booking.asked == []


@pytest.mark.parametrize("key", ["two words", "x" * 201, "ümlaut".encode("latin-1").decode("latin-1")])
async def test_a_key_that_cannot_be_kept_is_refused(key: str) -> None:
    async with a_town() as town:
        answer = await town.client.post(
            "/v1/bookings", json=WANTED, headers=[(b"Idempotency-Key", key.encode("latin-1"))]
        )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


async def test_the_booking_service_gets_what_the_caller_sent_and_no_amount() -> None:
    async with a_town(usual_wait=0) as town:
        await town.book()
        sent = town.booking.last("POST", "/bookings")
        priced = await town.book(key="priced", amount={"amount": 1, "currency": "USD"})
    assert sent.json["customer"] == WANTED["customer"]
    assert sent.json["items"] == [
        {"offering": "consulting.advice", "start": "2026-03-09T10:00:00-04:00", "quantity": 1}
    ]
    assert sent.headers["idempotency-key"] == "key-1"
    assert (priced.status_code, priced.json()["code"]) == (422, "invalid_request")


async def test_a_start_without_a_time_zone_is_refused() -> None:
    items = [{"offering": "consulting.advice", "start": "2026-03-09T10:00:00"}]
    async with a_town() as town:
        answer = await town.book(items=items)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "body.items.0.start"


async def test_a_service_that_stumbles_while_we_wait_does_not_lose_the_booking() -> None:
    async with a_town(usual_wait=0.2, look_again_seconds=0.02) as town:
        town.booking.line.cut_for = {"GET"}
        answer = await town.book()
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
