"""What goes wrong, where and when: drawn from a seed before anything runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

Card = TypeVar("Card")

TWICE = ("booking", "payment", "calendar")
ONCE = ("notify", "gateway")
PROCESSES = (*TWICE, *(f"second {name}" for name in TWICE), *ONCE)
SERVERS = ("database", "broker")
STORES = tuple(name for name in PROCESSES if name != "gateway")

LINES = (
    *(f"{name} → database" for name in STORES),
    *(f"{name} → broker" for name in PROCESSES),
    *(f"{name} → stripe" for name in PROCESSES if name.endswith("payment")),
    *(f"{name} → google" for name in PROCESSES if name.endswith("calendar")),
    "notify → mail",
    "stripe → payment",
    *(f"gateway → {name}" for name in (*TWICE, "notify")),
)
# What the sandbox can be told to do, and how often it does it at most; none of it for ever.
OUTSIDE = {
    "stripe down": 10_000,
    "stripe error_before": 8,
    "stripe error_after": 5,
    "stripe timeout_after": 5,
    "stripe cut_body": 5,
    "stripe rate_limit": 8,
    "stripe slow": 10,
    "stripe drop_webhooks": 5,
    "stripe duplicate_webhooks": 8,
    "stripe reorder_webhooks": 8,
    "stripe late_payment": 5,
    "google down": 10_000,
    "google error_after": 8,
    "google timeout_after": 3,
    "google rate_limit": 8,
    "google slow": 8,
    "smtp down": 10_000,
    "smtp later": 8,
}

# How long each lasts. A process that is killed stays away that long before it is started again.
LASTS = {
    "kill": (0.5, 6.0),
    "freeze": (1.0, 8.0),
    "cut": (0.5, 4.0),
    "refuse": (1.0, 6.0),
    "stall": (2.0, 9.0),
    "slow": (4.0, 10.0),
    "outside": (4.0, 10.0),
}
# One round; servers are few of it, since RabbitMQ takes long to come back.
ROUND: tuple[tuple[str, Sequence[str]], ...] = (
    ("kill", PROCESSES),
    ("kill", PROCESSES),
    ("kill", PROCESSES),
    ("freeze", PROCESSES),
    ("freeze", PROCESSES),
    ("server", SERVERS),
    ("cut", LINES),
    ("refuse", LINES),
    ("stall", LINES),
    ("slow", LINES),
    ("outside", tuple(OUTSIDE)),
    ("outside", tuple(OUTSIDE)),
)
SERVER_FAULTS = tuple((kind, server) for kind in ("kill", "freeze") for server in SERVERS)
PAUSE = (2.0, 7.0)
TWO_AT_ONCE = 0.3
QUIET_AT_FIRST = 8.0
QUIET_AT_LAST = 8.0


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: when, what, where, and for how long."""

    at: float
    kind: str
    target: str
    seconds: float

    @property
    def ends(self) -> float:
        """When it is over, if all goes as planned."""
        return self.at + self.seconds


def plan(seed: int, seconds: float) -> tuple[Fault, ...]:
    """The faults of a run that lasts so long: the same for the same seed."""
    rng = Random(seed)
    found: list[Fault] = []
    cards = _cards(rng)
    free_at = at = QUIET_AT_FIRST
    while True:
        kind, target = next(cards)
        while found and _in_each_others_way(found[-1], kind, target):
            kind, target = next(cards)
        fault = Fault(round(at, 2), kind, target, round(rng.uniform(*LASTS[kind]), 2))
        if fault.ends > seconds - QUIET_AT_LAST:
            return tuple(found)
        found.append(fault)
        # At most two at once: what comes beside another is not followed before both are over.
        alone = at >= free_at
        free_at = max(free_at, fault.ends)
        if alone and rng.random() < TWO_AT_ONCE:
            at += rng.uniform(0.2, 0.8) * fault.seconds
        else:
            at = free_at + rng.uniform(*PAUSE)


def _in_each_others_way(last: Fault, kind: str, target: str) -> bool:
    """What is mended in one place is broken there by one fault at a time."""
    return target == last.target or kind == last.kind == "outside"


def _cards(rng: Random) -> Iterator[tuple[str, str]]:
    """Kinds in rounds, and for each kind its targets: nothing comes again before all the others came."""
    targets = {kind: _dealt(rng, among) for kind, among in ROUND}
    servers = _dealt(rng, SERVER_FAULTS)
    while True:
        for kind, _ in rng.sample(ROUND, len(ROUND)):
            yield next(servers) if kind == "server" else (kind, next(targets[kind]))


def _dealt(rng: Random, cards: Sequence[Card]) -> Iterator[Card]:
    while True:
        yield from rng.sample(cards, len(cards))
