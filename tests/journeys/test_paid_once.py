"""Impatient customers: whatever they press twice counts once."""

import asyncio

import pytest

from tests.support.customer import Customer


@pytest.mark.parametrize("method", ["checkout", "card"])
async def test_paying_in_three_tabs_at_once_is_paying_once(customer: Customer, method: str) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit, method=method)
    outcomes = await asyncio.gather(*(customer.pay(booking) for _ in range(3)))
    assert sorted(one["outcome"] for one in outcomes).count("authorized") == 1
    await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]


async def test_asking_for_the_truth_many_times_at_once_takes_the_money_once(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    await customer.pay(booking, comes_back=False)
    answers = await asyncio.gather(*(customer.confirm(booking) for _ in range(5)))
    assert {one["status"] for one in answers} == {"confirmed"}
    assert await customer.taken(booking) == [2500]


async def test_the_same_request_twice_is_one_booking(customer: Customer) -> None:
    shop = await customer.shop()
    wish = customer.wish((shop.visit, await customer.a_slot(shop.visit)))
    key = customer.installation.new_name("key")
    first, second = await customer.ask_for(wish, key), await customer.ask_for(wish, key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["Idempotent-Replayed"] == "true"


async def test_the_same_request_ten_times_at_once_is_one_booking(customer: Customer) -> None:
    shop = await customer.shop()
    wish = customer.wish((shop.visit, await customer.a_slot(shop.visit)))
    key = customer.installation.new_name("key")
    answers = await asyncio.gather(*(customer.ask_for(wish, key) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_key_that_comes_again_with_another_wish_is_refused(customer: Customer) -> None:
    shop = await customer.shop()
    key = customer.installation.new_name("key")
    starts = (await customer.free_slots(shop.visit))[24:26]
    await customer.ask_for(customer.wish((shop.visit, starts[0])), key)
    other = await customer.ask_for(customer.wish((shop.visit, starts[1])), key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await customer.offered(shop.visit, starts[1])
