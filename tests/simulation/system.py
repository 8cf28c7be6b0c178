"""The installation of a run: the services' own code in processes that die and come back."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from holdfast.parts import PARTS, topology
from services.payment.providers.stripe import StripeProvider
from services.payment.settings import Settings as PaymentSettings
from shared.db import Database
from shared.messaging.bus import Bus
from shared.messaging.work import UnitOfWork
from shared.service import Service
from tests.simulation.broker import Broker, Connection
from tests.simulation.installed import KEY, settings_of
from tests.simulation.layout import Member, Shape, WatchedBus
from tests.simulation.loop import START, SimulatedLoop
from tests.simulation.monitors import Watch
from tests.simulation.outside import Outside
from tests.simulation.process import Gone, Process, outside
from tests.simulation.providers import LineGoogle, LineStripeClient
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather
from tests.simulation.wire import Asked, Reply, exchange

# One engine for all processes and runs: it keeps what it has compiled.
_DATABASES: dict[str, Database] = {}
CALM_POLL = 400.0
# Who takes part in a booking besides the coordinator.
PARTIES = ("calendar", "payment")
# How soon a replica that polls sees what another has committed.
POLLED_WITHIN = 0.5


class System:
    """Starts processes, lets them die, and starts them again."""

    def __init__(
        self,
        loop: SimulatedLoop,
        rng: random.Random,
        folder: Path,
        weather: Weather,
        trace: Trace,
        around: Outside,
        shape: Shape,
        watch: Watch,
    ) -> None:
        self.loop = loop
        self.rng = rng
        self.weather = weather
        self.trace = trace
        self.shape = shape
        self.watch = watch
        self.broker = Broker(topology(), loop, weather, trace, watch)
        self._folder = folder
        self._around = around
        self._restarting: set[asyncio.Task[None]] = set()
        self.members = self._members()
        around.payment = self._ingress
        watch.published = self._lose_at_the_worst_moment

    def _members(self) -> list[Member]:
        if self.shape.embedded:
            return [Member("installation", tuple(PARTS))]
        return [
            Member(f"{name}/{number}", (name,))
            for name in PARTS
            for number in range(1, self.shape.replicas[name] + 1)
        ]

    async def start(self) -> None:
        """Start every process."""
        for member in self.members:
            await self._begin(member)

    async def _begin(self, member: Member) -> None:
        member.lives += 1
        rng = random.Random(self.rng.getrandbits(64))
        process = Process(f"{member.name}#{member.lives}", self.loop, rng, self.weather, self.trace)
        process.on_death.append(lambda: self._died(member))
        member.process = process
        try:
            await process.do(self._build_and_start(member, process))
        except Gone:
            return
        except OSError as error:
            process.kill(f"start: {error}")
            return
        member.ready_since = self.loop.time()

    async def _build_and_start(self, member: Member, process: Process) -> None:
        bus: Bus = Connection(self.broker, process)
        if self.shape.embedded:
            bus = local = WatchedBus(self.watch)
            local.expect(list(member.services))
        member.bus = bus
        member.running = {name: self._built(name, process, bus) for name in member.services}
        for service in member.running.values():
            await service.start()

    def _built(self, name: str, process: Process, bus: Bus) -> Service:
        settings = settings_of(name, self._folder)
        sources = {"sources": {"google": LineGoogle(self._around.google)}} if name == "calendar" else {}
        service = PARTS[name].build(settings, process.runtime, bus, **sources)
        desk = service.desk
        # One engine for all that ever run it: on SQLite two would wait for each other's locks in real time.
        service.database = desk.database = _DATABASES.setdefault(name, desk.database)
        if isinstance(settings, PaymentSettings):
            http = LineStripeClient(self._around.stripe, settings.stripe_timeout_seconds)
            stripe = StripeProvider(settings.stripe_account(), retries=settings.stripe_retries, http=http)
            desk.deps = replace(desk.deps, providers={stripe.name: stripe})
        if name == "notify":
            desk.deps = replace(desk.deps, email=self._around.mail)
        self._alarm(service)
        if name == "calendar":
            service.desk.after_commit.append(lambda _: self.watch.time_changed())
        if name == "booking":
            service.desk.after_commit.append(lambda _: self.watch.booked())
        return service

    def _alarm(self, service: Service) -> None:
        """Polling would fill the simulated hours: the loops are woken when there is something to be found."""
        self._pace(service)
        replicas = partial(self._replicas, service.name)

        def something_is_due() -> None:
            for one in replicas():
                one.tasks.kick.set()

        def something_was_said() -> None:
            for one in replicas():
                one.relay.kick.set()

        def set_alarms(work: UnitOfWork) -> None:
            now = self.loop.time()
            if work.soonest is not None:
                due = (work.soonest - START).total_seconds() + 0.001
                self.loop.call_at(max(due, now), something_is_due)
            if work.sent and self.shape.replicas[service.name] > 1:
                self.loop.call_at(now + self.rng.uniform(0.0, POLLED_WITHIN), something_was_said)

        service.desk.after_commit.append(set_alarms)

    def _replicas(self, name: str) -> list[Service]:
        return [one.running[name] for one in self.members if one.ready and name in one.running]

    def _pace(self, service: Service) -> None:
        often = CALM_POLL if self.weather.calm else self.shape.poll
        service._poll = service.tasks._poll = often
        # A relay is kicked by every commit of its own process; only another's rows must be looked for.
        alone = self.shape.embedded or self.shape.replicas[service.name] == 1
        service.relay._poll = CALM_POLL if alone else often

    def slow_down(self) -> None:
        """Let everybody look around more rarely."""
        for member in self.members:
            for service in member.running.values():
                self._pace(service)

    def _died(self, member: Member) -> None:
        member.ready_since = None
        member.running = {}
        delay = self.rng.choice((0.1, 3.0, 30.0, 150.0)) * self.rng.random()
        if self.weather.calm:
            delay = 0.1
        elif member.stays_away is not None:
            delay, member.stays_away = member.stays_away, None
        again = outside(self.loop, self._restart(member, delay))
        self._restarting.add(again)
        again.add_done_callback(self._restarting.discard)

    async def _restart(self, member: Member, delay: float) -> None:
        await asyncio.sleep(delay)
        self.trace.note("restarted", member.name)
        await self._begin(member)

    # How others reach it

    def serving(self, name: str) -> tuple[Process, Service]:
        """A process that runs this service now; raises Gone when none does."""
        ready = [one for one in self.members if one.ready and name in one.running]
        if not ready:
            raise Gone(name)
        member = self.rng.choice(ready)
        assert member.process is not None
        return member.process, member.running[name]

    def _ingress(self) -> tuple[Process, Any]:
        process, service = self.serving("payment")
        return process, service.app

    def runs_since(self, name: str) -> float | None:
        """Since when this service has been there without a break; None when it is not there."""
        since = [
            one.ready_since for one in self.members if one.ready_since is not None and name in one.running
        ]
        return min(since, default=None)

    async def ask(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Ask a service over HTTP, as the gateway does; raises Gone when no answer comes."""
        await asyncio.sleep(self.rng.uniform(0.001, 0.05))
        process, service = self.serving(name)
        if self.weather.strikes("request lost"):
            self.trace.fault("request lost", f"{method} {path}")
            raise Gone(name)
        known = {
            "x-internal-key": KEY,
            "content-type": "application/json",
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        raw = b"" if body is None else json.dumps(body).encode()
        reply = await process.do(exchange(service.app, Asked(method, f"http://{name}{path}", known, raw)))
        if self.weather.strikes("reply lost"):
            self.trace.fault("reply lost", f"{method} {path}")
            raise Gone(name)
        return reply

    def cut_somebody_off(self) -> None:
        """Part one process from the broker for a while."""
        connected = [one for one in self.members if isinstance(one.bus, Connection)]
        if connected:
            member = self.rng.choice(connected)
            assert isinstance(member.bus, Connection)
            seconds = self.rng.uniform(1.0, self.rng.choice((30.0, 120.0, 900.0)))
            member.bus.cut(seconds)
            self.trace.fault("cut off", f"{member.name} for {seconds:.0f} s")

    def lose_somebody(self) -> None:
        """Have a process, or all of its service, die and stay away longer than any step waits for it."""
        alive = [one for one in self.members if one.ready]
        if not alive:
            return
        self._lose(self.rng.choice(alive))

    def _lose_at_the_worst_moment(self, kind: str) -> None:
        if self.weather.is_triggered(kind):
            self.loop.call_later(
                self.rng.choice((0.0, 0.1, 1.0)) * self.rng.random(), self._lose_one_of, PARTIES
            )

    def _lose_one_of(self, services: Sequence[str]) -> None:
        name = self.rng.choice(services)
        concerned = [one for one in self.members if one.ready and name in one.services]
        if concerned:
            self._lose(concerned[0])

    def _lose(self, first: Member) -> None:
        alive = [one for one in self.members if one.ready]
        all_of_them = self.rng.random() < 0.5
        seconds = self.rng.uniform(200.0, 900.0)
        for member in [one for one in alive if all_of_them and one.services == first.services] or [first]:
            assert member.process is not None
            member.stays_away = seconds
            self.trace.fault("lost for long", f"{member.name} for {seconds:.0f} s")
            member.process.kill("for long")

    def join(self) -> None:
        """Everybody reaches the broker again."""
        for member in self.members:
            if isinstance(member.bus, Connection):
                member.bus.cut(0.0)

    async def close(self) -> None:
        """End every process without a word."""
        for member in self.members:
            if member.process is not None:
                member.process.on_death.clear()
                member.process.kill("the end")
        for database in _DATABASES.values():
            await database.dispose()
