"""Many want the same time at once. The race is also run without its protection, to show it can be lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from services.calendar.tables import holds
from shared.db import Database
from shared.events.calendar import ConfirmSlot, HoldRefused, HoldSlot, ReleaseSlot, SlotHeld
from shared.events.message import Message
from tests.support.calendar import resource, schedule
from tests.support.calendar_service import NOON, NOW, Calendar, calendar_at, hold_slot, ref

MANY = 100
QUARTER = timedelta(minutes=15)


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[list[Calendar]]:
    """The calendar as it runs: two processes' worth on PostgreSQL, one on SQLite."""
    count = 2 if database_url.startswith("postgresql") else 1
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(calendar_at(database_url)) for _ in range(count)]


async def race(replicas: list[Calendar], commands: Iterable[Message]) -> list[Message]:
    """Deliver all commands at once, to the replicas in turn. Returns the answers."""
    every = list(commands)
    await asyncio.gather(
        *(replicas[number % len(replicas)].deliver(command) for number, command in enumerate(every))
    )
    return await replicas[0].said()


def holds_for(starts: Iterable[datetime]) -> list[HoldSlot]:
    return [hold_slot(f"it_{number}", start) for number, start in enumerate(starts)]


def refusals(said: Iterable[Message]) -> list[HoldRefused]:
    return [one for one in said if isinstance(one, HoldRefused)]


def winners(said: Iterable[Message]) -> int:
    return sum(isinstance(one, SlotHeld) for one in said)


async def test_of_a_hundred_who_want_one_slot_exactly_one_gets_it(replicas: list[Calendar]) -> None:
    await replicas[0].define()
    said = await race(replicas, holds_for([NOON] * MANY))
    assert (len(said), winners(said), await replicas[0].active()) == (MANY, 1, 1)
    hour = timedelta(hours=1)
    assert Counter((one.reason, one.nearest) for one in refusals(said)) == {
        ("slot_taken", (NOON - 2 * hour, NOON - hour, NOON + hour)): MANY - 1
    }


async def test_of_a_hundred_who_want_overlapping_slots_exactly_one_gets_one(
    replicas: list[Calendar],
) -> None:
    await replicas[0].define(schedule(step=15))
    said = await race(replicas, holds_for(NOON + QUARTER * (number % 4) for number in range(MANY)))
    assert (len(said), winners(said), await replicas[0].active()) == (MANY, 1, 1)
    assert {one.reason for one in refusals(said)} == {"slot_taken"}
    assert all(len(one.nearest) == 3 for one in refusals(said))


async def test_of_a_hundred_who_want_slots_all_over_the_day_no_two_overlap(replicas: list[Calendar]) -> None:
    await replicas[0].define(schedule(step=15, buffer_after=15))
    morning = NOON - 12 * QUARTER
    said = await race(replicas, holds_for(morning + QUARTER * (number % 29) for number in range(MANY)))
    assert len(said) == MANY
    starts = sorted(one.starts_at for one in said if isinstance(one, SlotHeld))
    assert len(starts) >= 4
    assert all(later - earlier >= 5 * QUARTER for earlier, later in pairwise(starts))


@pytest.mark.parametrize(
    ("capacity", "seats", "places"),
    [(5, 1, 5), (1, 5, 5), (30, 1, 30), (30, 7, 7)],
    ids=["a room for five", "a class of five", "a restaurant for thirty", "seven seats in a restaurant"],
)
async def test_as_many_get_a_place_as_there_are_places(
    replicas: list[Calendar], capacity: int, seats: int, places: int
) -> None:
    await replicas[0].define(schedule(capacity=seats), resources=(resource(capacity=capacity),))
    said = await race(replicas, holds_for([NOON] * MANY))
    assert (winners(said), await replicas[0].active()) == (places, places)
    assert {one.reason for one in refusals(said)} == {"slot_taken"}


async def test_a_daily_maximum_is_not_overshot(replicas: list[Calendar]) -> None:
    await replicas[0].define(schedule(duration=15, step=15), resources=(resource(daily_maximum=3),))
    said = await race(replicas, holds_for(NOON + QUARTER * number for number in range(16)))
    assert (winners(said), await replicas[0].active()) == (3, 3)


async def test_an_item_that_is_held_and_released_at_once_takes_no_time_in_the_end(
    replicas: list[Calendar],
) -> None:
    await replicas[0].define(schedule(duration=15, step=15))
    items = [f"it_{number}" for number in range(16)]
    commands: list[Message] = []
    for number, item in enumerate(items):
        commands.append(hold_slot(item, NOON + QUARTER * number))
        commands.append(ReleaseSlot(booking_id="bk", item_id=item, ref=ref(f"sg_{item}")))
    said = await race(replicas, commands)
    assert (len(said), await replicas[0].active()) == (len(commands), 0)


async def test_an_expired_hold_is_confirmed_or_taken_by_another_but_never_both(
    replicas: list[Calendar],
) -> None:
    await replicas[0].define(schedule(duration=15, step=15))
    starts = [NOON + QUARTER * number for number in range(12)]
    await race(replicas, holds_for(starts))
    for replica in replicas:
        replica.clock.advance(3600)
    confirming = [ConfirmSlot(booking_id="bk", item_id=f"it_{number}", ref=ref()) for number in range(12)]
    taking = [hold_slot(f"it_{number + 100}", start) for number, start in enumerate(starts)]
    await race(replicas, [one for pair in zip(confirming, taking, strict=True) for one in pair])
    assert await replicas[0].active() == 12


async def unguard(database: Database) -> None:
    """Take the protection away that the migration gave the table of holds."""
    statements = (
        ["ALTER TABLE holds DROP CONSTRAINT ex_holds_overlap"]
        if database.dialect == "postgresql"
        else ["DROP TRIGGER holds_overlap_insert", "DROP TRIGGER holds_overlap_update"]
    )
    async with database.write.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def look_then_take(database: Database, item_id: str) -> bool:
    """What everybody writes first: see whether the time is free, and take it if it is."""
    async with database.reading() as connection:
        query = select(func.count()).where(holds.c.blocked_from == NOON, holds.c.status == "held")
        if (await connection.execute(query)).scalar_one():
            return False
    await asyncio.sleep(0)
    async with database.write.begin() as connection:
        await connection.execute(
            insert(holds).values(
                id=item_id,
                booking_id="bk",
                status="held",
                saga="",
                resource="consulting.ada",
                blocked_from=NOON,
                blocked_to=NOON + 4 * QUARTER,
                unit=0,
                units=1,
                quantity=1,
                session=item_id,
                seated=False,
                claims=1,
                changed_at=NOW,
            )
        )
    return True


async def test_looking_first_and_taking_then_overbooks_without_the_databases_guard(
    replicas: list[Calendar],
) -> None:
    database = replicas[0].service.database
    await unguard(database)
    took = await asyncio.gather(*(look_then_take(database, f"it_{number}") for number in range(20)))
    assert took.count(True) > 1
    assert await replicas[0].active() > 1


async def test_with_the_guard_even_looking_first_and_taking_then_cannot_overbook(
    replicas: list[Calendar],
) -> None:
    database = replicas[0].service.database
    took = await asyncio.gather(
        *(look_then_take(database, f"it_{number}") for number in range(20)), return_exceptions=True
    )
    assert took.count(True) == 1
    assert await replicas[0].active() == 1
    assert any(isinstance(one, IntegrityError) for one in took)
