"""Processes are killed at every kind of point of a booking, and everything that was promised is kept.

In one process every distinct point is tried, apart one of each kind in each service.
HOLDFAST_EVERY_FAULT_POINT=1 tries every point every time that it is passed.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.customer import LATER_TODAY, Customer
from tests.support.distributed import Distributed
from tests.support.embedded import Embedded
from tests.support.installation import SERVICES, Installation
from tests.support.invariants import check_everything
from tests.support.launcher import Forked, Launcher
from tests.support.stubborn import Stubborn
from tests.support.victim import Point, Victim

EVERY_TIME = os.environ.get("HOLDFAST_EVERY_FAULT_POINT", "") not in ("", "0")
CHECKED_TOGETHER = 1 if EVERY_TIME else 8
OFTEN = 6

pytestmark = pytest.mark.timeout(3600 if EVERY_TIME else 900)


def every_point(points: Counter[str], besides: Counter[str]) -> Iterator[Point]:
    """The points at which to kill: each once, or each as often as it is passed."""
    for name, times in points.items():
        if EVERY_TIME:
            yield from ((name, number) for number in range(1, times + 1))
        elif name not in besides:
            # What is passed many times stands for many different commits: one of those in the middle, too.
            yield from {(name, 1), (name, times // 2)} if times > OFTEN else {(name, 1)}


def one_of_each_kind(points: Counter[str]) -> list[Point]:
    """The last point of each kind that a service passes: before and after commits, calls, messages, tasks."""
    if EVERY_TIME:
        return list(every_point(points, Counter()))
    kinds = {name.split(":")[1]: name for name in points if not name.endswith("request")}
    return [(name, 1) for name in kinds.values()]


@asynccontextmanager
async def stubborn(installation: Installation) -> AsyncIterator[Stubborn]:
    """A stubborn customer of the installation, with a shop to go to."""
    async with httpx.AsyncClient(base_url=installation.url, timeout=20, trust_env=False) as http:
        customer = Customer(installation, http)
        shop = await customer.shop()
        yield Stubborn(customer, shop, (await customer.free_slots(shop.visit))[LATER_TODAY:])


@pytest.fixture
def whole(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[Victim]:
    """The product in one process, for itself: others must not die with it."""
    product = Embedded(tmp_path_factory.mktemp("whole"), launcher.embedded)
    product.start()
    assert isinstance(product.process, Forked)
    try:
        yield Victim(product.process, product.installation, product.start)
    finally:
        product.stop()


def part(services: Distributed, name: str) -> Victim:
    """One service of many."""
    process = services.processes[name]
    assert isinstance(process, Forked)
    return Victim(process, services.installation, lambda: services.start(name))


@pytest.mark.xdist_group("killed")
async def test_killed_at_any_point_of_a_booking_and_started_again_it_keeps_every_promise(
    whole: Victim,
) -> None:
    async with stubborn(whole.installation) as customer:
        paid = await whole.points_of(customer.pays)
        points = list(every_point(paid, Counter()))
        assert len(points) > 60
        await whole.dies_everywhere(points, customer.pays, "confirmed", CHECKED_TOGETHER)
        declined = await whole.points_of(customer.is_declined)
        others = list(every_point(declined, paid))
        await whole.dies_everywhere(others, customer.is_declined, "failed", CHECKED_TOGETHER)
    # A point that is passed by chance only may be missed once in a while, not often.
    assert whole.deaths >= 0.9 * (len(points) + len(others))


@pytest.mark.distributed
@pytest.mark.postgres
@pytest.mark.rabbitmq
@pytest.mark.xdist_group("distributed")
@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_killed_in_the_middle_of_a_booking_finishes_it_when_it_is_back(
    services: Distributed, name: str
) -> None:
    victim = part(services, name)
    async with stubborn(services.installation) as customer:
        points = one_of_each_kind(await victim.points_of(customer.pays))
        assert len(points) >= 4
        await victim.dies_everywhere(points, customer.pays, "confirmed", CHECKED_TOGETHER)
    assert victim.deaths >= 0.7 * len(points)


@pytest.mark.distributed
@pytest.mark.postgres
@pytest.mark.rabbitmq
@pytest.mark.xdist_group("distributed")
@pytest.mark.parametrize("moment", [0.02, 0.2, 0.5, 1.0])
async def test_a_door_that_is_killed_while_people_book_loses_nothing(
    services: Distributed, moment: float
) -> None:
    door = part(services, "gateway")
    async with stubborn(services.installation) as customer, door.revived():
        booking = asyncio.create_task(customer.pays())
        await asyncio.sleep(moment)
        door.process.kill()
        assert (await booking)["status"] == "confirmed"
    await check_everything(services.installation)


@pytest.mark.distributed
@pytest.mark.postgres
@pytest.mark.rabbitmq
@pytest.mark.xdist_group("distributed")
async def test_all_services_killed_at_once_finish_what_was_paid_when_they_are_back(
    services: Distributed,
) -> None:
    async with stubborn(services.installation) as customer:
        paying = [asyncio.create_task(customer.pays()) for _ in range(5)]
        await asyncio.sleep(1.0)
        victims = [part(services, name) for name in SERVICES]
        for victim in victims:
            victim.process.kill()
        for victim in victims:
            await victim.revive()
        assert {(await one)["status"] for one in paying} == {"confirmed"}
    await check_everything(services.installation)
