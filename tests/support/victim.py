"""A process that is killed at chosen points of a story, and started again as often as it dies."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import delete, update

from shared.db import Database
from tests.support.evidence import SPINES
from tests.support.installation import Installation, Json
from tests.support.invariants import check_everything, mailed_once
from tests.support.launcher import Forked
from tests.support.settling import settle
from tests.support.stubborn import insist

Story = Callable[[], Awaitable[Json]]
Point = tuple[str, int]


@dataclass
class Victim:
    """One process of an installation, and how it is started again."""

    process: Forked
    installation: Installation
    start: Callable[[], None]
    deaths: int = 0

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
                await self.revive()

    async def _watch(self) -> None:
        while True:
            if not self.process.running:
                # Shielded: half a start would leave a process that nobody knows of.
                await asyncio.shield(asyncio.create_task(self.revive()))
            await asyncio.sleep(0.01)

    async def revive(self) -> None:
        """Start it again."""
        self.deaths += 1
        await let_leases_lapse(self.installation, self.process.service)
        await asyncio.to_thread(self.start)

    async def points_of(self, story: Story) -> Counter[str]:
        """The points that a story passes when nothing happens, in order, and how often."""
        before = len(self.process.passed)
        await story()
        assert not await settle(self.installation)
        return Counter(self.process.passed[before:])

    async def dies_at(self, point: Point, story: Story, end: str) -> None:
        """Be killed at the point of a story, which must end as it does otherwise."""
        self.process.arm(*point)
        async with self.revived():
            ended = await story()
            still_pending = await insist(lambda: settle(self.installation))
        self.process.disarm()
        assert ended["status"] == end, f"killed at {point}: {ended['status']} ({ended['reason']})"
        assert not still_pending, f"killed at {point}: {still_pending}"

    async def dies_everywhere(self, points: list[Point], story: Story, end: str, together: int) -> None:
        """Be killed at each point in turn; after every few of them, everything must hold."""
        for first in range(0, len(points), together):
            few = points[first : first + together]
            for point in few:
                await self.dies_at(point, story, end)
            try:
                # Whether a mail server took a mail before we died, it cannot be asked.
                await check_everything(self.installation, besides=(mailed_once,))
            except AssertionError as broken:
                raise AssertionError(f"killed at {few}: {broken}") from broken


async def let_leases_lapse(installation: Installation, service: str) -> None:
    """Have the minute pass for which the leases of a dead process stand; one process forgets them itself."""
    if service not in SPINES:
        return
    spine = SPINES[service]
    database = Database(installation.databases[service], pool=1)
    try:
        async with database.write.begin() as connection:
            await connection.execute(delete(spine.relay_leases))
            await connection.execute(update(spine.tasks).values(leased_until=None))
    finally:
        await database.dispose()
