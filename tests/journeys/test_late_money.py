"""Money that comes after the hold ran out: the booking is taken up again, or the money goes back."""

from tests.support.customer import Customer
from tests.support.installation import Json
from tests.support.shop import Shop


async def ran_out(customer: Customer, shop: Shop) -> Json:
    """A booking whose time to pay is over, while the provider's page still takes a payment."""
    booking = await customer.book(shop.hurry)
    await customer.until(booking, "failed")
    await customer.outside.break_it("stripe", "late_payment")
    return booking


async def test_late_money_takes_the_booking_up_again_while_the_slot_is_free(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await ran_out(customer, shop)
    assert (await customer.pay(booking))["outcome"] == "authorized"
    booking = await customer.until_at_last(booking, "confirmed")
    assert booking["reason"] is None
    assert await customer.taken(booking) == [2500]
    assert not await customer.offered(shop.hurry, booking["items"][0]["start"])
    assert len(await customer.events_within(booking, 1)) == 1
    subjects = [mail["subject"] for mail in await customer.mails_within(2)]
    assert len(subjects) == 2


async def test_late_money_for_a_slot_that_is_gone_goes_back_once_and_is_told_once(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await ran_out(customer, shop)
    other = await customer.book(shop.hello, booking["items"][0]["start"])
    assert other["status"] == "confirmed"
    assert (await customer.pay(booking))["outcome"] == "authorized"
    mails = await customer.mails_about(booking, 2)
    assert (await customer.look(booking))["reason"] == "paid_too_late"
    assert await customer.taken(booking) == await customer.reserved(booking) == []
    assert [mail["subject"] for mail in mails if "25.00" in mail["subject"]] == [mails[1]["subject"]]
    assert len(await customer.events(booking)) == 0


async def test_late_money_for_a_booking_that_was_given_up_goes_back(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    assert (await customer.cancel(booking)).json()["status"] == "failed"
    await customer.outside.break_it("stripe", "late_payment")
    assert (await customer.pay(booking))["outcome"] == "authorized"
    await customer.mails_about(booking, 2)
    assert await customer.taken(booking) == await customer.reserved(booking) == []
    assert (await customer.look(booking))["reason"] == "cancelled_by_customer"
    assert await customer.offered(shop.visit, booking["items"][0]["start"])
