"""The database itself refuses that two bookings take the same time, whatever the code does."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from services.calendar import repository
from services.calendar.main import MIGRATIONS
from services.calendar.tables import holds, metadata, slot_cells
from shared.db import Database
from shared.migrate import migrate
from tests.support.calendar import moment

NOON = moment("2026-06-03 12:00")
HOUR = timedelta(hours=1)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = Database(database_url)
    await migrate(found, MIGRATIONS, metadata)
    yield found
    await found.dispose()


def row(id: str, start: datetime = NOON, **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "booking_id": "bk_1",
        "status": "held",
        "saga": "",
        "resource": "consulting.ada",
        "starts_at": start,
        "ends_at": start + HOUR,
        "blocked_from": start,
        "blocked_to": start + HOUR,
        "unit": 0,
        "units": 1,
        "quantity": 1,
        "session": id,
        "seated": False,
        "claims": 1,
        "changed_at": start,
        **fields,
    }


async def store(database: Database, *rows: dict[str, Any]) -> None:
    for one in rows:
        async with database.write.begin() as connection:
            await connection.execute(insert(holds).values(**one))


@pytest.mark.parametrize(
    "other",
    [
        row("it_2"),
        row("it_2", NOON + HOUR / 2),
        row("it_2", NOON - HOUR / 2),
        row("it_2", NOON - HOUR, blocked_to=NOON + timedelta(seconds=1)),
        row("it_2", status="confirmed"),
        row("it_2", units=1000),
        row("it_2", NOON - HOUR, blocked_to=NOON + 3 * HOUR),
    ],
)
async def test_a_second_hold_that_overlaps_is_refused_by_the_database(
    database: Database, other: dict[str, Any]
) -> None:
    await store(database, row("it_1"))
    with pytest.raises(IntegrityError, match="ex_holds_overlap"):
        await store(database, other)


@pytest.mark.parametrize(
    "other",
    [
        row("it_2", NOON + HOUR),
        row("it_2", NOON - HOUR),
        row("it_2", resource="consulting.bob"),
        row("it_2", unit=1),
        row("it_2", session="it_1"),
        row("it_2", status="released"),
        row("it_2", status="lapsed"),
        row("it_2", unit=None),
    ],
)
async def test_a_hold_beside_it_is_accepted(database: Database, other: dict[str, Any]) -> None:
    await store(database, row("it_1"), other)


async def test_a_released_hold_cannot_be_made_active_over_another_one(database: Database) -> None:
    await store(database, row("it_1", status="released"), row("it_2"))
    again = update(holds).where(holds.c.id == "it_1").values(status="held")
    with pytest.raises(IntegrityError, match="ex_holds_overlap"):
        async with database.write.begin() as connection:
            await connection.execute(again)


async def test_a_hold_cannot_be_moved_onto_another_one(database: Database) -> None:
    await store(database, row("it_1"), row("it_2", NOON + 2 * HOUR))
    moved = update(holds).where(holds.c.id == "it_2").values(blocked_from=NOON)
    with pytest.raises(IntegrityError, match="ex_holds_overlap"):
        async with database.write.begin() as connection:
            await connection.execute(moved)


async def test_a_cell_holds_no_more_people_than_its_capacity(database: Database) -> None:
    cell = {"resource": "r", "scope": "", "cell_at": NOON, "taken": 40, "capacity": 40}
    async with database.write.begin() as connection:
        await connection.execute(insert(slot_cells).values(**cell))
    with pytest.raises(IntegrityError, match="no_overbooking"):
        async with database.write.begin() as connection:
            await connection.execute(update(slot_cells).values(taken=slot_cells.c.taken + 1))


async def test_an_active_hold_without_a_time_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError, match="active_takes_time"):
        await store(database, row("it_1", blocked_to=NOON))


async def test_the_migration_and_the_tables_say_the_same(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        found: list[Any] = compare_metadata(MigrationContext.configure(connection), metadata)
        return found

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_schema_can_be_taken_away_and_made_again_with_its_guard(database: Database) -> None:
    await migrate(database, MIGRATIONS, metadata, "base")
    async with database.reading() as connection:
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert left == ["alembic_version"]
    await migrate(database, MIGRATIONS, metadata)
    await store(database, row("it_1"))
    with pytest.raises(IntegrityError):
        await store(database, row("it_2"))
    async with database.reading() as connection:
        assert len((await connection.execute(select(holds.c.id))).all()) == 1


async def test_looking_at_a_month_reads_only_the_active_holds_around_it(sqlite_url: str) -> None:
    """Only SQLite tells which index it takes for a table that is still empty."""
    database = Database(sqlite_url)
    await migrate(database, MIGRATIONS, metadata)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.read.sync_engine, "before_cursor_execute", note)
    async with database.reading() as connection:
        since = int(NOON.timestamp())
        await repository.taken_between(connection, ["consulting.ada"], since, since + 86_400, NOON)
        statement, parameters = asked[-1]
        explained = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        assert [row.detail for row in explained] == [
            "SEARCH holds USING INDEX ix_holds_taken (resource=? AND blocked_to>? AND blocked_to<?)"
        ]
    await database.dispose()
