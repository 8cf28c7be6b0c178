"""3-D Secure: the bank asks the customer, who says yes or no."""

import pytest

from tests.support.customer import Customer, pay_address
from tests.support.outside import ASKS_THE_BANK


@pytest.mark.parametrize("method", ["checkout", "card"])
async def test_a_payment_that_the_customer_approves_at_the_bank_is_taken_once(
    customer: Customer, method: str
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit, method=method)
    assert (await customer.pay(booking, ASKS_THE_BANK))["outcome"] == "requires_action"
    assert (await customer.look(booking))["status"] == "awaiting_payment"
    await customer.outside.answer_bank(pay_address(booking), approve=True)
    await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]


@pytest.mark.parametrize("method", ["checkout", "card"])
async def test_a_payment_that_the_customer_refuses_at_the_bank_frees_the_slot(
    customer: Customer, method: str
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit, method=method)
    await customer.pay(booking, ASKS_THE_BANK, action="cancel")
    booking = await customer.until(booking, "failed")
    assert booking["reason"] == "payment_declined"
    assert await customer.offered(shop.visit, booking["items"][0]["start"])
    assert await customer.taken(booking) == []
