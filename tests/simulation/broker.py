"""A broker of the simulation: durable queues, at least once, and everything that can go wrong with them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.booking.sagas import SAGAS
from shared.errors import Outage
from shared.messaging.bus import Bus, Hear, Subscription
from shared.messaging.envelope import Envelope
from tests.simulation.loop import SimulatedLoop
from tests.simulation.monitors import Topology, Watch, receivers
from tests.simulation.process import Process
from tests.simulation.trace import Trace
from tests.simulation.weather import Weather

PREFETCH = 32
# How often somebody who is cut off tries to connect again.
LOOKS_EVERY = 5.0


def _asked_again() -> Iterator[str]:
    for saga in SAGAS:
        for step in saga.every_step:
            messages = (step.do, step.ok, *step.refusals, step.undo, step.undone)
            yield from (one.wire_name for one in messages if one is not None)


# A saga asks again when a command or its answer is lost. Nobody would ask for other messages again.
ASKED_AGAIN = frozenset(_asked_again())


@dataclass
class Queue:
    """The messages that wait for one service, each with the moment from which it can be taken."""

    waiting: list[tuple[float, Envelope]] = field(default_factory=list)
    last: float = 0.0
    grew: asyncio.Event = field(default_factory=asyncio.Event)


class Broker:
    """What is in the queues outlives every process."""

    def __init__(
        self,
        topology: Topology,
        loop: SimulatedLoop,
        weather: Weather,
        trace: Trace,
        watch: Watch,
    ) -> None:
        self.loop = loop
        self.weather = weather
        self.trace = trace
        self._topology = topology
        self._watch = watch
        self._queues = {service: Queue() for service in topology}

    @property
    def rng(self) -> random.Random:
        return self.weather.rng

    def queue(self, service: str) -> Queue:
        return self._queues[service]

    def keep(self, envelope: Envelope) -> None:
        """Put a message into every queue it is for."""
        self._watch.said([envelope])
        for service in receivers(self._topology, envelope):
            if envelope.type in ASKED_AGAIN and envelope.data.get("ref") and self._drops(envelope):
                self._watch.dropped(service, envelope)
                continue
            self._put(service, envelope)
            if self.weather.strikes("message twice"):
                self.trace.fault("message twice", f"{envelope.type} to {service}", envelope.subject)
                self._put(service, envelope)

    def _drops(self, envelope: Envelope) -> bool:
        """Whether somebody empties a queue by mistake, or drops what is a dead letter."""
        if not self.weather.strikes("message dropped"):
            return False
        self.trace.fault("message dropped", envelope.type, envelope.subject)
        return True

    def _put(self, service: str, envelope: Envelope) -> None:
        queue = self._queues[service]
        at = self.loop.time() + self.rng.uniform(0.001, 0.02)
        if self.weather.strikes("message late"):
            self.trace.fault("message late", f"{envelope.type} to {service}", envelope.subject)
            at += self.rng.choice((1.0, 20.0, 120.0)) * self.rng.random()
        if self.weather.is_slow(envelope.type):
            self.trace.fault("message very late", f"{envelope.type} to {service}", envelope.subject)
            at += self.rng.uniform(10.0, self.rng.choice((420.0, 900.0)))
        elif self.weather.strikes("message overtaken"):
            self.trace.fault("message overtaken", f"{envelope.type} to {service}", envelope.subject)
        else:
            # In order: what comes later is not taken sooner.
            at = queue.last = max(queue.last, at)
        queue.waiting.append((at, envelope))
        queue.grew.set()

    def put_back(self, service: str, envelopes: Sequence[Envelope]) -> None:
        """What was handed out and never acknowledged is handed out again."""
        queue = self._queues[service]
        now = self.loop.time()
        queue.waiting[:0] = [(now, envelope) for envelope in envelopes]
        queue.grew.set()

    def take(self, service: str) -> list[Envelope]:
        """The messages that can be taken now, oldest first."""
        queue, now = self._queues[service], self.loop.time()
        ready = sorted((one for one in queue.waiting if one[0] <= now), key=lambda one: one[0])
        if len(ready) > 1 and self.weather.strikes("message overtaken"):
            # What was handed out and came back comes in any order.
            self.trace.fault("message overtaken", f"{len(ready)} to {service}")
            self.rng.shuffle(ready)
        del ready[PREFETCH:]
        for one in ready:
            queue.waiting.remove(one)
        return [envelope for _, envelope in ready]

    def next_at(self, service: str) -> float | None:
        """When the next message can be taken."""
        return min((at for at, _ in self._queues[service].waiting), default=None)

    @property
    def empty(self) -> bool:
        """Whether nothing waits anywhere."""
        return not any(queue.waiting for queue in self._queues.values())


class Connection(Bus):
    """One process's way to the broker."""

    stores = False

    def __init__(self, broker: Broker, process: Process) -> None:
        self._broker = broker
        self._process = process
        self._consumers: dict[str, asyncio.Task[None]] = {}
        self._cut_until = 0.0

    @property
    def connected(self) -> bool:
        return self._broker.loop.time() >= self._cut_until

    def cut(self, seconds: float) -> None:
        """Nothing gets through for a while."""
        self._cut_until = self._broker.loop.time() + seconds

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        broker = self._broker
        await asyncio.sleep(broker.rng.uniform(0.001, 0.02))
        if not self.connected or broker.weather.strikes("publish lost"):
            broker.trace.fault("publish lost", f"{len(envelopes)} of {self._process.name}")
            await asyncio.sleep(broker.rng.choice((0.0, 5.0)))
            raise Outage("simulated: the broker is away")
        lost = broker.weather.strikes("confirm lost")
        kept = envelopes[: broker.rng.randint(0, len(envelopes))] if lost else envelopes
        for envelope in kept:
            broker.trace.note("published", f"{envelope.type} by {envelope.source}", envelope.subject)
            broker.keep(envelope)
        if lost:
            broker.trace.fault("confirm lost", f"{len(kept)} of {len(envelopes)} by {self._process.name}")
            raise Outage("simulated: no confirm")
        await asyncio.sleep(broker.rng.uniform(0.001, 0.02))

    async def subscribe(self, subscription: Subscription) -> None:
        work = self._consume(subscription)
        self._consumers[subscription.service] = self._process.spawn(work)

    async def unsubscribe(self, service: str) -> None:
        self._consumers.pop(service).cancel()

    async def listen(self, patterns: Sequence[str], hear: Hear) -> None:
        return None

    async def close(self) -> None:
        return None

    async def _consume(self, subscription: Subscription) -> None:
        service = subscription.service
        while True:
            batch = self._broker.take(service) if self.connected else []
            if not batch:
                await self._rest(service)
                continue
            acknowledged = False
            try:
                await subscription.deliver(batch)
                acknowledged = self.connected
            finally:
                if not acknowledged:
                    self._broker.put_back(service, batch)

    async def _rest(self, service: str) -> None:
        """Wait until a message can be taken."""
        queue, now = self._broker.queue(service), self._broker.loop.time()
        if not self.connected:
            await asyncio.sleep(min(self._cut_until - now, LOOKS_EVERY) + 1e-6)
            return
        queue.grew.clear()
        next_at = self._broker.next_at(service)
        # A microsecond more: a float just short of the moment would be waited for again without end.
        wait = None if next_at is None else max(next_at - now, 0.0) + 1e-6
        try:
            await asyncio.wait_for(queue.grew.wait(), wait)
        except TimeoutError:
            return
