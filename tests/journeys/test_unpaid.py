"""Bookings that nobody paid for: everything goes back, and the customer is told once."""

from tests.support.customer import Customer
from tests.support.outside import NO_FUNDS


async def test_a_declined_card_frees_the_slot_charges_nothing_and_is_told_once(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    start = booking["items"][0]["start"]
    assert not await customer.offered(shop.visit, start)
    outcome = await customer.pay(booking, NO_FUNDS)
    assert outcome["decline_code"] == "insufficient_funds"
    booking = await customer.until(booking, "failed")
    assert (booking["reason"], booking["detail"]) == ("payment_declined", "insufficient_funds")
    assert await customer.offered(shop.visit, start)
    assert await customer.taken(booking) == await customer.reserved(booking) == []
    assert await customer.events(booking) == []
    assert len(await customer.mails_within(1)) == 1


async def test_after_a_declined_card_another_card_is_taken_on_the_same_page(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.pay(booking, NO_FUNDS)
    assert (await customer.pay(booking))["outcome"] == "authorized"
    await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]


async def test_a_declined_card_form_frees_the_slot(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit, method="card")
    await customer.pay(booking, NO_FUNDS)
    booking = await customer.until(booking, "failed")
    assert (booking["reason"], booking["detail"]) == ("payment_declined", "insufficient_funds")
    assert await customer.offered(shop.visit, booking["items"][0]["start"])


async def test_leaving_the_payment_page_gives_the_slot_back(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    left = await customer.leave(booking)
    assert left["visited"]["status"] == 200
    booking = await customer.until(booking, "failed")
    assert booking["reason"] == "payment_cancelled"
    assert await customer.offered(shop.visit, booking["items"][0]["start"])
    assert await customer.charges(booking) == []
    assert len(await customer.mails_within(1)) == 1


async def test_a_hold_that_runs_out_frees_the_slot_and_closes_the_page(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.hurry)
    ended = await customer.until(booking, "failed")
    assert ended["reason"] == "payment_expired"
    assert await customer.offered(shop.hurry, booking["items"][0]["start"])
    assert (await customer.pay(booking))["outcome"] == "expired"
    assert await customer.taken(booking) == []
    assert len(await customer.mails_within(1)) == 1


async def test_cancelling_while_payment_is_awaited_frees_the_slot_and_closes_the_page(
    customer: Customer,
) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    answer = await customer.cancel(booking)
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    assert answer.json()["reason"] == "cancelled_by_customer"
    assert await customer.offered(shop.visit, booking["items"][0]["start"])
    assert (await customer.pay(booking))["outcome"] == "expired"


async def test_nobody_else_can_cancel_a_booking(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    answer = await customer.http.post(f"/v1/bookings/{booking['id']}/cancel", json={})
    assert answer.status_code == 403
    assert (await customer.look(booking))["status"] == "awaiting_payment"


async def test_a_confirmed_booking_is_not_cancelled_by_the_way(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.hello)
    answer = await customer.cancel(booking)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_confirmed")
