"""The database on both dialects: engines, column types, and what differs between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import JSON, DateTime, Dialect, MetaData, String, Table, TypeDecorator, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeEngine

from shared.errors import Misconfigured
from shared.sqlite import inline_creator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """Metadata whose constraints all have names, so that migrations can speak of them."""
    return MetaData(naming_convention=NAMING)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps it as text of fixed width, which sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value}")
        value = value.astimezone(UTC)
        return value.isoformat(timespec="microseconds") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return cast(datetime, found).astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


class Database:
    """One service's database. `write` has one connection on SQLite, a pool on PostgreSQL."""

    def __init__(self, url: str, *, pool: int = 10) -> None:
        parsed = make_url(url)
        self.url = url
        self.dialect = parsed.get_backend_name()
        if self.dialect == "sqlite":
            self.write, self.read = _sqlite_engines(parsed.database)
        elif self.dialect == "postgresql":
            self.write = self.read = create_async_engine(
                parsed.set(drivername="postgresql+asyncpg"),
                pool_size=pool,
                max_overflow=0,
                pool_timeout=10,
                connect_args={"timeout": 5, "command_timeout": 30},
            )
        else:
            raise Misconfigured(f"{parsed.render_as_string()}: use a postgresql:// or sqlite:// address")

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for questions; what it sees does not change under it on SQLite."""
        async with self.read.connect() as connection:
            yield connection

    async def check(self) -> None:
        """Ask the database whether it is there; raises what the driver raises."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def dispose(self) -> None:
        await self.write.dispose()
        if self.read is not self.write:
            await self.read.dispose()


def _sqlite_engines(path: str | None) -> tuple[AsyncEngine, AsyncEngine]:
    if not path or path == ":memory:":
        raise Misconfigured("SQLite needs a file: sqlite:///var/booking.db")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    url = f"sqlite+aiosqlite:///{path}"
    write = create_async_engine(
        url, async_creator=inline_creator(path, read_only=False), pool_size=1, max_overflow=0
    )
    read = create_async_engine(
        url, async_creator=inline_creator(path, read_only=True), pool_size=4, max_overflow=0
    )
    event.listen(write.sync_engine, "begin", _begin_immediate)
    event.listen(read.sync_engine, "begin", _begin)
    return write, read


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that reads first cannot upgrade later without "database is locked".
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def insert_into(connection: AsyncConnection, table: Table) -> postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "sqlite":
        return cast(postgresql.Insert, sqlite.insert(table))
    return postgresql.insert(table)


_SIGNS_OF_AN_OUTAGE = (
    "disk is full",
    "disk i/o",
    "unable to open",
    "readonly database",
    "connection is closed",
    "connection was closed",
)
_TRY_AGAIN = {"40001", "40P01", "55P03"}
# NUL, half a character, a number past its column: the driver's words for each differ, the class does not.
_NOT_STORABLE = {"22003", "22021", "22P05"}


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE of a driver's error, or an empty string."""
    original = getattr(error, "orig", None)
    return str(getattr(original, "sqlstate", "") or "")


def is_conflict(error: BaseException) -> bool:
    """True when the same transaction may succeed if it is simply run again."""
    if not isinstance(error, DBAPIError):
        return False
    return sqlstate(error) in _TRY_AGAIN or "database is locked" in str(error.orig)


def is_not_storable(error: BaseException) -> bool:
    """True when what was asked or said holds something that no database keeps."""
    return isinstance(error, DBAPIError) and sqlstate(error) in _NOT_STORABLE


def is_database_down(error: BaseException) -> bool:
    """True when the database cannot be reached or cannot write now; the work itself is not at fault."""
    if isinstance(error, (PoolTimeout, ConnectionError, TimeoutError, OSError)):
        return True
    if not isinstance(error, SQLAlchemyError):
        return False
    if isinstance(error, DBAPIError):
        words = str(error.orig).lower()
        return (
            error.connection_invalidated
            or sqlstate(error)[:2] in {"08", "53", "57"}
            or any(sign in words for sign in _SIGNS_OF_AN_OUTAGE)
        )
    return False
