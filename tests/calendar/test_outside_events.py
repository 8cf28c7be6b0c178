"""Outside calendars show one event per booked item and none for any other, whatever order wishes come in."""

import asyncio

import pytest

from services.calendar.sources.port import OutsideEvent
from shared.errors import Outage
from shared.events.calendar import (
    CancelSlot,
    ConfirmSlot,
    EventRemoved,
    EventWritten,
    ReleaseSlot,
    SlotReleased,
)
from shared.events.message import Message
from shared.events.values import SourceRef
from tests.support.booking_facts import remove_event, write_event
from tests.support.calendar import resource
from tests.support.calendar_service import NOON, Calendar, Diary, calendar_at, hold_slot, ref

ADAS = SourceRef(kind="google", calendar="ada@example.com")


async def booked(calendar: Calendar, item_id: str = "it_1") -> None:
    """Ada's hour at noon is booked, and her calendar is connected."""
    await calendar.define(resources=(resource(source=ADAS),))
    confirm = ConfirmSlot(booking_id="bk_1", item_id=item_id, ref=ref(f"sg_{item_id}"))
    await calendar.send(hold_slot(item_id), confirm)


async def settled(calendar: Calendar, *messages: Message) -> list[Message]:
    """Deliver messages, let the tasks call the world, and hear what is said."""
    said = await calendar.send(*messages)
    await calendar.work()
    return said + await calendar.said()


async def test_a_confirmed_item_is_written_once_with_what_ada_needs_to_know(
    calendar: Calendar, diary: Diary
) -> None:
    await booked(calendar)
    command = write_event()
    assert await settled(calendar, command) == [
        EventWritten(ref=command.ref, booking_id="bk_1", item_id="it_1", calendar="ada@example.com")
    ]
    event = diary.events["it_1"]
    assert (event.title, event.starts_at, event.timezone) == ("Advice: Grace Hopper", NOON, "Europe/Berlin")
    assert event.lines == (
        "Name: Grace Hopper",
        "E-mail: grace@example.com",
        "Phone: +49 30 1234",
        "Notes: <b>Cobol</b>",
        "Booking: BK-7F3K-92QD",
        "See: http://127.0.0.1:8000/bookings/bk_1",
    )
    assert await calendar.tasks() == []


async def test_without_a_connected_calendar_the_answer_comes_at_once(database_url: str) -> None:
    async with calendar_at(database_url) as unconnected:
        await booked(unconnected)
        written = await unconnected.answer(write_event(), EventWritten)
        assert written.calendar is None
        assert await unconnected.tasks() == []


async def test_a_resource_without_a_calendar_needs_none(calendar: Calendar, diary: Diary) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    assert (await calendar.answer(write_event(), EventWritten)).calendar is None
    assert diary.calls == []


async def test_the_same_wish_again_is_answered_without_asking_the_world(
    calendar: Calendar, diary: Diary
) -> None:
    await booked(calendar)
    await settled(calendar, write_event())
    again = await calendar.answer(write_event(epoch=2), EventWritten)
    assert (again.ref, again.calendar) == (write_event(epoch=2).ref, "ada@example.com")
    assert diary.calls == ["put it_1"]


async def test_a_wish_sent_again_before_it_is_fulfilled_is_answered_once_to_the_newest(
    calendar: Calendar, diary: Diary
) -> None:
    await booked(calendar)
    said = await settled(calendar, write_event(), write_event(epoch=2), write_event(epoch=3))
    assert [one.ref for one in said if isinstance(one, EventWritten)] == [write_event(epoch=3).ref]
    assert diary.calls == ["put it_1"]


async def test_a_changed_booking_changes_its_event(calendar: Calendar, diary: Diary) -> None:
    await booked(calendar)
    await settled(calendar, write_event())
    await settled(calendar, write_event(epoch=2, name="Ada Byron"))
    assert diary.events["it_1"].title == "Advice: Ada Byron"
    assert len(diary.events) == 1


async def test_an_outage_only_delays_the_event(calendar: Calendar, diary: Diary) -> None:
    await booked(calendar)
    diary.down = True
    assert await settled(calendar, write_event()) == []
    for _ in range(5):
        assert await calendar.pass_time(minutes=2) == []
    diary.down = False
    assert [type(one) for one in await calendar.pass_time(minutes=2)] == [EventWritten]
    assert list(diary.events) == ["it_1"]


