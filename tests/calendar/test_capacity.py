"""Rooms, classes and restaurants: what many may take at once, on both kinds of database."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from services.calendar.tables import slot_cells
from shared.events.calendar import ConfirmSlot, HoldRefused, ReleaseSlot, SlotConfirmed, SlotHeld
from shared.events.values import Resource
from tests.support.calendar import resource, schedule
from tests.support.calendar_service import NOON, Calendar, hold_slot

HOUR = timedelta(hours=1)


async def units(calendar: Calendar) -> list[int]:
    async with calendar.service.database.reading() as connection:
        return list((await connection.execute(select(slot_cells.c.taken))).scalars())


async def outcome(
    calendar: Calendar, item: str, quantity: int = 1, start: datetime = NOON, **fields: object
) -> str:
    """`held`, or the reason of the refusal."""
    (said,) = await calendar.send(hold_slot(item, start, quantity=quantity, **fields))
    assert isinstance(said, SlotHeld | HoldRefused)
    return "held" if isinstance(said, SlotHeld) else said.detail or said.reason


async def give_back(calendar: Calendar, item: str) -> None:
    await calendar.send(ReleaseSlot(booking_id="bk", item_id=item))


def room(capacity: int) -> Resource:
    return resource(capacity=capacity)


async def test_a_room_for_three_takes_three_and_the_place_of_one_who_leaves(calendar: Calendar) -> None:
    await calendar.define(resources=(room(3),))
    assert [await outcome(calendar, f"it_{one}") for one in "1234"] == ["held"] * 3 + ["slot_taken"]
    await give_back(calendar, "it_2")
    assert await outcome(calendar, "it_5") == "held"
    assert await calendar.active() == 3


async def test_a_party_takes_as_many_places_as_it_has_people(calendar: Calendar) -> None:
    await calendar.define(resources=(room(5),))
    assert await outcome(calendar, "it_1", 3) == "held"
    assert await outcome(calendar, "it_2", 3) == "slot_taken"
    assert await outcome(calendar, "it_3", 2) == "held"
    assert await outcome(calendar, "it_4", 6) == "too_many"


async def test_a_class_fills_its_seats_while_its_teacher_can_do_nothing_else(calendar: Calendar) -> None:
    await calendar.define(schedule(capacity=3), schedule("consulting.lesson"))
    assert await outcome(calendar, "it_1", 2) == "held"
    assert await outcome(calendar, "it_2", offering="consulting.lesson") == "slot_taken"
    assert await outcome(calendar, "it_3", 2) == "slot_taken"
    assert await outcome(calendar, "it_4") == "held"
    assert await outcome(calendar, "it_5") == "slot_taken"
    await give_back(calendar, "it_1")
    assert await outcome(calendar, "it_6", 2) == "held"
    for item in ("it_4", "it_6"):
        await give_back(calendar, item)
    assert await outcome(calendar, "it_7", offering="consulting.lesson") == "held"
    assert await units(calendar) == []


async def test_a_private_lesson_keeps_the_class_away(calendar: Calendar) -> None:
    await calendar.define(schedule(capacity=3), schedule("consulting.lesson"))
    assert await outcome(calendar, "it_1", offering="consulting.lesson") == "held"
    assert await outcome(calendar, "it_2") == "slot_taken"
    assert await units(calendar) == []


async def test_a_restaurant_is_full_when_its_guests_are_too_many_at_any_moment(calendar: Calendar) -> None:
    await calendar.define(schedule(duration=120, step=30), resources=(room(40),))
    assert await outcome(calendar, "it_1", 30) == "held"
    assert await outcome(calendar, "it_2", 10, NOON + HOUR) == "held"
    assert await outcome(calendar, "it_3", 1, NOON - HOUR / 2) == "slot_taken"
    assert await outcome(calendar, "it_4", 30, NOON + 2 * HOUR) == "held"
    await give_back(calendar, "it_1")
    assert await outcome(calendar, "it_5", 1, NOON - HOUR / 2) == "held"
    assert max(await units(calendar)) == 40


async def test_an_offering_limits_one_start_below_what_its_resource_can_serve(calendar: Calendar) -> None:
    await calendar.define(schedule(capacity=4, step=30), resources=(room(6),))
    assert await outcome(calendar, "it_1", 4) == "held"
    assert await outcome(calendar, "it_2", 1) == "slot_taken"
    assert await outcome(calendar, "it_3", 2, NOON + HOUR / 2) == "held"
    assert await outcome(calendar, "it_4", 1, NOON + HOUR / 2) == "slot_taken"


@pytest.mark.parametrize(("capacity", "seats"), [(40, 1), (1, 3), (6, 4)])
async def test_seats_of_a_lapsed_hold_are_given_back_and_counted_again_when_it_is_confirmed_after_all(
    calendar: Calendar, capacity: int, seats: int
) -> None:
    await calendar.define(schedule(capacity=seats), resources=(room(capacity),))
    assert await outcome(calendar, "it_1", 2) == "held"
    before = sorted(await units(calendar))
    await calendar.pass_time(hours=1)
    assert await units(calendar) == []
    confirm = ConfirmSlot(booking_id="bk_1", item_id="it_1")
    await calendar.answer(confirm, SlotConfirmed)
    assert sorted(await units(calendar)) == before


async def test_a_daily_maximum_refuses_what_would_be_too_much_for_the_day(calendar: Calendar) -> None:
    await calendar.define(resources=(resource(daily_maximum=2),))
    starts = [NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 24 * HOUR]
    outcomes = [await outcome(calendar, f"it_{number}", 1, start) for number, start in enumerate(starts)]
    assert outcomes == ["held", "held", "daily_maximum", "held"]


async def test_the_second_resource_takes_what_the_first_cannot(calendar: Calendar) -> None:
    both = ("consulting.ada", "consulting.bob")
    await calendar.define(schedule(resources=both), resources=tuple(resource(id) for id in both))
    held = [await calendar.answer(hold_slot(item), SlotHeld) for item in ("it_1", "it_2")]
    assert [one.resource for one in held] == list(both)
    assert await outcome(calendar, "it_3") == "slot_taken"


async def test_a_resource_that_grows_keeps_its_units_and_never_overbooks(
    calendar: Calendar,
) -> None:
    await calendar.define(resources=(room(2),))
    assert [await outcome(calendar, f"it_{one}") for one in "123"] == ["held", "held", "slot_taken"]
    await calendar.define(resources=(room(22),), revision=2)
    assert [await outcome(calendar, f"it_{one}") for one in range(4, 25)] == ["held"] * 20 + ["slot_taken"]
