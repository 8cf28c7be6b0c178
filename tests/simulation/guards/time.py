"""Holds and allocations without their guards."""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from services.calendar import cells, holding, repository
from services.calendar.hold import Hold
from services.calendar.tables import holds
from tests.simulation import run
from tests.simulation.installed import install
from tests.simulation.replacing import nothing, replaced


@contextmanager
def no_constraint() -> Iterator[None]:
    """Neither the database nor the statement refuses an overlap."""

    def without_triggers(folder: Path) -> None:
        install(folder)
        with contextlib.closing(sqlite3.connect(folder / "calendar.db")) as database:
            for name in ("holds_overlap_insert", "holds_overlap_update"):
                database.execute(f"DROP TRIGGER {name}")

    async def always(connection: Any, row: Mapping[str, Any]) -> bool:
        found = await connection.scalar(select(holds.c.id).where(holds.c.id == row["id"]))
        if found is None:
            await connection.execute(insert(holds).values(**row))
        return found is None

    async def nobody(*_: object) -> list[range]:
        return []

    with (
        replaced(run, "install", without_triggers),
        replaced(repository, "insert_if_free", always),
        replaced(repository, "used_units", nobody),
    ):
        yield


@contextmanager
def no_tombstone() -> Iterator[None]:
    """A release that overtakes its hold leaves nothing behind."""

    async def nothing_left(*_: object) -> bool:
        return True

    with replaced(repository, "leave_tombstone", nothing_left):
        yield


@contextmanager
def refusal_taken_back() -> Iterator[None]:
    """What was refused is granted to an older copy of the same command."""

    async def for_now(refused: Any, *_: object) -> Any:
        return refused

    with replaced(holding, "_for_good", for_now):
        yield


@contextmanager
def saga_forgotten() -> Iterator[None]:
    """Nobody remembers which saga gave an item back."""
    with replaced(Hold, "given_back_by", lambda self, saga: False):
        yield


@contextmanager
def lapsed_counts_as_held() -> Iterator[None]:
    """A hold that lapsed is confirmed without a look whether its time is still free."""

    async def believed(*_: object) -> bool:
        return True

    with replaced(holding, "_retake", believed):
        yield


@contextmanager
def holds_for_ever() -> Iterator[None]:
    """A release says that it is done, and does nothing."""
    with replaced(repository, "end", nothing):
        yield


@contextmanager
def seats_kept() -> Iterator[None]:
    """The seats of a hold that is given back stay counted."""
    with replaced(cells, "give_back", nothing):
        yield


MUTATIONS = {
    "database constraint dropped": no_constraint,
    "no tombstone": no_tombstone,
    "a refusal of time is not final": refusal_taken_back,
    "who gave back is forgotten": saga_forgotten,
    "a lapsed hold confirmed unseen": lapsed_counts_as_held,
    "a release that does nothing": holds_for_ever,
    "seats not counted back": seats_kept,
}
