"""The relay and the bus of one process: nothing lost, order kept, nothing before it is safe."""

from collections.abc import AsyncIterator, Sequence

import pytest

from shared.errors import Outage
from shared.events.calendar import ReleaseSlot
from shared.messaging.bus import Subscription
from shared.messaging.envelope import Envelope
from shared.messaging.local import LocalBus
from shared.messaging.relay import Relay
from tests.support.databases import NewDatabase
from tests.support.spine import Small, a_runtime, small_service


class Shared(LocalBus):
    """A bus that other processes use, too."""

    stores = False


class LosesConfirms(LocalBus):
    """Delivers, and then says that it may not have."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 2

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        await super().publish(envelopes)
        if self.failures:
            self.failures -= 1
            raise Outage("no confirm came")


@pytest.fixture
async def pair(new_database: NewDatabase) -> AsyncIterator[tuple[Small, Small]]:
    runtime = a_runtime()
    async with (
        small_service("booking", new_database(), runtime) as booking,
        small_service("calendar", new_database(), runtime) as calendar,
    ):
        yield booking, calendar


async def connect(bus: LocalBus, *services: Small) -> None:
    for service in services:
        heard = ("calendar.released",) if service.desk.service == "booking" else ()
        inbox = service.inbox
        await bus.subscribe(Subscription(service.desk.service, heard, inbox.put, inbox.bury))


async def say(booking: Small, *items: str) -> None:
    for item in items:
        async with booking.desk.unit_of_work() as work:
            work.publish(ReleaseSlot(booking_id="bk_1", item_id=item))


async def test_a_command_goes_to_its_receiver_and_the_answer_comes_back(pair: tuple[Small, Small]) -> None:
    booking, calendar = pair
    bus = LocalBus()
    await connect(bus, booking, calendar)
    await say(booking, "it_1")
    await booking.relay(bus).carry()
    await calendar.inbox.work_off()
    await calendar.relay(bus).carry()
    await booking.inbox.work_off()
    assert await booking.value("it_1 released") == 1
    assert await booking.outgoing() == await calendar.outgoing() == []


async def test_a_lost_confirm_sends_again_and_is_handled_once(pair: tuple[Small, Small]) -> None:
    booking, calendar = pair
    bus = LosesConfirms()
    await connect(bus, booking, calendar)
    await say(booking, "it_1", "it_2")
    relay = booking.relay(bus)
    for _ in range(2):
        with pytest.raises(Outage):
            await relay.carry()
        assert len(await booking.outgoing()) == 2, "kept until it is confirmed"
    await relay.carry()
    await calendar.inbox.work_off()
    assert [await calendar.value("it_1"), await calendar.value("it_2")] == [1, 1]
    assert await booking.outgoing() == []


async def test_only_one_of_two_relays_carries_a_shard(pair: tuple[Small, Small]) -> None:
    booking, calendar = pair
    bus = Shared()
    await connect(bus, booking, calendar)
    first, second = booking.relay(bus), Relay(booking.desk, bus, poll=0.01)
    await say(booking, "it_1")
    assert await first.carry() == 1
    await say(booking, "it_2")
    assert await second.carry() == 0
    await first.let_go()
    third = Relay(booking.desk, bus, poll=0.01)
    assert await third.carry() == 1
