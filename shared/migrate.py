"""Bring a service's database to the newest schema."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from shared.db import Database

# Any number that all migrations share: two of them never run at once on one PostgreSQL database.
_ADVISORY_LOCK = 7_206_515


def _run(connection: Connection, folder: Path, metadata: MetaData, target: str) -> None:
    script = ScriptDirectory(str(folder))

    def steps(revision: object, context: MigrationContext) -> object:
        current = context.get_current_heads()
        if target == "base":
            return script._downgrade_revs("base", current)  # type: ignore[arg-type]
        return script._upgrade_revs(target, current)  # type: ignore[arg-type]

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, target_metadata=metadata)
        environment.run_migrations()


async def migrate(database: Database, folder: Path, metadata: MetaData, target: str = "heads") -> None:
    """Run the revisions in `folder` up to `target`; `base` takes everything away again."""
    async with database.write.begin() as connection:
        if database.dialect == "postgresql":
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        await connection.run_sync(_run, folder, metadata, target)


async def is_current(database: Database, folder: Path) -> bool:
    """True when the database has the newest revision."""
    heads = set(ScriptDirectory(str(folder)).get_heads())

    def found(connection: Connection) -> set[str]:
        return set(MigrationContext.configure(connection).get_current_heads())

    async with database.reading() as connection:
        return await connection.run_sync(found) == heads
