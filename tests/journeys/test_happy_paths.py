"""A booking that goes well: charged once, in the calendar once, said once."""

from tests.support.customer import Customer


async def test_a_visit_paid_by_checkout_is_confirmed_charged_once_in_the_calendar_and_mailed(
    customer: Customer,
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    assert booking["status"] == "awaiting_payment"
    assert (await customer.pay(booking))["outcome"] == "authorized"
    booking = await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]
    [event] = await customer.events_within(booking, 1)
    assert event["calendar"] == shop.calendar
    [mail] = await customer.mails_within(1)
    assert "Visit" in mail["subject"]
