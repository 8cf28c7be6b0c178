"""The migrations and the tables say the same, and every step can be taken back."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

from services.booking.main import MIGRATIONS
from services.booking.tables import metadata
from shared.db import Database
from shared.migrate import is_current, migrate


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


async def test_the_migrated_schema_is_the_one_the_code_speaks_to(database_url: str) -> None:
    database = Database(database_url)
    assert not await is_current(database, MIGRATIONS)
    await migrate(database, MIGRATIONS, metadata)
    assert await is_current(database, MIGRATIONS)
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await migrate(database, MIGRATIONS, metadata, "base")
    async with database.reading() as connection:
        assert await connection.run_sync(tables) == set()
    await database.dispose()
