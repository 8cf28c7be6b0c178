"""A hundred people want the same time: one gets it, and the others are told what is free close by."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import httpx
import pytest

from tests.support.customer import Customer, moment


def tally(answers: Sequence[httpx.Response]) -> Counter[tuple[int, str]]:
    """How many were answered how."""
    return Counter((answer.status_code, answer.json().get("code", "")) for answer in answers)


@pytest.mark.timeout(180)
async def test_of_a_hundred_who_book_one_time_at_once_exactly_one_gets_it(customer: Customer) -> None:
    shop = await customer.shop()
    start = await customer.a_slot(shop.visit)
    wishes = [customer.wish((shop.visit, start)) for _ in range(100)]
    answers = await asyncio.gather(*(customer.insist(wish) for wish in wishes))
    assert tally(answers) == {(201, ""): 1, (409, "slot_taken"): 99}
    for answer in answers:
        if answer.status_code == 409:
            nearest = answer.json()["nearest"]
            assert nearest
            assert moment(start) not in map(moment, nearest)


@pytest.mark.timeout(180)
async def test_of_a_hundred_who_book_overlapping_times_at_once_exactly_one_gets_in(
    customer: Customer,
) -> None:
    shop = await customer.shop()
    first = moment(await customer.a_slot(shop.long))
    starts = [(first + timedelta(minutes=30 * (number % 2))).isoformat() for number in range(100)]
    wishes = [customer.wish((shop.long, start)) for start in starts]
    answers = await asyncio.gather(*(customer.insist(wish) for wish in wishes))
    assert tally(answers) == {(201, ""): 1, (409, "slot_taken"): 99}


async def test_a_free_and_a_paid_visit_of_one_desk_exclude_each_other(customer: Customer) -> None:
    shop = await customer.shop()
    start = await customer.a_slot(shop.visit)
    answers = await asyncio.gather(
        customer.ask_for(customer.wish((shop.visit, start))),
        customer.ask_for(customer.wish((shop.hello, start))),
    )
    assert tally(answers) == {(201, ""): 1, (409, "slot_taken"): 1}
