"""Two transactions want the last session of a day. Without the lock on the resource both get it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.calendar.hold import Claim
from services.calendar.hours import seconds_of
from services.calendar.reasons import DAY_IS_FULL
from services.calendar.taking import Outcome, Taking
from tests.support.calendar import resource, schedule
from tests.support.calendar_service import NOON, NOW, Calendar, calendar_at, deps_of

LATER = NOON + timedelta(hours=2)
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
async def calendar(postgres_url: str) -> AsyncIterator[Calendar]:
    """A day that accepts one session, whatever its time."""
    async with calendar_at(postgres_url) as service:
        await service.define(schedule(), resources=(resource(daily_maximum=1),))
        yield service


async def take(calendar: Calendar, connection: AsyncConnection, item: str, start: datetime) -> Outcome:
    plan = await deps_of(calendar).plans.of(connection, "consulting.advice")
    assert plan is not None
    claim = Claim(item, "bk", "sg", plan.offering, seconds_of(start), 1, NOW + timedelta(hours=1))
    return await Taking(connection, plan, NOW, NOW - timedelta(minutes=10)).take(claim, again=False)


async def race(calendar: Calendar) -> tuple[Outcome, Outcome]:
    """The second begins after the first has taken its time and before it commits."""
    async with AsyncExitStack() as stack:
        engine = calendar.service.database.write
        one, other, watcher = [await stack.enter_async_context(engine.connect()) for _ in range(3)]
        first = await take(calendar, one, "it_1", NOON)
        second = asyncio.create_task(take(calendar, other, "it_2", LATER))
        while not second.done():
            if (await watcher.execute(text(WAITING))).scalar_one():
                break
            await watcher.rollback()
            await asyncio.sleep(0.01)
        await one.commit()
        took = await second
        await other.commit()
    return first, took


async def test_the_second_waits_for_the_first_and_sees_that_the_day_is_full(calendar: Calendar) -> None:
    first, second = await race(calendar)
    assert first.row is not None
    assert second.reason == DAY_IS_FULL
    assert await calendar.active() == 1


async def test_without_the_lock_both_get_the_last_session_of_the_day(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Select, "with_for_update", lambda self: self)
    first, second = await race(calendar)
    assert first.row is not None
    assert second.row is not None
    assert await calendar.active() == 2
