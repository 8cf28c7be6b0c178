"""Commands for one item in two transactions at once end as if one had come after the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from services.calendar import holding
from shared.events.calendar import (
    ConfirmSlot,
    HoldRefused,
    ReleaseSlot,
    SlotConfirmed,
    SlotHeld,
    SlotReleased,
)
from shared.events.message import Event
from shared.messaging.work import UnitOfWork
from tests.support.calendar import resource, schedule
from tests.support.calendar_service import NOON, Calendar, calendar_at, deps_of, hold_slot, ref

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
Handling = Callable[[UnitOfWork], Awaitable[Event]]


@pytest.fixture
async def calendar(postgres_url: str) -> AsyncIterator[Calendar]:
    async with calendar_at(postgres_url) as service:
        await service.define()
        yield service


def held(calendar: Calendar, saga: str, start: datetime = NOON) -> Handling:
    return lambda work: holding.hold(hold_slot(start=start, ref=ref(saga)), work, deps_of(calendar))


def released(saga: str) -> Handling:
    command = ReleaseSlot(booking_id="bk_1", item_id="it_1", ref=ref(saga))
    return lambda work: holding.give_back(command, "released", work)


def confirmed(calendar: Calendar, saga: str) -> Handling:
    command = ConfirmSlot(booking_id="bk_1", item_id="it_1", ref=ref(saga))
    return lambda work: holding.confirm(command, work, deps_of(calendar))


async def at_once(calendar: Calendar, one: Handling, other: Handling) -> tuple[type[Event], type[Event]]:
    """The other begins when the one is done and not yet committed."""

    async def alone() -> Event:
        async with calendar.service.desk.unit_of_work() as work:
            return await other(work)

    async with calendar.service.desk.unit_of_work() as work:
        first = await one(work)
        second = asyncio.create_task(alone())
        await waits(calendar, second)
    return type(first), type(await second)


async def waits(calendar: Calendar, task: asyncio.Task[Event]) -> None:
    """Return when the task waits for a row of another transaction, or is done."""
    while not task.done():
        async with calendar.service.database.reading() as connection:
            if (await connection.execute(text(WAITING))).scalar_one():
                return
        await asyncio.sleep(0.01)


async def lapsed(calendar: Calendar) -> None:
    await calendar.deliver(hold_slot(ref=ref("sg_1")))
    await calendar.pass_time(hours=1)
    assert await calendar.status("it_1") == "lapsed"


async def test_what_is_released_while_it_is_held_anew_takes_no_time(calendar: Calendar) -> None:
    await lapsed(calendar)
    assert await at_once(calendar, held(calendar, "sg_1"), released("sg_1")) == (SlotHeld, SlotReleased)
    assert await calendar.status("it_1") == "released"


async def test_what_is_held_anew_while_it_is_released_is_refused(calendar: Calendar) -> None:
    await lapsed(calendar)
    assert await at_once(calendar, released("sg_1"), held(calendar, "sg_1")) == (SlotReleased, HoldRefused)
    assert await calendar.status("it_1") == "released"


async def test_a_release_of_an_old_saga_does_not_keep_a_new_one_from_its_time(calendar: Calendar) -> None:
    assert await at_once(calendar, released("sg_1"), held(calendar, "sg_2")) == (SlotReleased, SlotHeld)
    assert await calendar.status("it_1") == "held"


async def test_what_is_confirmed_while_it_is_held_anew_is_confirmed(calendar: Calendar) -> None:
    await lapsed(calendar)
    assert await at_once(calendar, held(calendar, "sg_1"), confirmed(calendar, "sg_1")) == (
        SlotHeld,
        SlotConfirmed,
    )
    assert await calendar.status("it_1") == "confirmed"


async def test_what_is_confirmed_while_it_is_renewed_will_not_lapse(calendar: Calendar) -> None:
    await calendar.deliver(hold_slot(ref=ref("sg_1")))
    await at_once(calendar, confirmed(calendar, "sg_1"), held(calendar, "sg_2"))
    assert (await calendar.status("it_1"), await calendar.tasks()) == ("confirmed", [])


async def test_an_item_that_is_held_twice_at_once_does_not_fill_the_day_against_itself(
    calendar: Calendar,
) -> None:
    await calendar.define(schedule(capacity=4), resources=(resource(daily_maximum=1),), revision=2)
    later = held(calendar, "sg_1", NOON + timedelta(hours=1))
    assert await at_once(calendar, held(calendar, "sg_1"), later) == (SlotHeld, SlotHeld)
    assert await calendar.active() == 1
