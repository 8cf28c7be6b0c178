"""The product is killed at every point of a booking, and everything it promised is kept.

Every distinct point is tried. HOLDFAST_EVERY_FAULT_POINT=1 tries it every time that it is passed.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.customer import LATER_TODAY, Customer
from tests.support.embedded import Embedded
from tests.support.installation import Installation, Json
from tests.support.invariants import check_everything, mailed_once
from tests.support.launcher import Forked, Launcher
from tests.support.settling import settle
from tests.support.stubborn import Stubborn, insist

EVERY_TIME = os.environ.get("HOLDFAST_EVERY_FAULT_POINT", "") not in ("", "0")
OFTEN = 6
CHECKED_TOGETHER = 1 if EVERY_TIME else 8

Story = Callable[[], Awaitable[Json]]
Point = tuple[str, int]


class Victim:
    """An installation in one process that can be killed at a point, and somebody who starts it again."""

    def __init__(self, product: Embedded) -> None:
        assert isinstance(product.process, Forked)
        self.product = product
        self.process: Forked = product.process
        self.deaths = 0

    @asynccontextmanager
    async def revived(self) -> AsyncIterator[None]:
        """While the block runs, the process is started again as often as it dies."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            if not self.process.running:
                await asyncio.to_thread(self.product.start)

    async def _watch(self) -> None:
        while True:
            if not self.process.running:
                self.deaths += 1
                # Shielded: half a start would leave a process that nobody knows of.
                await asyncio.shield(asyncio.to_thread(self.product.start))
            await asyncio.sleep(0.01)

    async def points_of(self, story: Story) -> Counter[str]:
        """The points that a story passes when nothing happens, in order, and how often."""
        before = len(self.process.passed)
        await story()
        assert not await settle(self.product.installation)
        return Counter(self.process.passed[before:])

    async def dies_at(self, point: Point, story: Story) -> Json:
        """The end of a story during which the product was killed at the point."""
        self.process.arm(*point)
        async with self.revived():
            ended = await story()
            still_pending = await insist(lambda: settle(self.product.installation))
        self.process.disarm()
        assert not still_pending, f"killed at {point}: {still_pending}"
        return ended


def chosen(points: Counter[str], besides: Counter[str]) -> Iterator[Point]:
    """The points at which to kill: each once, or each as often as it is passed."""
    for name, times in points.items():
        if EVERY_TIME:
            yield from ((name, number) for number in range(1, times + 1))
        elif name not in besides:
            # What is passed many times stands for many different commits: one of those in the middle, too.
            yield from {(name, 1), (name, times // 2)} if times > OFTEN else {(name, 1)}


@pytest.fixture
def victim(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[Victim]:
    """An installation of its own, since others must not die with it."""
    product = Embedded(tmp_path_factory.mktemp("victim"), launcher.embedded)
    product.start()
    try:
        yield Victim(product)
    finally:
        product.stop()


@asynccontextmanager
async def stubborn(installation: Installation) -> AsyncIterator[Stubborn]:
    """A stubborn customer of the installation, with a shop to go to."""
    async with httpx.AsyncClient(base_url=installation.url, timeout=20, trust_env=False) as http:
        customer = Customer(installation, http)
        shop = await customer.shop()
        yield Stubborn(customer, shop, (await customer.free_slots(shop.visit))[LATER_TODAY:])


async def killed_everywhere(victim: Victim, points: list[Point], story: Story, end: str) -> None:
    """Kill at each point in turn; the story must end the same, and everything must hold."""
    since: list[Point] = []
    for point in points:
        ended = await victim.dies_at(point, story)
        assert ended["status"] == end, f"killed at {point}: {ended['status']} ({ended['reason']})"
        since.append(point)
        if len(since) == CHECKED_TOGETHER or point == points[-1]:
            try:
                await check_everything(victim.product.installation, besides=(mailed_once,))
            except AssertionError as broken:
                raise AssertionError(f"killed at {since}: {broken}") from broken
            since = []


@pytest.mark.timeout(1800 if EVERY_TIME else 600)
@pytest.mark.xdist_group("killed")
async def test_killed_at_any_point_of_a_booking_and_started_again_it_keeps_every_promise(
    victim: Victim,
) -> None:
    async with stubborn(victim.product.installation) as customer:
        paid = await victim.points_of(customer.pays)
        points = list(chosen(paid, Counter()))
        assert len(points) > 60
        await killed_everywhere(victim, points, customer.pays, "confirmed")
        declined = await victim.points_of(customer.is_declined)
        others = list(chosen(declined, paid))
        await killed_everywhere(victim, others, customer.is_declined, "failed")
    # A point that is passed by chance only may be missed once in a while, not often.
    assert victim.deaths >= 0.9 * (len(points) + len(others))
