"""The outside calendar is away: the booking stands at once, and its event follows."""

import pytest

from tests.journeys.conftest import ALL_IN_ONE
from tests.support.customer import Customer
from tests.support.installation import Json
from tests.support.invariants import check_everything


async def told(customer: Customer, booking: Json) -> bool:
    """Whether the timeline says that the event is in the outside calendar."""
    entries = await customer.timeline(booking)
    return any(one["step"] == "write the calendars" and one["what"] == "ok" for one in entries)


@pytest.mark.parametrize("installation", [ALL_IN_ONE], indirect=True)
async def test_while_google_is_down_for_ten_minutes_bookings_stand_and_their_events_follow(
    customer: Customer,
) -> None:
    shop = await customer.shop()
    await customer.outside.break_it("google", "down", seconds=600)
    booking = await customer.book(shop.visit)
    await customer.pay(booking)
    booking = await customer.until(booking, "confirmed")
    assert booking["calendar"]["status"] in ("pending", "delayed")
    assert len(await customer.mails_within(1)) == 1
    assert await customer.events(booking) == []
    assert not await told(customer, booking)
    await customer.outside.advance(601)
    assert len(await customer.events_within(booking, 1)) == 1
    await customer.until_shown(booking)
    await check_everything(customer.installation)
    assert await told(customer, booking)


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("down", {"count": 3}),
        ("error_after", {"count": 2}),
        ("rate_limit", {"seconds": 1}),
        ("quota", {}),
    ],
)
async def test_google_stumbles_and_shows_the_visit_exactly_once(
    customer: Customer, fault: str, options: Json
) -> None:
    shop = await customer.shop()
    await customer.outside.break_it("google", fault, **options)
    booking = await customer.book(shop.hello)
    assert booking["status"] == "confirmed"
    assert len(await customer.events_within(booking, 1)) == 1
    booking = await customer.until_shown(booking)
    assert booking["calendar"]["status"] == "written"
