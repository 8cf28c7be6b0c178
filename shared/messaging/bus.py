"""The bus port: how envelopes get from one service to the others."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.messaging.envelope import Envelope

Deliver = Callable[[list[Envelope]], Awaitable[None]]
"""Takes envelopes over for good: when it returns, they are in the receiver's database."""

Refuse = Callable[[bytes, str], Awaitable[None]]
"""Takes a body that is no message over as a dead letter, with the reason."""

Hear = Callable[[Envelope], Awaitable[None]]
"""Hears of an envelope in passing; nothing is kept for it."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service receives: its own commands, the events it names, and broken bodies."""

    service: str
    events: tuple[str, ...]
    deliver: Deliver
    refuse: Refuse


class Bus(Protocol):
    """Carries envelopes at least once, in order per subject."""

    stores: bool
    """True when delivering means storing in the receiver's inbox, to be handled from there."""

    @property
    def connected(self) -> bool:
        """True while messages can leave. False is no reason to refuse work: the outbox keeps them."""

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Hand envelopes over; returns when they are safe. Raises Outage when they may not be."""

    async def subscribe(self, subscription: Subscription) -> None:
        """Start delivering to a service."""

    async def unsubscribe(self, service: str) -> None:
        """Stop delivering to a service; what is in hand is finished first."""

    async def listen(self, patterns: Sequence[str], hear: Hear) -> None:
        """Hear of events by topic patterns (`booking.*`) while this process lives."""

    async def close(self) -> None: ...


def matches(pattern: str, routing_key: str) -> bool:
    """Topic matching as AMQP does it: `*` is one word, `#` is any number of words."""
    return _matches(pattern.split("."), routing_key.split("."))


def _matches(pattern: list[str], key: list[str]) -> bool:
    if not pattern:
        return not key
    if pattern[0] == "#":
        return any(_matches(pattern[1:], key[i:]) for i in range(len(key) + 1))
    return bool(key) and pattern[0] in ("*", key[0]) and _matches(pattern[1:], key[1:])
