"""Carries out a plan of faults, and brings everything back."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.chaos.plan import OUTSIDE, PROCESSES, SERVERS, Fault
from tests.chaos.system import Shaken
from tests.support.outside import Outside
from tests.support.ports import answers

BACK_WITHIN = 90.0
DELAY, PACE = 0.15, 60_000.0
OUTSIDE_SECONDS = {"timeout_after": 6.0, "slow": 2.5, "reorder_webhooks": 3.0, "rate_limit": 2.0}


@dataclass(frozen=True)
class Struck:
    """A fault as it really was: when it began, and when everything was there again."""

    fault: Fault
    began: float
    ended: float


class Storm:
    """What goes wrong in one run; all times are seconds since the run began."""

    def __init__(self, system: Shaken, outside: Outside, clock: Callable[[], float]) -> None:
        self._system = system
        self._outside = outside
        self._clock = clock
        self._away: set[str] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.struck: list[Struck] = []
        # Processes that ended though nobody had killed them, and were started again.
        self.left: Counter[str] = Counter()

    async def blow(self, plan: tuple[Fault, ...]) -> None:
        """Have everything go wrong that is planned, each at its time; returns when all is over."""
        async with asyncio.TaskGroup() as together:
            for fault in plan:
                together.create_task(self._strike(fault))

    @asynccontextmanager
    async def kept_running(self) -> AsyncIterator[None]:
        """While the block runs, a process that ends by itself is started again, as in production."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            for name in PROCESSES:
                if name not in self._away and not self._system.process(name).running:
                    self.left[name] += 1
                    self._system.process(name).start()
            await asyncio.sleep(1.0)

    async def _strike(self, fault: Fault) -> None:
        await asyncio.sleep(max(0.0, fault.at - self._clock()))
        async with self._turns[fault.target]:
            began = self._clock()
            if fault.kind == "kill":
                await self._kill(fault)
            elif fault.kind == "freeze":
                await self._freeze(fault)
            elif fault.kind == "outside":
                await self._break_outside(fault)
            else:
                await self._break_line(fault)
            self.struck.append(Struck(fault, began, self._clock()))

    async def _kill(self, fault: Fault) -> None:
        victim = self._system.mortal(fault.target)
        self._away.add(fault.target)
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(fault.seconds)
        if fault.target in SERVERS:
            await asyncio.to_thread(victim.start)
        else:
            # The forks come from one parent that is asked by one at a time.
            victim.start()
        self._away.discard(fault.target)
        await self._back(fault.target)

    async def _back(self, name: str) -> None:
        """Return when somebody takes connections there again."""
        deadline = time.monotonic() + BACK_WITHIN
        while not self._takes_connections(name) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    def _takes_connections(self, name: str) -> bool:
        if name in SERVERS:
            return self._system.mortal(name).running
        return answers("127.0.0.1", int(self._system.addresses[name].rpartition(":")[2]))

    async def _freeze(self, fault: Fault) -> None:
        victim = self._system.mortal(fault.target)
        await asyncio.to_thread(victim.stand_still)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            await asyncio.to_thread(victim.go_on)

    async def _break_line(self, fault: Fault) -> None:
        line = self._system.lines[fault.target]
        if fault.kind == "slow":
            line.slow(DELAY, PACE)
        else:
            breaking = {"cut": line.cut, "refuse": line.refuse, "stall": line.stall}
            await asyncio.to_thread(breaking[fault.kind])
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            await asyncio.to_thread(line.mend)

    async def _break_outside(self, fault: Fault) -> None:
        provider, _, name = fault.target.partition(" ")
        options: dict[str, float] = {"count": OUTSIDE[fault.target]}
        if name == "down":
            options["seconds"] = fault.seconds
        if name in OUTSIDE_SECONDS:
            options["seconds"] = OUTSIDE_SECONDS[name]
        await self._outside.break_it(provider, name, **options)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            await self._outside.mend()

    async def calm(self) -> None:
        """Mend whatever is still broken, and wait until every process is ready."""
        await self._outside.mend()
        for line in self._system.lines.values():
            await asyncio.to_thread(line.mend)
        for name in PROCESSES:
            await asyncio.to_thread(self._system.wait_for, name)
