"""The bus over RabbitMQ: durable exchanges, a quorum queue per service, pipelined confirms."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import aio_pika
from aio_pika.abc import (
    AbstractExchange,
    AbstractIncomingMessage,
    AbstractRobustChannel,
    AbstractRobustConnection,
)
from aiormq.exceptions import DeliveryError

from shared.errors import Outage
from shared.messaging.bus import Bus, Hear, Subscription
from shared.messaging.consumer import PREFETCH, Consumer
from shared.messaging.envelope import Envelope, decode, encode
from shared.messaging.properties import tolerate_anything
from shared.messaging.topology import GONE, GRAVE, Topology, declare, in_order
from shared.runtime import new_secret
from shared.telemetry import logger

PUBLISH_TIMEOUT = 5.0

tolerate_anything()


class RabbitBus(Bus):
    """Publishes and consumes on two connections: a blocked publisher must not stop acknowledgements."""

    stores = False

    def __init__(self, url: str, topology: Topology, *, prefix: str = "holdfast") -> None:
        self._url = url
        self._topology = topology
        self._prefix = prefix
        self._lock = asyncio.Lock()
        self._publishing: AbstractRobustConnection | None = None
        self._consuming: AbstractRobustConnection | None = None
        self._commands: AbstractExchange | None = None
        self._events: AbstractExchange | None = None
        self._channel: AbstractRobustChannel | None = None
        self._consumers: dict[str, Consumer] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._log = logger("bus")

    async def _connect(self, name: str) -> AbstractRobustConnection:
        try:
            return await aio_pika.connect_robust(
                self._url,
                timeout=5,
                heartbeat=15,
                reconnect_interval=1,
                client_properties={"connection_name": f"{self._prefix} {name}"},
            )
        except GONE as error:
            raise Outage(f"RabbitMQ does not answer: {error!r}") from error

    async def _open(self) -> None:
        async with self._lock:
            if self._channel is not None and not self._channel.is_closed:
                return
            if self._publishing is None:
                self._publishing = await self._connect("publishing")
            try:
                channel = await _channel(self._publishing)
                self._commands, self._events = await declare(channel, self._topology, self._prefix)
            except GONE as error:
                raise Outage(f"RabbitMQ is not ready: {error!r}") from error
            self._channel = channel

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        await self._open()
        try:
            for level in in_order(envelopes):
                await asyncio.gather(*(self._send(key, pack) for key, pack in level))
        except asyncio.CancelledError as error:
            # A black-holed link ends a publish with CancelledError although nobody cancelled it.
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise Outage("RabbitMQ stopped answering") from error
        except GONE as error:
            await self._drop_channel()
            raise Outage(f"RabbitMQ did not confirm: {error!r}") from error

    async def _send(self, key: tuple[bool, str], pack: list[Envelope]) -> None:
        is_command, routing_key = key
        exchange = self._commands if is_command else self._events
        assert exchange is not None
        message = aio_pika.Message(
            encode(pack),
            content_type="application/cloudevents+json"
            if len(pack) == 1
            else "application/cloudevents-batch+json",
            message_id=pack[0].id,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            headers={"traceparent": pack[0].traceparent},
        )
        try:
            await exchange.publish(message, routing_key, mandatory=is_command, timeout=PUBLISH_TIMEOUT)
        except DeliveryError as error:
            raise Outage(f"RabbitMQ did not take {routing_key}: {error!r}") from error

    async def _drop_channel(self) -> None:
        # One message id must never be in flight twice on a channel: the first confirm would count for both.
        channel, self._channel = self._channel, None
        if channel is not None and not channel.is_closed:
            try:
                await asyncio.wait_for(channel.close(), 2)
            except GONE as error:
                self._log.info("channel was already gone", error=repr(error))

    async def subscribe(self, subscription: Subscription) -> None:
        queue = subscription.service
        self._start(self._keep_trying(queue, Consumer(subscription)))
        self._start(self._keep_trying(f"{queue}{GRAVE}", Consumer(subscription, given_up=True)))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        starting = asyncio.create_task(work)
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)

    async def _keep_trying(self, name: str, consumer: Consumer) -> None:
        while True:
            try:
                await self._open()
                connection = await self._consuming_connection()
                channel = await _channel(connection)
                await channel.set_qos(prefetch_count=PREFETCH)
                queue = await channel.get_queue(f"{self._prefix}.{name}")
                self._consumers[name] = consumer
                await consumer.start(queue)
                return
            except (Outage, *GONE) as error:
                self._log.warning("waiting for RabbitMQ", queue=name, error=str(error))
                await asyncio.sleep(1)

    async def _consuming_connection(self) -> AbstractRobustConnection:
        async with self._lock:
            if self._consuming is None:
                self._consuming = await self._connect("consuming")
            return self._consuming

    async def unsubscribe(self, service: str) -> None:
        for name in (service, f"{service}{GRAVE}"):
            consumer = self._consumers.pop(name, None)
            if consumer is not None:
                await consumer.stop()

    async def listen(self, patterns: Sequence[str], hear: Hear) -> None:
        self._start(self._listen(tuple(patterns), hear))

    async def _listen(self, patterns: tuple[str, ...], hear: Hear) -> None:
        async def heard(message: AbstractIncomingMessage) -> None:
            envelopes, unreadable = decode(message.body)
            for piece in unreadable:
                self._log.warning("heard something that is no message", error=piece.reason)
            for envelope in envelopes:
                await hear(envelope)

        while True:
            try:
                await self._open()
                connection = await self._consuming_connection()
                channel = await _channel(connection)
                # A name of our own: RabbitMQ does not let a name it made be declared again after a reconnect.
                name = new_secret(f"{self._prefix}.live")
                queue = await channel.declare_queue(name, exclusive=True, auto_delete=True, durable=False)
                for pattern in patterns:
                    await queue.bind(f"{self._prefix}.evt", pattern)
                await queue.consume(heard, no_ack=True)
                return
            except (Outage, *GONE) as error:
                self._log.warning("not hearing live events yet", error=str(error))
                await asyncio.sleep(1)

    async def close(self) -> None:
        for starting in list(self._starting):
            starting.cancel()
        for name in list(self._consumers):
            await self.unsubscribe(name.removesuffix(GRAVE))
        for connection in (self._consuming, self._publishing):
            if connection is not None:
                await connection.close()

    @property
    def connected(self) -> bool:
        return self._publishing is not None and self._publishing.connected.is_set()


async def _channel(connection: AbstractRobustConnection) -> AbstractRobustChannel:
    """A channel on which publishing is confirmed; while the connection is being made again there is none."""
    try:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    except RuntimeError as error:
        # aio-pika's word for a connection that was lost and is not there again.
        raise Outage(f"RabbitMQ is away: {error}") from error
    assert isinstance(channel, AbstractRobustChannel)
    return channel
