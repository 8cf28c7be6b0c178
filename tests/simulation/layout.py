"""How an installation is laid out: its processes, and the places they take one after the other."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.parts import PARTS
from shared.messaging.bus import Bus
from shared.messaging.envelope import Envelope
from shared.messaging.local import LocalBus
from shared.service import Service
from tests.simulation.monitors import Watch
from tests.simulation.process import Process


@dataclass(frozen=True)
class Shape:
    """How the installation is laid out: one process for everything, or one or more for each service."""

    embedded: bool
    replicas: Mapping[str, int]
    poll: float

    @classmethod
    def of(cls, rng: random.Random) -> Shape:
        """A layout drawn from the seed."""
        embedded = rng.random() < 0.35
        replicas = {name: rng.choice((1, 1, 2)) for name in PARTS}
        return cls(embedded, replicas, rng.choice((40.0, 80.0, 160.0)))


class WatchedBus(LocalBus):
    """The in-process bus, with somebody who listens to everything."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Deliver, and let the listener hear."""
        self._watch.said(envelopes)
        await super().publish(envelopes)


@dataclass
class Member:
    """A place in the layout, taken by one process after the other."""

    name: str
    services: tuple[str, ...]
    lives: int = 0
    process: Process | None = None
    running: dict[str, Service] = field(default_factory=dict)
    bus: Bus | None = None
    ready_since: float | None = None
    # How long it stays away when it dies next; None for a while that is drawn then.
    stays_away: float | None = None

    @property
    def ready(self) -> bool:
        """Whether it has started and lives."""
        return self.ready_since is not None
