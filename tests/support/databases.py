"""Fresh databases for tests: SQLite files, and databases on a real PostgreSQL."""

import asyncio
import getpass
import itertools
import os
import secrets
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.support import containers, private_postgres
from tests.support.services import POSTGRES, Found, find_once

NewDatabase = Callable[[], str]
IMAGE = "postgres:17"
_numbers = itertools.count(1)


def find_postgres(directory: Path) -> Found | None:
    """The first PostgreSQL on which a database can be made."""
    return _from_environment() or _on_this_machine() or private_postgres.start(directory) or _in_a_container()


def _from_environment() -> Found | None:
    address = os.environ.get("HOLDFAST_TEST_POSTGRES_URL", "")
    if not address:
        return None
    plain = address.replace("postgresql+asyncpg://", "postgresql://", 1)
    return Found(plain, origin="HOLDFAST_TEST_POSTGRES_URL")


def _on_this_machine() -> Found | None:
    own = os.environ.get("PGUSER") or getpass.getuser()
    for login in (own, "postgres", "postgres:postgres"):
        address = f"postgresql://{login}@127.0.0.1:5432/postgres"
        if _makes_databases(address):
            return Found(address, origin="port 5432 of this machine")
    return None


def _in_a_container() -> Found | None:
    started = containers.start(IMAGE, {"POSTGRES_PASSWORD": "postgres"}, [5432])
    if started is None:
        return None
    container, (port,) = started
    address = f"postgresql://postgres:postgres@127.0.0.1:{port}/postgres"
    containers.wait_until(lambda: _makes_databases(address), IMAGE)
    return Found(address, origin=IMAGE, container=container)


def _makes_databases(address: str) -> bool:
    question = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        return bool(_on_its_own_loop(_ask(address, question)))
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False


async def _ask(address: str, statement: str) -> Any:
    connection = await asyncpg.connect(address, timeout=3)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _on_its_own_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs it beside whatever loop the test has."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def fresh_database(server: str, *, durable: bool = False) -> Iterator[str]:
    """An empty database, dropped when the block ends; a durable one survives the death of its server."""
    name = f"holdfast_test_{os.getpid()}_{next(_numbers)}_{secrets.token_hex(3)}"
    _on_its_own_loop(_ask(server, f'CREATE DATABASE "{name}"'))
    if not durable:
        # Most tests never pull the plug, so they need not wait for the disk.
        _on_its_own_loop(_ask(server, f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    try:
        parts = urlsplit(server)
        yield f"postgresql+asyncpg://{parts.netloc}/{name}"
    finally:
        _on_its_own_loop(_ask(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


class Databases:
    """Databases on one server, emptied and used again: making and dropping one costs a checkpoint."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._idle: list[str] = []
        self._made = ExitStack()

    @contextmanager
    def one(self) -> Iterator[str]:
        """An empty database, for as long as the block lasts."""
        address = self._idle.pop() if self._idle else self._made.enter_context(fresh_database(self._server))
        try:
            yield address
        finally:
            _on_its_own_loop(_empty(address))
            self._idle.append(address)

    def drop_all(self) -> None:
        self._made.close()


async def _empty(address: str) -> None:
    connection = await asyncpg.connect(address.replace("postgresql+asyncpg", "postgresql"), timeout=10)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2"
    try:
        await connection.execute(others, urlsplit(address).path[1:], connection.get_server_pid())
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of a real PostgreSQL, of which only databases made by the test may be touched."""
    return find_once(POSTGRES, find_postgres).address


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> Iterator[Databases]:
    """The databases of this run; all are dropped at its end."""
    databases = Databases(postgres_server)
    yield databases
    databases.drop_all()


@pytest.fixture
def new_postgres(postgres_databases: Databases) -> Iterator[NewDatabase]:
    """Makes an empty PostgreSQL database at each call; all are emptied after the test."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(postgres_databases.one())


@pytest.fixture
def postgres_url(new_postgres: NewDatabase) -> str:
    """An empty PostgreSQL database."""
    return new_postgres()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each of the two kinds."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    return str(request.getfixturevalue(fixture))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> NewDatabase:
    """Makes an empty database at each call, of each of the two kinds."""
    if request.param == "postgresql":
        made: NewDatabase = request.getfixturevalue("new_postgres")
        return made
    numbers = itertools.count(1)
    return lambda: f"sqlite+aiosqlite:///{tmp_path / f'test-{next(numbers)}.db'}"
