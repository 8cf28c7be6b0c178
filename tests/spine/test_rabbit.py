"""The bus over a real RabbitMQ: confirmed, in order, packed, and nothing lost when a link breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aio_pika
import pytest

from shared.errors import Outage
from shared.events.calendar import ReleaseSlot, SlotReleased
from shared.messaging.bus import Subscription
from shared.messaging.envelope import Envelope, encode
from shared.messaging.rabbit import RabbitBus
from shared.messaging.topology import in_order
from tests.support.line import Line
from tests.support.spine import a_runtime, letter

TOPOLOGY = {"calendar": (), "booking": ("calendar.released",)}
RUNTIME = a_runtime()


@dataclass
class Listener:
    """What a service was handed."""

    taken: list[Envelope] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    fails: int = 0

    async def deliver(self, envelopes: list[Envelope]) -> None:
        self.taken += envelopes

    async def refuse(self, body: bytes, reason: str) -> None:
        self.refused.append(reason)

    def subscription(self, service: str) -> Subscription:
        return Subscription(service, TOPOLOGY[service], self.deliver, self.refuse)


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[RabbitBus]:
    rabbit = RabbitBus(amqp_url, TOPOLOGY)
    yield rabbit
    await rabbit.close()


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true() and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.01)
    assert true(), "it did not happen in time"


def release(booking: str, item: str) -> Envelope:
    return letter(ReleaseSlot(booking_id=booking, item_id=item), RUNTIME)


def released(booking: str, item: str) -> Envelope:
    return letter(SlotReleased(booking_id=booking, item_id=item), RUNTIME, source="calendar")


async def test_a_command_reaches_its_receiver_and_an_event_whoever_listens(bus: RabbitBus) -> None:
    calendar, booking = Listener(), Listener()
    await bus.publish([release("bk_1", "it_1"), released("bk_1", "it_1")])
    await bus.subscribe(calendar.subscription("calendar"))
    await bus.subscribe(booking.subscription("booking"))
    await until(lambda: bool(calendar.taken and booking.taken))
    assert [one.type for one in calendar.taken] == ["calendar.release"]
    assert [one.type for one in booking.taken] == ["calendar.released"]


async def test_what_waits_together_travels_together_and_stays_in_order(bus: RabbitBus) -> None:
    calendar = Listener()
    sent = [release(f"bk_{number % 7}", f"it_{number}") for number in range(500)]
    await bus.publish(sent)
    await bus.subscribe(calendar.subscription("calendar"))
    await until(lambda: len(calendar.taken) == 500)
    for booking in {one.subject for one in sent}:
        wanted = [one.id for one in sent if one.subject == booking]
        assert [one.id for one in calendar.taken if one.subject == booking] == wanted


async def test_a_command_that_no_queue_takes_is_an_outage_and_not_lost_in_silence(amqp_url: str) -> None:
    bus = RabbitBus(amqp_url, {"booking": ()})
    with pytest.raises(Outage):
        await bus.publish([release("bk_1", "it_1")])
    await bus.close()


async def test_a_broken_body_goes_to_its_receivers_dead_letters_and_the_next_message_flows(
    bus: RabbitBus, amqp_url: str
) -> None:
    calendar = Listener()
    await bus.publish([])
    await bus.subscribe(calendar.subscription("calendar"))
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("holdfast.cmd")
        for body in (b"\xff\xfe", b"{}", b"[1, 2]"):
            await exchange.publish(aio_pika.Message(body), "calendar")
    await bus.publish([release("bk_1", "it_1")])
    await until(lambda: bool(calendar.taken) and len(calendar.refused) == 4)


async def test_what_the_broker_gave_up_is_buried_and_not_tried_again(bus: RabbitBus, amqp_url: str) -> None:
    calendar = Listener()
    await bus.publish([])
    await bus.subscribe(calendar.subscription("calendar"))
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        dead = await channel.get_exchange("holdfast.dlx")
        await dead.publish(aio_pika.Message(encode([release("bk_1", "it_1")])), "calendar")
    await until(lambda: bool(calendar.refused))
    assert "gave it up" in calendar.refused[0]
    assert calendar.taken == []


async def test_a_message_that_was_not_acknowledged_comes_again(amqp_url: str) -> None:
    dying = RabbitBus(amqp_url, TOPOLOGY)
    stuck = asyncio.Event()

    async def never_ends(_: list[Envelope]) -> None:
        stuck.set()
        await asyncio.Event().wait()

    await dying.publish([release("bk_1", "it_1")])
    await dying.subscribe(Subscription("calendar", (), never_ends, Listener().refuse))
    await asyncio.wait_for(stuck.wait(), 10)
    consuming = dying._consuming
    assert consuming is not None
    await consuming.close()
    successor, calendar = RabbitBus(amqp_url, TOPOLOGY), Listener()
    await successor.subscribe(calendar.subscription("calendar"))
    await until(lambda: bool(calendar.taken))
    await successor.close()
    dying._consumers["calendar"]._worker.cancel()  # type: ignore[union-attr]
    await dying.close()


async def test_live_events_are_heard_by_pattern_and_by_every_listener(bus: RabbitBus) -> None:
    heard: dict[str, list[str]] = {"one": [], "two": []}

    async def hear_one(envelope: Envelope) -> None:
        heard["one"].append(envelope.type)

    async def hear_two(envelope: Envelope) -> None:
        heard["two"].append(envelope.type)

    await bus.listen(["calendar.*"], hear_one)
    await bus.listen(["calendar.released", "booking.*"], hear_two)
    while not (heard["one"] and heard["two"]):
        await bus.publish([released("bk_1", "it_1")])
        await asyncio.sleep(0.05)
    assert set(heard["one"]) == set(heard["two"]) == {"calendar.released"}


async def test_no_broker_is_an_outage_in_words(unused_tcp_port: int) -> None:
    bus = RabbitBus(f"amqp://guest:guest@127.0.0.1:{unused_tcp_port}/", TOPOLOGY)
    with pytest.raises(Outage, match="RabbitMQ does not answer"):
        await bus.publish([release("bk_1", "it_1")])
    assert not bus.connected
    await bus.close()


async def test_a_broker_that_went_away_is_an_outage_and_everything_goes_on_when_it_is_back(
    amqp_url: str,
) -> None:
    there = urlsplit(amqp_url)
    with Line(there.hostname or "", there.port or 5672) as line:
        login = there.netloc.rpartition("@")[0]
        rabbit = RabbitBus(f"amqp://{login}@127.0.0.1:{line.port}{there.path}", TOPOLOGY)
        calendar, booking = Listener(), Listener()
        try:
            await rabbit.subscribe(calendar.subscription("calendar"))
            await rabbit.publish([release("bk_1", "it_1")])
            await until(lambda: len(calendar.taken) == 1)
            line.refuse()
            await until(lambda: not rabbit.connected)
            with pytest.raises(Outage):
                await rabbit.publish([release("bk_1", "it_2")])
            # Whoever begins to listen meanwhile hears when there is something to hear.
            await rabbit.subscribe(booking.subscription("booking"))
            await asyncio.sleep(0.1)
            line.mend()
            await until(lambda: rabbit.connected)
            await rabbit.publish([release("bk_1", "it_2"), released("bk_1", "it_1")])
            await until(lambda: len(calendar.taken) == 2 and len(booking.taken) == 1)
        finally:
            await rabbit.close()


def test_packs_keep_the_order_of_a_subject_across_kinds() -> None:
    first, second, third = released("bk_1", "a"), release("bk_1", "b"), released("bk_1", "c")
    other = released("bk_2", "d")
    levels = [[pack for _, pack in level] for level in in_order([first, other, second, third])]
    assert levels == [[[first, other]], [[second]], [[third]]]
