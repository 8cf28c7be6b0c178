"""Exchanges, queues and bindings on RabbitMQ, and the order in which packs may leave."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from shared.messaging.envelope import Envelope

PACK = 100
# The queue of what the broker gave up: delivered again and again, and never acknowledged.
GRAVE = ".dead"
GONE = (
    AMQPError,
    ChannelInvalidStateError,
    ConnectionError,
    TimeoutError,
    OSError,
    asyncio.InvalidStateError,
)

Topology = Mapping[str, tuple[str, ...]]
"""Each service and the events it listens to. Every process declares all of it, so that nothing is
published before the queue it belongs in exists."""


def in_order(envelopes: Sequence[Envelope]) -> Iterator[list[tuple[tuple[bool, str], list[Envelope]]]]:
    """Levels of packs that may be sent side by side without mixing up the order within a subject."""
    last: dict[str, tuple[int, tuple[bool, str]]] = {}
    levels: defaultdict[int, defaultdict[tuple[bool, str], list[Envelope]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for envelope in envelopes:
        key = (envelope.is_command, envelope.receiver if envelope.is_command else envelope.type)
        level, before = last.get(envelope.subject, (0, key))
        level += before != key
        last[envelope.subject] = (level, key)
        levels[level][key].append(envelope)
    for level in sorted(levels):
        yield [
            (key, together[start : start + PACK])
            for key, together in levels[level].items()
            for start in range(0, len(together), PACK)
        ]


async def declare(
    channel: AbstractChannel, topology: Topology, prefix: str
) -> tuple[AbstractExchange, AbstractExchange]:
    """Declare exchanges, queues and bindings. RabbitMQ refuses changed arguments, so these stay."""
    commands = await channel.declare_exchange(f"{prefix}.cmd", ExchangeType.DIRECT, durable=True)
    events = await channel.declare_exchange(f"{prefix}.evt", ExchangeType.TOPIC, durable=True)
    dead = await channel.declare_exchange(f"{prefix}.dlx", ExchangeType.DIRECT, durable=True)
    for service, heard in topology.items():
        grave = await channel.declare_queue(
            f"{prefix}.{service}{GRAVE}", durable=True, arguments={"x-queue-type": "quorum"}
        )
        await grave.bind(dead, service)
        queue = await channel.declare_queue(
            f"{prefix}.{service}",
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-delivery-limit": 20,
                "x-dead-letter-exchange": f"{prefix}.dlx",
                "x-dead-letter-routing-key": service,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )
        await queue.bind(commands, service)
        for name in heard:
            await queue.bind(events, name)
    return commands, events
