"""The calendar on both kinds of database."""

from collections.abc import AsyncIterator

import pytest

from tests.support.calendar_service import Calendar, Diary, calendar_at


@pytest.fixture
def diary() -> Diary:
    """An outside calendar that Ada's bookings are written to."""
    return Diary()


@pytest.fixture
async def calendar(database_url: str, diary: Diary) -> AsyncIterator[Calendar]:
    """A calendar with nothing in it, on each of the two kinds of database."""
    async with calendar_at(database_url, sources={"google": diary}) as service:
        yield service
