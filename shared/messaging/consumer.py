"""Taking deliveries of RabbitMQ: in tasks of our own, acknowledged when they are safe."""

from __future__ import annotations

import asyncio

from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from shared.messaging.bus import Subscription
from shared.messaging.envelope import Envelope, Unreadable, decode
from shared.messaging.topology import GONE
from shared.telemetry import logger

PREFETCH = 64
GIVEN_UP = "the broker gave it up: it was delivered again and again, and whoever took it died or hung"


class Consumer:
    """Hands deliveries over in tasks of our own: a lost connection cancels aio-pika's callbacks midway."""

    def __init__(self, subscription: Subscription, *, given_up: bool = False) -> None:
        self._subscription = subscription
        self._given_up = given_up
        self._waiting: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        self._queue: AbstractQueue | None = None
        self._tag = ""
        self._worker: asyncio.Task[None] | None = None
        self._log = logger(subscription.service)

    async def start(self, queue: AbstractQueue) -> None:
        self._queue = queue
        self._worker = asyncio.create_task(self._work())
        self._tag = await queue.consume(self._waiting.put)

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while not self._waiting.empty() and len(batch) < PREFETCH:
                batch.append(self._waiting.get_nowait())
            taken = False
            while not taken:
                taken = await self._taken(batch)
            for _ in batch:
                self._waiting.task_done()

    async def _taken(self, batch: list[AbstractIncomingMessage]) -> bool:
        try:
            await self._take(batch)
        except Exception:
            # Unacknowledged is not lost, but nobody would take it while this consumer lives.
            self._log.exception("messages could not be taken over yet", count=len(batch))
            await asyncio.sleep(1)
            return False
        return True

    async def _take(self, batch: list[AbstractIncomingMessage]) -> None:
        envelopes: list[Envelope] = []
        for message in batch:
            readable, unreadable = self._read(message.body)
            envelopes += readable
            for piece in unreadable:
                await self._subscription.refuse(piece.body, piece.reason)
        if envelopes:
            await self._subscription.deliver(envelopes)
        for message in batch:
            try:
                await message.ack()
            except GONE as error:
                # The connection went meanwhile: the message comes again and the inbox knows it.
                self._log.info("acknowledgement lost", error=repr(error))

    def _read(self, body: bytes) -> tuple[list[Envelope], list[Unreadable]]:
        # What the broker gave up is not tried once more: a person looks at it first.
        return ([], [Unreadable(body, GIVEN_UP)]) if self._given_up else decode(body)

    async def stop(self) -> None:
        if self._queue is not None:
            try:
                await asyncio.wait_for(self._queue.cancel(self._tag), 2)
                await asyncio.wait_for(self._waiting.join(), 20)
            except GONE as error:
                self._log.info("stopped without the broker", error=repr(error))
        if self._worker is not None:
            self._worker.cancel()
