"""The bus of one process: envelopes go from the sender's outbox into the receivers' inbox tables."""

import asyncio
from collections.abc import Sequence

from shared.messaging.bus import Bus, Hear, Subscription, matches
from shared.messaging.envelope import Envelope


class LocalBus(Bus):
    """Delivers by storing: `publish` returns when every receiver has the message in its inbox."""

    stores = True
    connected = True

    def __init__(self) -> None:
        self._subscriptions: dict[str, Subscription] = {}
        self._listeners: list[tuple[tuple[str, ...], Hear]] = []
        self._expected: set[str] = set()
        self._arrived = asyncio.Event()

    def expect(self, services: Sequence[str]) -> None:
        """Name the services that take part: nothing is carried before all of them subscribed."""
        self._expected = set(services)

    async def subscribe(self, subscription: Subscription) -> None:
        self._subscriptions[subscription.service] = subscription
        if self._expected <= self._subscriptions.keys():
            self._arrived.set()

    async def unsubscribe(self, service: str) -> None:
        self._subscriptions.pop(service, None)
        self._arrived.clear()
        self._expected.add(service)

    async def listen(self, patterns: Sequence[str], hear: Hear) -> None:
        self._listeners.append((tuple(patterns), hear))

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        if not self._expected <= self._subscriptions.keys():
            await self._arrived.wait()
        for subscription in list(self._subscriptions.values()):
            mine = [envelope for envelope in envelopes if _is_for(envelope, subscription)]
            if mine:
                await subscription.deliver(mine)
        for patterns, hear in self._listeners:
            for envelope in envelopes:
                if not envelope.is_command and any(matches(one, envelope.type) for one in patterns):
                    await hear(envelope)

    async def close(self) -> None:
        self._subscriptions.clear()
        self._listeners.clear()


def _is_for(envelope: Envelope, subscription: Subscription) -> bool:
    if envelope.is_command:
        return envelope.receiver == subscription.service
    return envelope.source != subscription.service and envelope.type in subscription.events
