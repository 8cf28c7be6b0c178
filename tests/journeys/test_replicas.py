"""Services in two processes each: they share the work, and never do it twice or in the wrong order."""

import asyncio

import httpx
import pytest

from tests.support.customer import LATER_TODAY, Customer
from tests.support.distributed import Distributed
from tests.support.installation import SERVICES, Json
from tests.support.invariants import check_everything
from tests.support.outside import GOOD, NO_FUNDS
from tests.support.shop import Shop

pytestmark = [
    pytest.mark.distributed,
    pytest.mark.postgres,
    pytest.mark.rabbitmq,
    pytest.mark.xdist_group("distributed"),
    pytest.mark.timeout(300),
]
PEOPLE = 30


async def visit(customer: Customer, shop: Shop, start: str, card: str) -> str:
    """One customer's visit, however it ends."""
    answer = await customer.insist(customer.wish((shop.visit, start)))
    if answer.status_code == 409:
        return str(answer.json()["code"])
    booking: Json = answer.json()
    await customer.pay(booking, card)
    wanted = "confirmed" if card == GOOD else "failed"
    return str((await customer.until(booking, wanted, seconds=60))["status"])


@pytest.mark.parametrize("pair", [SERVICES[:2], SERVICES[2:]], ids=" and ".join)
async def test_two_of_each_share_a_crowd_and_every_promise_is_kept_once(
    services: Distributed, pair: tuple[str, ...]
) -> None:
    with services.replicas(*pair):
        async with httpx.AsyncClient(base_url=services.installation.url, timeout=40, trust_env=False) as http:
            customer = Customer(services.installation, http)
            shop = await customer.shop()
            starts = (await customer.free_slots(shop.visit))[LATER_TODAY:][:PEOPLE]
            cards = [NO_FUNDS if number % 5 == 0 else GOOD for number in range(PEOPLE)]
            ends = await asyncio.gather(
                *(visit(customer, shop, start, card) for start, card in zip(starts, cards, strict=True)),
                *(visit(customer, shop, starts[1], GOOD) for _ in range(5)),
            )
        assert ends.count("confirmed") == 24
        assert ends.count("failed") == 6
        assert ends.count("slot_taken") == 5
        await check_everything(services.installation)
