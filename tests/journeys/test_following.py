"""Following a booking: how long to wait for it, its live status, its calendar file, its story."""

import asyncio
import json

from tests.support.customer import Customer, moment
from tests.support.installation import Json
from tests.support.letters import only_event


async def test_whoever_does_not_want_to_wait_is_answered_at_once(customer: Customer) -> None:
    shop = await customer.shop()
    wish = customer.wish((shop.visit, await customer.a_slot(shop.visit)))
    answer = await customer.ask_for(wish, prefer="respond-async")
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    assert answer.json()["status"] == "pending"
    await customer.until(answer.json(), "awaiting_payment")


async def test_whoever_waits_is_answered_with_the_next_step(customer: Customer) -> None:
    shop = await customer.shop()
    wish = customer.wish((shop.visit, await customer.a_slot(shop.visit)))
    answer = await customer.ask_for(wish, prefer="wait=20")
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (201, "wait=20")
    assert answer.json()["payment"]["next_action"]["kind"] == "redirect"
    assert answer.headers["Location"] == f"/v1/bookings/{answer.json()['id']}"


async def test_the_live_status_tells_every_step_and_ends_with_the_booking(customer: Customer) -> None:
    shop = await customer.shop()
    wish = customer.wish((shop.visit, await customer.a_slot(shop.visit)))
    booking = (await customer.ask_for(wish, prefer="respond-async")).json()
    watching = asyncio.create_task(watched(customer, booking))
    booking = await customer.until(booking, "awaiting_payment")
    await customer.pay(booking)
    told = await asyncio.wait_for(watching, 20)
    assert [one["version"] for one in told] == sorted({one["version"] for one in told})
    statuses = list(dict.fromkeys(one["status"] for one in told))
    assert statuses[-1] == "confirmed"
    assert "awaiting_payment" in statuses
    assert all(one["customer"] is None for one in told)


async def watched(customer: Customer, booking: Json) -> list[Json]:
    """What the stream of a booking tells until it ends."""
    told = []
    async with customer.http.stream("GET", f"/v1/bookings/{booking['id']}/stream", timeout=30) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("data: {"):
                told.append(json.loads(line.removeprefix("data: ")))
    return told


async def test_the_calendar_file_shows_the_confirmed_time(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.hello)
    await customer.mails_within(1)
    answer = await customer.http.get(f"/v1/bookings/{booking['id']}.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert only_event(answer.text)["start"] == moment(booking["items"][0]["start"])
    assert customer.email not in answer.text


async def test_there_is_no_calendar_file_before_the_booking_stands(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    answer = await customer.http.get(f"/v1/bookings/{booking['id']}.ics")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_confirmed_yet")
    assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_the_story_of_a_booking_is_told_in_order(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.pay(booking)
    booking = await customer.until_shown(await customer.until(booking, "confirmed"))
    done = [one["step"] for one in await customer.timeline(booking) if one["what"] == "ok"]
    assert done == [
        "hold every slot",
        "collect the payment",
        "confirm every slot",
        "capture the payment",
        "write the calendars",
    ]


async def test_strangers_see_how_a_booking_stands_and_not_whose_it_is(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    seen = (await customer.http.get(f"/v1/bookings/{booking['id']}")).json()
    assert (seen["status"], seen["customer"], seen["manage_url"]) == ("awaiting_payment", None, None)
