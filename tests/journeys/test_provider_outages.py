"""The payment provider fails before it did anything, after it did, or never answers."""

import pytest

from tests.journeys.conftest import ALL_IN_ONE
from tests.support.customer import Customer

# What the provider does to us is the same however many processes we are: most of it is tried in one.
# Three in a row are more than the provider's own library tries by itself.
FAULTS = [("error_before", 3), ("error_after", 3), ("timeout_after", 1)]


@pytest.mark.parametrize("installation", [ALL_IN_ONE], indirect=True)
@pytest.mark.parametrize(("fault", "count"), FAULTS)
@pytest.mark.parametrize(
    ("method", "path"), [("checkout", "/checkout/sessions"), ("card", "/payment_intents")]
)
async def test_opening_the_payment_is_tried_again_until_there_is_one_page(
    customer: Customer, fault: str, count: int, method: str, path: str
) -> None:
    shop = await customer.shop()
    start = await customer.a_slot(shop.visit)
    await customer.outside.break_it("stripe", fault, count=count, path=path, method="POST")
    answer = await customer.ask_for(customer.wish((shop.visit, start), method=method), prefer="wait=25")
    booking = answer.json()
    assert (answer.status_code, booking["status"]) == (201, "awaiting_payment")
    await customer.pay(booking)
    await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]


@pytest.mark.parametrize(("fault", "count"), FAULTS)
async def test_taking_the_money_is_tried_again_and_takes_it_once(
    customer: Customer, fault: str, count: int
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.outside.break_it("stripe", fault, count=count, path="/capture")
    await customer.pay(booking)
    await customer.until(booking, "confirmed", seconds=40)
    assert await customer.taken(booking) == [2500]


@pytest.mark.parametrize("installation", [ALL_IN_ONE], indirect=True)
@pytest.mark.parametrize(("fault", "count"), FAULTS)
async def test_closing_the_page_is_tried_again_before_the_slot_is_free(
    customer: Customer, fault: str, count: int
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.hurry)
    await customer.outside.break_it("stripe", fault, count=count, path="/expire")
    await customer.until(booking, "failed", seconds=40)
    assert (await customer.pay(booking))["outcome"] == "expired"
    assert await customer.offered(shop.hurry, booking["items"][0]["start"])


@pytest.mark.parametrize("installation", [ALL_IN_ONE], indirect=True)
@pytest.mark.parametrize(("fault", "count"), FAULTS)
async def test_cancelling_the_card_form_is_tried_again_before_the_slot_is_free(
    customer: Customer, fault: str, count: int
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit, method="card")
    await customer.outside.break_it("stripe", fault, count=count, path="/cancel")
    await customer.cancel(booking)
    await customer.until(booking, "failed", seconds=40)
    assert (await customer.pay(booking))["outcome"] == "cancelled"
    assert await customer.offered(shop.visit, booking["items"][0]["start"])


async def test_a_payment_made_while_the_provider_is_down_for_us_is_found_when_it_is_back(
    customer: Customer,
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.outside.break_it("stripe", "down", count=6)
    await customer.pay(booking)
    await customer.until(booking, "confirmed", seconds=40)
    assert await customer.taken(booking) == [2500]
