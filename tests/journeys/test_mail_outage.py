"""The mail server is away: bookings stand, and the mail comes once when it is back."""

import pytest

from tests.support.customer import Customer


async def test_a_mail_server_that_is_down_delays_the_confirmation_and_nothing_else(
    customer: Customer,
) -> None:
    shop = await customer.shop()
    await customer.outside.break_it("smtp", "down", seconds=600)
    booking = await customer.book(shop.hello)
    assert booking["status"] == "confirmed"
    assert len(await customer.events_within(booking, 1)) == 1
    assert await customer.mails() == []
    await customer.outside.mend()
    assert len(await customer.mails_within(1)) == 1


@pytest.mark.parametrize("fault", ["down", "later"])
async def test_a_mail_that_is_put_off_comes_once(customer: Customer, fault: str) -> None:
    shop = await customer.shop()
    await customer.outside.break_it("smtp", fault, count=2)
    await customer.book(shop.hello)
    assert len(await customer.mails_within(1)) == 1
