"""The disk is full: nothing is promised that cannot be kept, and what was promised is kept."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.support.customer import Customer
from tests.support.embedded import Embedded
from tests.support.invariants import check_everything, mailed_once
from tests.support.launcher import Forked, Launcher


@pytest.fixture
def product(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[Embedded]:
    """The product in one process, with a disk of its own."""
    alone = Embedded(tmp_path_factory.mktemp("disk"), launcher.embedded, HOLDFAST_LOG_LEVEL="ERROR")
    alone.start()
    try:
        yield alone
    finally:
        alone.stop()


@pytest.fixture
async def visitor(product: Embedded) -> AsyncIterator[Customer]:
    """A customer of that product."""
    async with httpx.AsyncClient(base_url=product.installation.url, timeout=20, trust_env=False) as http:
        yield Customer(product.installation, http)


async def test_a_full_disk_refuses_new_bookings_in_words_and_loses_none_it_accepted(
    product: Embedded, visitor: Customer
) -> None:
    assert isinstance(product.process, Forked)
    shop = await visitor.shop()
    starts = (await visitor.free_slots(shop.visit))[24:]
    paid = await visitor.book(shop.visit, starts[0])
    await visitor.pay(paid)
    waiting = await visitor.book(shop.visit, starts[1])
    with product.process.disk_full():
        for start in starts[2:5]:
            answer = await visitor.ask_for(visitor.wish((shop.visit, start)))
            assert answer.status_code == 503
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert "try again" in str(answer.json()["next"]) + answer.json()["detail"]
        assert (await visitor.look(waiting))["status"] == "awaiting_payment"
        assert (await visitor.http.get("/healthz")).status_code == 200
    booking = await visitor.book(shop.visit, starts[2])
    await visitor.pay(booking)
    await visitor.until(booking, "confirmed", seconds=30)
    # Whoever could not write down what became of a call keeps it to himself for a minute.
    await visitor.outside.advance(61)
    await visitor.until(paid, "confirmed", seconds=30)


async def test_killed_while_the_disk_is_full_it_finishes_when_there_is_room_again(
    product: Embedded, visitor: Customer
) -> None:
    assert isinstance(product.process, Forked)
    shop = await visitor.shop()
    bookings = [
        await visitor.book(shop.visit, start) for start in (await visitor.free_slots(shop.visit))[24:27]
    ]
    for booking in bookings:
        await visitor.pay(booking, comes_back=False)
    with product.process.disk_full():
        answer = await visitor.ask_for(visitor.wish((shop.hello, await visitor.a_slot(shop.hello, 9))))
        assert answer.status_code == 503
        product.kill()
    product.start()
    for booking in bookings:
        await visitor.until(booking, "confirmed", seconds=30)
    await check_everything(product.installation, besides=(mailed_once,))
