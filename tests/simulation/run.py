"""One run: a seed, a storm, calm, and the question whether everything is as it must be."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from services.booking.tables import bookings, engine
from tests.simulation.checkers import (
    Records,
    Sight,
    gather,
    nothing_taken_is_lost,
    overbooked,
    pending,
    violations,
)
from tests.simulation.expected import unforeseen
from tests.simulation.installed import Change, install, visited, workplace
from tests.simulation.layout import Shape
from tests.simulation.loop import Deadlock, SimulatedLoop, without_threads
from tests.simulation.monitors import SLACK, Watch
from tests.simulation.operators import Operator
from tests.simulation.outside import Outside
from tests.simulation.people import People
from tests.simulation.process import tell_processes
from tests.simulation.system import System
from tests.simulation.trace import Trace
from tests.simulation.weather import BY_THE_MINUTE, Weather
from tests.simulation.wishes import FASHIONS, TOO_LATE
from tests.support.evidence import Evidence

# How many customers a run has. Two or three are enough for most misfortunes.
CUSTOMERS = (1, 2, 2, 2, 3, 3, 3, 6)
# How long a storm lasts at most. Every sixth or so outlasts a step whose service stays away.
STORMS = (900.0, 900.0, 900.0, 900.0, 900.0, 2400.0)
# What comes to rest by itself does so within this time: missed events are fetched every ten glances.
QUIET = 700.0
TOO_LONG = 5400.0


@dataclass
class Result:
    """What came of one run."""

    seed: int
    digest: str = ""
    broken: list[str] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    changes: Counter[Change] = field(default_factory=Counter)
    sagas: int = 0
    hours: float = 0.0
    story: list[str] = field(default_factory=list)


def simulate(seed: int, *, told: bool = False) -> Result:
    """Run one seed. `told` keeps the story even if nothing is broken."""
    result = Result(seed)
    folder = workplace()
    was_on = gc.isenabled()
    # Cycles that are collected at some moment would run their finalizers at that moment.
    gc.disable()
    try:
        install(folder)
        gc.freeze()
        with without_threads():
            _Run(seed, folder, result, told=told).play()
    finally:
        for file in folder.iterdir():
            file.unlink()
        if was_on:
            gc.enable()
        gc.collect()
    return result


class _Run:
    def __init__(self, seed: int, folder: Path, result: Result, *, told: bool) -> None:
        self.rng = random.Random(seed)
        # The SDK spreads its retries with the module's own generator.
        random.seed(seed)
        self.folder = folder
        self.result = result
        self.told = told
        self.loop = SimulatedLoop(self._fork())
        tell_processes(self.loop)
        self.trace = Trace(self.loop.time)
        self.weather = Weather.of(self._fork())
        self.outside = Outside(self.loop, self._fork(), self.weather, self.trace)
        shape = Shape.of(self._fork())
        self.records = Records(folder)
        self.watch = Watch(folder, self.outside, self._note)
        self.system = System(
            self.loop, self._fork(), folder, self.weather, self.trace, self.outside, shape, self.watch
        )
        self.outside.stripe.witness = self.watch.arrived
        self.people = People(self.system, self.outside, self._fork(), self.trace)
        self.operator = Operator(self.system, self.people.rng, self.trace)
        self.people.fashion = self.rng.choice(("", "", self.rng.choice(FASHIONS)))
        if self.weather.slow_kind and self.rng.random() < 0.25:
            # What is taken up late, by messages that are late: two misfortunes that seldom meet by chance.
            self.people.fashion = self.rng.choice(TOO_LATE)
        self.people.witness = self.watch.paid
        self.watch.freed = self.people.somebody_waits_for

    def _fork(self) -> random.Random:
        return random.Random(self.rng.getrandbits(64))

    def play(self) -> None:
        """The whole run, and what is to be said about it."""
        _listen(self.trace)
        asyncio.set_event_loop(None)
        try:
            with self.watch.over_decisions():
                self.loop.run_until_complete(self._story())
        except Deadlock as stuck:
            self.result.broken.append(f"4. nothing stays half-done: {stuck}")
        finally:
            self.loop.run_until_complete(self.system.close())
            self.loop.run_until_complete(self.records.close())
            self.loop.close()
            self.watch.close()
            self.outside.world.close()
        self.result.broken += [f"0. no defect: {error}" for error in self.trace.errors]
        self.result.digest = self.trace.digest()
        self.result.faults = self.trace.faults
        self.result.changes = visited(self.folder) + self.watch.changes
        self.result.broken += [
            f"0. no change that nobody expected: {one}" for one in unforeseen(self.result.changes)
        ]
        self.result.hours = self.loop.time() / 3600

    async def _story(self) -> None:
        await self.outside.start()
        await self.system.start()
        storm = self.rng.uniform(60.0, self.rng.choice(STORMS))
        begin_by = storm
        if self.people.fashion in TOO_LATE:
            # The storm outlasts what comes of paying too late.
            storm += 900.0
        customers = [
            self.loop.create_task(self._later(self.rng.uniform(0.0, begin_by), number))
            for number in range(1, self.rng.choice(CUSTOMERS) + 1)
        ]
        others = [self.loop.create_task(self.operator.watch()) for _ in range(self.rng.choice((0, 1)))]
        await self._storm(storm)
        self._calm()
        await asyncio.wait([*customers, *others, *self.people.keen, *self.people.tabs], timeout=TOO_LONG)
        seen = await self._settled()
        self.result.broken += violations(seen, self.outside.mail.unheard)
        self.result.broken += nothing_taken_is_lost(seen, self.watch.taken)
        self._tell(seen)

    async def _later(self, seconds: float, number: int) -> None:
        await asyncio.sleep(seconds)
        await self.people.customer(number)

    async def _storm(self, seconds: float) -> None:
        lines = (self.outside.stripe, self.outside.google)
        for glance in range(int(seconds // 20) + 1):
            await asyncio.sleep(20.0)
            if self.weather.strikes(BY_THE_MINUTE[0]):
                self.system.cut_somebody_off()
            if self.weather.strikes(BY_THE_MINUTE[1]):
                line = self.rng.choice(lines)
                line.away_until = self.loop.time() + self.rng.uniform(5.0, 240.0)
                self.trace.fault("away", f"{line.name} until {line.away_until:.0f}")
            if self.weather.strikes(BY_THE_MINUTE[2]):
                self.system.lose_somebody()
            self._watch_patience()
            if glance % 6 == 5:
                for one in await overbooked(self.records):
                    self._note(one)

    def _watch_patience(self) -> None:
        since = self.system.runs_since("booking")
        if since is not None and self.loop.time() - since > SLACK.total_seconds():
            self.watch.too_patient(self.outside.world.now())

    def _note(self, broken: str) -> None:
        if broken not in self.result.broken:
            self.trace.note("BROKEN", broken)
            self.result.broken.append(broken)

    def _calm(self) -> None:
        self.weather.calm = True
        self.outside.stripe.away_until = self.outside.google.away_until = 0.0
        self.outside.world.disarm()
        self.system.join()
        self.system.slow_down()
        self.trace.note("calm", "nothing goes wrong any more")

    async def _settled(self) -> Sight:
        """Wait until nothing is pending; what never ends is broken."""
        await asyncio.sleep(QUIET)
        until = self.loop.time() + TOO_LONG
        while True:
            seen = await gather(self.records, self.outside, self.people.accepted)
            left = pending(seen)
            if not left and self.system.broker.empty:
                return seen
            if self.loop.time() > until:
                self.result.broken += [f"4. nothing stays half-done: {one}" for one in left]
                return seen
            await asyncio.sleep(60.0)

    def _tell(self, seen: Evidence) -> None:
        for row in seen.of(bookings):
            self.result.endings[f"{row.status}: {row.reason}" if row.reason else row.status] += 1
        self.result.sagas = len(seen.of(engine.sagas))
        if self.told or self.result.broken or self.trace.errors:
            self.result.story = self._stories(seen)

    def _stories(self, seen: Evidence) -> list[str]:
        lines: list[str] = []
        broken = " ".join(self.result.broken)
        for row in seen.of(bookings):
            names = _names(seen, row.id)
            if self.told or any(name in broken for name in (row.id, *names)):
                lines += [
                    f"booking {row.id} ({row.status}, {row.reason})",
                    *self.trace.story(row.id, names),
                    "",
                ]
        return lines or [str(line) for line in self.trace.lines[-200:]]


def _names(seen: Evidence, booking: str) -> list[str]:
    """What a booking is called elsewhere: its items, and the provider's objects."""
    mine = [one["id"] for one in seen.intents if one["metadata"].get("booking_id") == booking]
    return [*mine, *(one["id"] for one in seen.accepted.get(booking, {}).get("items", []))]


def _listen(trace: Trace) -> None:
    """Let the product's own log be part of the trace; an error in it is a defect."""

    def take(_: Any, level: str, event: MutableMapping[str, Any]) -> str:
        error = event.get("exception", event.get("error", ""))
        told = (
            f"{event.get('service', '')}: {event['event']} {event.get('type', event.get('kind', ''))} {error}"
        )
        # A disk that was made to fail is reported too.
        if level in ("error", "critical", "exception") and "simulated" not in str(error):
            trace.error(told.strip())
        else:
            trace.note("log", told.strip()[:200])
        raise structlog.DropEvent

    with contextlib.suppress(ValueError):
        structlog.configure(
            processors=[structlog.processors.format_exc_info, take],
            wrapper_class=structlog.make_filtering_bound_logger(20),
            cache_logger_on_first_use=False,
        )