async def test_a_cancelled_item_disappears_outside(calendar: Calendar, diary: Diary) -> None:
    await booked(calendar)
    await settled(calendar, write_event())
    cancel = CancelSlot(booking_id="bk_1", item_id="it_1", ref=ref("sg_cancel"))
    said = await settled(calendar, cancel, remove_event())
    assert [type(one) for one in said] == [SlotReleased, EventRemoved]
    assert diary.events == {}
    again = await calendar.answer(remove_event(epoch=2), EventRemoved)
    assert again.ref == remove_event(epoch=2).ref


async def test_removing_what_was_never_written_asks_nobody(calendar: Calendar, diary: Diary) -> None:
    await booked(calendar)
    removed = await calendar.answer(remove_event(), EventRemoved)
    assert removed.ref == remove_event().ref
    assert diary.calls == []


async def test_a_wish_that_comes_after_its_removal_is_not_fulfilled(calendar: Calendar, diary: Diary) -> None:
    await booked(calendar)
    await calendar.send(remove_event())
    late = await calendar.answer(write_event(), EventRemoved)
    assert late.ref == write_event().ref
    assert diary.calls == []


async def test_a_wish_for_an_item_that_was_given_back_is_not_fulfilled(
    calendar: Calendar, diary: Diary
) -> None:
    await booked(calendar)
    await calendar.send(CancelSlot(booking_id="bk_1", item_id="it_1", ref=ref("sg_cancel")))
    await calendar.answer(write_event(), EventRemoved)
    assert diary.calls == []


async def test_an_item_that_is_booked_again_is_written_again(calendar: Calendar, diary: Diary) -> None:
    await booked(calendar)
    await settled(calendar, write_event())
    release = ReleaseSlot(booking_id="bk_1", item_id="it_1", ref=ref("sg_it_1"))
    await settled(calendar, remove_event(), release)
    await calendar.send(hold_slot(ref=ref("sg_2")))
    said = await settled(calendar, write_event(saga="sg_2"))
    assert [type(one) for one in said] == [EventWritten]
    assert list(diary.events) == ["it_1"]


async def test_written_and_removed_before_anything_was_called_ends_with_nothing_outside(
    calendar: Calendar, diary: Diary
) -> None:
    await booked(calendar)
    said = await settled(calendar, write_event(), remove_event())
    assert [type(one) for one in said] == [EventRemoved]
    assert diary.events == {}


class SlowDiary(Diary):
    """A diary whose first answer comes only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def put(self, calendar: str, event: OutsideEvent) -> str:
        self.asked.set()
        await self.may_answer.wait()
        return await super().put(calendar, event)


@pytest.fixture
def slow(diary: Diary) -> SlowDiary:
    return SlowDiary()


async def test_a_removal_waits_for_the_write_that_is_under_way(database_url: str, slow: SlowDiary) -> None:
    async with calendar_at(database_url, sources={"google": slow}) as calendar:
        await booked(calendar)
        await calendar.send(write_event())
        writing = asyncio.create_task(calendar.service.tasks.perform_due())
        await slow.asked.wait()
        assert await calendar.send(remove_event()) == []
        await calendar.work()
        assert slow.calls == []
        slow.may_answer.set()
        await writing
        await calendar.work()
        assert slow.calls == ["put it_1", "remove it_1"]
        assert [type(one) for one in await calendar.said()] == [EventRemoved]
        assert slow.events == {}


async def test_a_removal_waits_for_a_write_that_may_have_outlived_its_caller(
    database_url: str, diary: Diary
) -> None:
    class Dying(Diary):
        async def put(self, calendar: str, event: OutsideEvent) -> str:
            self.calls.append("put, and no answer")
            raise Outage("no answer")

    dying = Dying()
    async with calendar_at(database_url, sources={"google": dying}) as calendar:
        await booked(calendar)
        await settled(calendar, write_event())
        await settled(calendar, remove_event())
        assert dying.calls == ["put, and no answer"]
        assert [type(one) for one in await calendar.pass_time(seconds=61)] == [EventRemoved]
        assert dying.calls[-1] == "remove it_1"


async def test_an_event_stays_in_the_calendar_it_was_written_to(calendar: Calendar, diary: Diary) -> None:
    await booked(calendar)
    await settled(calendar, write_event())
    elsewhere = SourceRef(kind="google", calendar="new@example.com")
    await calendar.define(resources=(resource(source=elsewhere),), revision=2)
    (said,) = await settled(calendar, write_event(epoch=2, name="Ada Byron"))
    assert isinstance(said, EventWritten)
    assert said.calendar == "ada@example.com"
