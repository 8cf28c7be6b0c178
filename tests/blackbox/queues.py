"""The queue of one service, as somebody sees it who can write to the broker and has the operator's key."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import httpx
from aio_pika.abc import AbstractChannel
from sqlalchemy import select

from shared.db import Database
from tests.blackbox.broken import Broken, Json, unknown
from tests.support.evidence import SPINES
from tests.support.installation import Installation


class ServiceQueue:
    """Puts anything into the queue, and reads and mends what became of it."""

    def __init__(
        self, service: str, installation: Installation, channel: AbstractChannel, http: httpx.AsyncClient
    ) -> None:
        self.service = service
        self._installation = installation
        self._channel = channel
        self._http = http
        self._letters = f"/v1/admin/messages/{service}"

    async def send(self, body: bytes, **properties: Any) -> None:
        """Put a message into the queue and nowhere else."""
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, **properties)
        await self._channel.default_exchange.publish(message, f"holdfast.{self.service}")

    async def waiting(self, suffix: str = "") -> int:
        """How many messages lie in the broker's queue."""
        queue = await self._channel.declare_queue(f"holdfast.{self.service}{suffix}", passive=True)
        return int(queue.declaration_result.message_count or 0)

    async def dead_letters(self) -> list[Json]:
        """What the operator reads."""
        answer = await self._http.get(self._letters)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])

    async def dead_letters_up_to(self, last: Broken, seconds: float = 30) -> list[Json]:
        """What the operator reads as soon as this one is there: the queue is taken in order."""
        deadline = time.monotonic() + seconds
        while True:
            found = await self.dead_letters()
            if any(last.is_it(letter) for letter in found) or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.05)

    async def handled(self) -> str:
        """The id of a message that the service has handled."""
        spine = SPINES[self.service]
        database = Database(self._installation.databases[self.service], pool=1)
        try:
            async with database.reading() as connection:
                done = select(spine.inbox.c.id).where(spine.inbox.c.status == "done").limit(1)
                return str((await connection.execute(done)).scalar_one())
        finally:
            await database.dispose()

    async def free_times(self, offering: str) -> httpx.Response:
        """What everybody is told of an offering's times."""
        return await self._http.get("/v1/availability", params={"offering": offering})

    async def offers_within(self, offering: str, seconds: float) -> list[Json]:
        """The free times of an offering, as soon as it has any."""
        deadline = time.monotonic() + seconds
        while (answer := await self.free_times(offering)).status_code != 200:
            assert time.monotonic() < deadline, answer.text
            await asyncio.sleep(0.05)
        return list(answer.json()["slots"])

    async def replay(self, letter: str, body: Json) -> None:
        """Have a dead letter handled again with another body."""
        answer = await self._http.post(f"{self._letters}/{letter}/replay", json={"body": body})
        assert answer.status_code == 200, answer.text

    async def drop(self, letters: Sequence[Json]) -> None:
        """Give up dead letters."""
        for letter in letters:
            answer = await self._http.post(f"{self._letters}/{letter['id']}/drop")
            assert answer.status_code == 200, answer.text

    async def takes_to_the_grave(self, broken: Sequence[Broken]) -> list[str]:
        """Send everything, drop what came of it, and say in words what is not as promised."""
        last = unknown(self.service)
        for one in (*broken, last):
            await self.send(one.body)
        letters = await self.dead_letters_up_to(last)
        await self.drop(letters)
        found = [complaint for one in (*broken, last) if (complaint := _complaint(one, letters))]
        strange = [letter for letter in letters if not any(one.is_it(letter) for one in (*broken, last))]
        return found + [f"a dead letter nobody sent: {letter}" for letter in strange]


def _complaint(broken: Broken, letters: Sequence[Json]) -> str:
    mine = [letter for letter in letters if broken.is_it(letter)]
    if not mine and broken.may_be_handled:
        return ""
    if len(mine) != 1:
        return f"{broken.kind}: {len(mine)} dead letters"
    return "" if broken.is_told_by(mine[0]) else f"{broken.kind}: the reason is {mine[0]['error']!r}"


@asynccontextmanager
async def queue_of(service: str, installation: Installation) -> AsyncIterator[ServiceQueue]:
    """The queue of a service of the installation."""
    connection = await aio_pika.connect(installation.environment["HOLDFAST_AMQP_URL"])
    async with (
        connection,
        httpx.AsyncClient(
            base_url=installation.url, headers=installation.operator, timeout=20, trust_env=False
        ) as http,
    ):
        yield ServiceQueue(service, installation, await connection.channel(), http)
