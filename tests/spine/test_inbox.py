"""The inbox: once in effect, whatever the bus does."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import Outage
from shared.events.calendar import ReleaseSlot
from shared.messaging.envelope import encode
from shared.messaging.inbox import DeadLetters
from shared.runtime import ManualClock
from tests.support.spine import Small, a_runtime, letter, small_service


@pytest.fixture
async def calendar(database_url: str) -> AsyncIterator[Small]:
    async with small_service("calendar", database_url, a_runtime()) as service:
        yield service


def a_release(item: str = "it_1") -> ReleaseSlot:
    return ReleaseSlot(booking_id="bk_1", item_id=item)


async def test_a_message_that_comes_five_times_is_handled_once(calendar: Small) -> None:
    sent = letter(a_release(), calendar.desk.runtime)
    for _ in range(3):
        await calendar.inbox.take_over([sent])
    await calendar.inbox.take_over([sent, sent])
    assert await calendar.value("it_1") == 1
    assert await calendar.outgoing() == ["calendar.released"]


async def test_a_batch_is_one_transaction_and_its_bad_message_spoils_only_itself(calendar: Small) -> None:
    runtime = calendar.desk.runtime
    good = [letter(a_release(f"it_{number}"), runtime) for number in range(3)]
    bad = letter(a_release("it_bad"), runtime)
    broken = type(bad).from_wire({**bad.to_wire(), "data": {"item_id": 5}})
    await calendar.inbox.take_over([good[0], broken, *good[1:]])
    assert [await calendar.value(f"it_{number}") for number in range(3)] == [1, 1, 1]
    assert (await calendar.shelf())[broken.id] == "dead"


async def test_an_outage_parks_the_message_and_undoes_its_half_work(calendar: Small) -> None:
    calendar.world.down = True
    sent = letter(a_release(), calendar.desk.runtime)
    await calendar.inbox.take_over([sent])
    assert (await calendar.shelf())[sent.id] == "parked"
    assert await calendar.value("it_1") == 0
    assert await calendar.inbox.work_off() == 0, "not before its time"


async def test_a_parked_message_is_handled_when_the_outage_is_over(calendar: Small) -> None:
    clock = calendar.desk.runtime.clock
    assert isinstance(clock, ManualClock)
    calendar.world.down = True
    sent = letter(a_release(), calendar.desk.runtime)
    await calendar.inbox.take_over([sent])
    for _ in range(3):
        clock.advance(120)
        await calendar.inbox.work_off()
    assert (await calendar.shelf())[sent.id] == "parked"
    calendar.world.down = False
    clock.advance(120)
    await calendar.inbox.work_off()
    assert (await calendar.shelf())[sent.id] == "done"
    assert await calendar.value("it_1") == 1


async def test_a_bug_makes_a_dead_letter_that_an_operator_mends_and_replays(calendar: Small) -> None:
    calendar.world.broken = True
    sent = letter(a_release(), calendar.desk.runtime)
    await calendar.inbox.take_over([sent])
    letters = DeadLetters(calendar.inbox)
    (dead,) = await letters.all("dead")
    assert "a bug" in dead.error
    calendar.world.broken = False
    assert await letters.replay(sent.id, {"booking_id": "bk_1", "item_id": "it_mended"})
    await calendar.inbox.work_off()
    assert await calendar.value("it_mended") == 1
    assert await letters.all("dead") == []


async def test_a_dead_letter_can_be_dropped_and_stays_known(calendar: Small) -> None:
    calendar.world.broken = True
    sent = letter(a_release(), calendar.desk.runtime)
    await calendar.inbox.take_over([sent])
    assert await DeadLetters(calendar.inbox).drop(sent.id)
    calendar.world.broken = False
    await calendar.inbox.take_over([sent])
    assert await calendar.value("it_1") == 0


async def test_a_body_that_is_no_message_is_kept_readable_and_what_follows_flows(calendar: Small) -> None:
    await calendar.inbox.bury(b"\xff not json", "not JSON")
    await calendar.inbox.take_over([letter(a_release(), calendar.desk.runtime)])
    (dead,) = await DeadLetters(calendar.inbox).all("dead")
    assert "not json" in dead.envelope["body"]
    assert await calendar.value("it_1") == 1


async def test_what_the_broker_gave_up_can_be_replayed_unless_it_was_handled(calendar: Small) -> None:
    lost, known = (letter(a_release(item), calendar.desk.runtime) for item in ("it_lost", "it_known"))
    await calendar.inbox.take_over([known])
    await calendar.inbox.bury(encode([lost, known]), "the broker gave it up")
    assert await calendar.shelf() == {lost.id: "dead", known.id: "done"}
    assert await DeadLetters(calendar.inbox).replay(lost.id, None)
    await calendar.inbox.work_off()
    assert await calendar.value("it_lost") == 1
    assert await calendar.value("it_known") == 1


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("strange", ["a\x00b", "\ud800", float("nan"), float("-inf"), nested(400)], ids=ascii)
async def test_what_no_database_keeps_is_a_dead_letter_in_words(calendar: Small, strange: Any) -> None:
    sent = letter(a_release(), calendar.desk.runtime)
    data = {"booking_id": "bk_1", "more": strange}
    await calendar.inbox.take_over(
        [replace(sent, data=data), letter(a_release("it_2"), calendar.desk.runtime)]
    )
    (dead,) = await DeadLetters(calendar.inbox).all("dead")
    assert "does not fit" in dead.error
    assert sent.id in dead.envelope["body"]
    assert await calendar.value("it_2") == 1


async def fail_midway(calendar: Small) -> None:
    async with calendar.desk.unit_of_work() as work:
        work.publish(a_release())
        await work.schedule("errand", "e1", work.now)
        raise Outage("midway")


async def test_a_handler_that_fails_leaves_nothing_behind(calendar: Small) -> None:
    with pytest.raises(Outage):
        await fail_midway(calendar)
    assert await calendar.outgoing() == []
    assert await calendar.tasks.perform_due() == 0
