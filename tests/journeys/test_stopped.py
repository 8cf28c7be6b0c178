"""An operator stops processes in the middle of bookings: they end soon, and go on where they were."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.customer import LATER_TODAY, Customer
from tests.support.distributed import Distributed
from tests.support.embedded import Embedded
from tests.support.installation import SERVICES, Json
from tests.support.invariants import check_everything
from tests.support.launcher import Launcher
from tests.support.stubborn import Stubborn

SOON = 10.0


@pytest.fixture
def product(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[Embedded]:
    """The product in one process, for itself."""
    alone = Embedded(tmp_path_factory.mktemp("stopped"), launcher.embedded)
    alone.start()
    try:
        yield alone
    finally:
        alone.stop()


async def watch(customer: Customer, booking: Json) -> list[str]:
    """The kinds of news that a stream brings until it ends."""
    told = []
    async with customer.http.stream("GET", f"/v1/bookings/{booking['id']}/stream", timeout=60) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                told.append(line.removeprefix("event: "))
    return told


async def test_stopped_while_people_watch_and_wait_it_ends_soon_and_goes_on_later(product: Embedded) -> None:
    async with httpx.AsyncClient(base_url=product.installation.url, timeout=60, trust_env=False) as http:
        customer = Customer(product.installation, http)
        shop = await customer.shop()
        booking = await customer.book(shop.visit)
        watching = asyncio.create_task(watch(customer, booking))
        waiting = asyncio.create_task(
            http.post(f"/v1/bookings/{booking['id']}/confirm", headers={"Prefer": "wait=30"})
        )
        await asyncio.sleep(0.5)
        began = time.monotonic()
        code = await asyncio.to_thread(product.process.stop)
        assert (code, time.monotonic() - began < SOON) == (0, True)
        assert (await watching)[-1] == "reconnect"
        assert (await waiting).json()["status"] == "awaiting_payment"
        await asyncio.to_thread(product.start)
        await customer.pay(booking)
        await customer.until(booking, "confirmed")
    await check_everything(product.installation)


async def test_stopped_again_and_again_while_people_book_nothing_is_lost(product: Embedded) -> None:
    async with httpx.AsyncClient(base_url=product.installation.url, timeout=60, trust_env=False) as http:
        customer = Customer(product.installation, http)
        shop = await customer.shop()
        starts = (await customer.free_slots(shop.visit))[LATER_TODAY:]
        people = [asyncio.create_task(Stubborn(customer, shop, [one]).pays()) for one in starts[:5]]
        for _ in range(3):
            await asyncio.sleep(0.3)
            assert await asyncio.to_thread(product.process.stop) == 0
            await asyncio.to_thread(product.start)
        assert {(await one)["status"] for one in people} == {"confirmed"}
    await check_everything(product.installation)


@pytest.mark.distributed
@pytest.mark.postgres
@pytest.mark.rabbitmq
@pytest.mark.xdist_group("distributed")
@pytest.mark.timeout(180)
async def test_every_service_is_replaced_in_turn_while_people_book_and_nobody_notices(
    services: Distributed,
) -> None:
    async with httpx.AsyncClient(base_url=services.installation.url, timeout=60, trust_env=False) as http:
        customer = Customer(services.installation, http)
        shop = await customer.shop()
        starts = (await customer.free_slots(shop.visit))[LATER_TODAY:]
        people = []
        for name, start in zip((*SERVICES, "gateway"), starts, strict=False):
            people.append(asyncio.create_task(Stubborn(customer, shop, [start]).pays()))
            await asyncio.sleep(0.3)
            assert await asyncio.to_thread(services.processes[name].stop) == 0
            await asyncio.to_thread(services.start, name)
        assert {(await one)["status"] for one in people} == {"confirmed"}
    await check_everything(services.installation)
