"""The provider's hints: many, late, lost, in disorder, forged."""

import hashlib
import hmac
import json

import httpx
import pytest

from tests.journeys.conftest import ALL_IN_ONE
from tests.support.customer import Customer, moment
from tests.support.installation import Json


async def test_webhooks_that_come_five_times_each_take_the_money_once(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.outside.break_it("stripe", "duplicate_webhooks", count=30)
    await customer.pay(booking, comes_back=False)
    await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]


async def test_an_event_told_five_times_more_the_next_day_changes_nothing(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.pay(booking)
    confirmed = await customer.until(booking, "confirmed")
    await customer.events_within(booking, 1)
    for event in await told_about(customer, booking):
        await customer.outside.redeliver(event, 5)
    assert (await customer.look(booking))["confirmed_at"] == confirmed["confirmed_at"]


async def test_webhooks_in_the_wrong_order_confirm_the_booking(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.outside.break_it("stripe", "reorder_webhooks", count=30, seconds=1)
    await customer.pay(booking, comes_back=False)
    await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]


@pytest.mark.parametrize("method", ["checkout", "card"])
async def test_a_customer_who_closes_the_browser_after_paying_is_booked_by_the_webhook(
    customer: Customer, method: str
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit, method=method)
    await customer.pay(booking, comes_back=False)
    await customer.until(booking, "confirmed")


async def test_a_customer_who_comes_back_is_booked_when_all_webhooks_are_lost(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.outside.break_it("stripe", "drop_webhooks", count=30)
    await customer.pay(booking)
    assert (await customer.confirm(booking))["status"] == "confirmed"
    assert await customer.taken(booking) == [2500]


@pytest.mark.parametrize("installation", [ALL_IN_ONE], indirect=True)
async def test_a_payment_nobody_tells_of_is_found_by_itself(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.outside.break_it("stripe", "drop_webhooks", count=30)
    await customer.pay(booking, comes_back=False)
    await customer.outside.advance(120)
    await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]


async def test_a_forged_webhook_is_turned_away(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    answer = await tell(customer, paid_event(booking), secret="whsec_of_somebody_else")
    assert (answer.status_code, answer.json()["code"]) == (400, "signature_invalid")
    assert (await customer.look(booking))["status"] == "awaiting_payment"


async def test_a_genuine_webhook_of_yesterday_is_turned_away(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    answer = await tell(customer, paid_event(booking), age=86_400)
    assert (answer.status_code, answer.json()["code"]) == (400, "signature_old")
    assert (await customer.look(booking))["status"] == "awaiting_payment"


async def test_a_webhook_that_says_paid_is_not_believed_while_the_provider_says_otherwise(
    customer: Customer,
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    answer = await tell(customer, paid_event(booking))
    assert answer.status_code == 200
    assert (await customer.confirm(booking))["status"] == "awaiting_payment"
    assert await customer.taken(booking) == []


def paid_event(booking: Json) -> Json:
    """An event that claims that the booking's page was paid."""
    session = str(booking["payment"]["next_action"]["url"]).rpartition("/")[2]
    about = {"id": session, "object": "checkout.session", "payment_status": "paid", "status": "complete"}
    return {
        "id": f"evt_{booking['id']}",
        "object": "event",
        "type": "checkout.session.completed",
        "livemode": False,
        "created": 0,
        "data": {"object": about},
    }


async def tell(customer: Customer, event: Json, secret: str = "", age: float = 0) -> httpx.Response:
    """Send a webhook, signed now or some time ago, with the provider's secret or another."""
    body = json.dumps(event)
    now = moment(await customer.outside.now()).timestamp()
    signed_at = int(now - age)
    key = secret or customer.installation.environment["HOLDFAST_STRIPE_WEBHOOK_SECRET"]
    mac = hmac.new(key.encode(), f"{signed_at}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={signed_at},v1={mac}", "Content-Type": "application/json"}
    return await customer.http.post(customer.installation.webhooks, content=body, headers=headers)


async def told_about(customer: Customer, booking: Json) -> set[str]:
    """The events the provider told about a booking's payment."""
    [charge] = [one for one in await customer.charges(booking) if one["captured"]]
    events = await customer.outside.provider("events")
    return {one["id"] for one in events if charge["payment_intent"] in json.dumps(one["data"])}
