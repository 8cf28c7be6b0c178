"""The statements on holds. Taking time never raises when somebody else has it: nothing is inserted."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Row,
    and_,
    delete,
    distinct,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from services.calendar.epoch import epoch
from services.calendar.hold import ACTIVE, Hold, HoldStatus
from services.calendar.hours import time_of
from services.calendar.plan import LONGEST_TAKEN
from services.calendar.tables import holds, offerings, resources
from services.calendar.taken import Taken
from shared.db import insert_into

_LONGEST = timedelta(seconds=LONGEST_TAKEN)
_COLUMNS = [column.name for column in holds.columns]
# Written out: with parameters neither database could tell that the index of active holds will do.
_IS_ACTIVE = holds.c.status.in_([literal_column(f"'{status}'") for status in ACTIVE])


def _hold(row: Row[Any] | None) -> Hold | None:
    return None if row is None or row.id is None else Hold(**row._mapping)


async def find(connection: AsyncConnection, item_id: str) -> Hold | None:
    """What is known of an item's time."""
    return _hold((await connection.execute(select(holds).where(holds.c.id == item_id))).first())


async def find_with_revision(
    connection: AsyncConnection, item_id: str, offering: str
) -> tuple[Hold | None, int | None]:
    """An item's hold and the newest revision of an offering, in one question."""
    query = (
        select(offerings.c.revision, *holds.columns)
        .select_from(offerings.outerjoin(holds, holds.c.id == item_id))
        .where(offerings.c.id == offering)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return await find(connection, item_id), None
    known = {name: value for name, value in row._mapping.items() if name != "revision"}
    return (Hold(**known) if row.id is not None else None), row.revision


def _overlaps(names: Collection[str], start: datetime, end: datetime) -> ColumnElement[bool]:
    # The upper bound of blocked_to keeps the index scan within the asked time, whatever lies beyond.
    return and_(
        holds.c.resource.in_(names),
        holds.c.blocked_to > start,
        holds.c.blocked_to < end + _LONGEST,
        holds.c.blocked_from < end,
    )


async def insert_if_free(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Take time in one statement. False when it is taken, or when the item has a row already."""
    if connection.dialect.name == "postgresql":
        statement = insert_into(connection, holds).values(**row).on_conflict_do_nothing()
        taken = await connection.execute(statement.returning(holds.c.id))
        return taken.first() is not None
    values = select(*(literal(row[name], holds.c[name].type).label(name) for name in _COLUMNS))
    if row["unit"] is not None:
        values = values.where(~exists().where(_IS_ACTIVE, _conflicts_with(row)))
    # SQLite reads ON CONFLICT after a SELECT only when the SELECT has a WHERE.
    source = sqlite.insert(holds).from_select(_COLUMNS, values.where(true()))
    taken = await connection.execute(source.on_conflict_do_nothing().returning(holds.c.id))
    return taken.first() is not None


def _conflicts_with(row: Mapping[str, Any]) -> ColumnElement[bool]:
    return and_(
        _overlaps([row["resource"]], row["blocked_from"], row["blocked_to"]),
        holds.c.unit < row["unit"] + row["units"],
        holds.c.unit + holds.c.units > row["unit"],
        holds.c.session != row["session"],
    )


async def used_units(connection: AsyncConnection, row: Mapping[str, Any]) -> list[range]:
    """The units of a resource that others have during a claim's time."""
    query = select(holds.c.unit, holds.c.units).where(
        _IS_ACTIVE,
        holds.c.unit.is_not(None),
        _overlaps([row["resource"]], row["blocked_from"], row["blocked_to"]),
    )
    found = (await connection.execute(query)).all()
    return [range(one.unit, one.unit + one.units) for one in found]


async def sessions_between(
    connection: AsyncConnection, resource: str, start: datetime, end: datetime, besides: str
) -> int:
    """How many sessions begin between two instants; their resource is locked until the commit."""
    await connection.execute(select(resources.c.id).where(resources.c.id == resource).with_for_update())
    query = select(func.count(distinct(holds.c.session))).where(
        _IS_ACTIVE,
        _overlaps([resource], start - _LONGEST, end + _LONGEST),
        holds.c.starts_at >= start,
        holds.c.starts_at < end,
        holds.c.session != besides,
    )
    return (await connection.execute(query)).scalar_one()


async def taken_between(
    connection: AsyncConnection, names: Collection[str], since: int, until: int, stale: datetime
) -> dict[str, list[Taken]]:
    """What is taken of some resources in a window. Holds that expired before `stale` take nothing."""
    query = select(
        holds.c.resource,
        epoch(holds.c.blocked_from),
        epoch(holds.c.blocked_to),
        epoch(holds.c.starts_at),
        holds.c.unit,
        holds.c.units,
        holds.c.quantity,
        holds.c.offering,
        holds.c.session,
    ).where(
        _IS_ACTIVE,
        _overlaps(names, time_of(since), time_of(until)),
        or_(holds.c.status == "confirmed", holds.c.expires_at > stale),
    )
    found: dict[str, list[Taken]] = {}
    for name, *hold in await connection.execute(query):
        found.setdefault(name, []).append(Taken(*hold))
    return found


async def lapse(
    connection: AsyncConnection,
    names: Collection[str],
    row: Mapping[str, Any],
    stale: datetime,
    now: datetime,
) -> list[Hold]:
    """Let the holds lapse that expired before `stale` and stand in the way of a claim."""
    expired = and_(holds.c.status == "held", holds.c.expires_at <= stale)
    return await _end(
        connection, now, "lapsed", expired, _overlaps(names, row["blocked_from"], row["blocked_to"])
    )


async def lapse_one(connection: AsyncConnection, item_id: str, stale: datetime, now: datetime) -> list[Hold]:
    """Let one hold lapse, if it is still only held and expired before `stale`."""
    expired = and_(holds.c.status == "held", holds.c.expires_at <= stale)
    return await _end(connection, now, "lapsed", holds.c.id == item_id, expired)


async def end(
    connection: AsyncConnection, item_id: str, status: HoldStatus, saga: str, now: datetime
) -> Hold | None:
    """Give an item's time back, by command of a saga. Nothing when it takes none."""
    ended = await _end(connection, now, status, holds.c.id == item_id, _IS_ACTIVE, released_by=saga)
    return ended[0] if ended else None


async def _end(
    connection: AsyncConnection, now: datetime, status: HoldStatus, *which: ColumnElement[bool], **fields: Any
) -> list[Hold]:
    statement = update(holds).where(*which).values(status=status, changed_at=now, **fields)
    return [Hold(**row._mapping) for row in await connection.execute(statement.returning(*holds.columns))]


async def confirm(connection: AsyncConnection, item_id: str, saga: str, now: datetime) -> bool:
    """Make a held item an allocation. False when it is not held, or no longer for this saga."""
    statement = update(holds).where(
        holds.c.id == item_id,
        holds.c.status == "held",
        or_(holds.c.released_by.is_(None), holds.c.released_by != saga),
    )
    confirmed = await connection.execute(
        statement.values(status="confirmed", changed_at=now).returning(holds.c.id)
    )
    return confirmed.first() is not None


async def renew(
    connection: AsyncConnection, hold: Hold, saga: str, expires_at: datetime, now: datetime
) -> bool:
    """Have a hold belong to the saga that asked last, until its deadline. False when it is none any more."""
    renewed = await connection.execute(
        update(holds)
        .where(holds.c.id == hold.id, holds.c.status == "held")
        .values(saga=saga, expires_at=expires_at, changed_at=now)
        .returning(holds.c.id)
    )
    return renewed.first() is not None


async def leave_tombstone(
    connection: AsyncConnection, item_id: str, booking_id: str, status: HoldStatus, saga: str, now: datetime
) -> bool:
    """Remember that an item was given back before anybody claimed it. False when it has a row."""
    row = {
        "id": item_id,
        "booking_id": booking_id,
        "status": status,
        "saga": "",
        "released_by": saga,
        "units": 0,
        "quantity": 0,
        "session": item_id,
        "seated": False,
        "claims": 0,
        "changed_at": now,
    }
    statement = insert_into(connection, holds).values(**row).on_conflict_do_nothing(index_elements=["id"])
    return (await connection.execute(statement.returning(holds.c.id))).first() is not None


async def mark_given_back(
    connection: AsyncConnection, item_id: str, status: HoldStatus, saga: str, now: datetime
) -> bool:
    """Remember the saga that gave an item back last, though it takes no time any more. False when it does."""
    statement = update(holds).where(holds.c.id == item_id, ~_IS_ACTIVE)
    marked = statement.values(status=status, released_by=saga, changed_at=now).returning(holds.c.id)
    return (await connection.execute(marked)).first() is not None


async def forget_inactive(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Make room for a new claim of an item, unless somebody claimed or returned it beside this one."""
    unchanged = (
        holds.c.claims == row["claims"] - 1,
        holds.c.released_by.is_not_distinct_from(row["released_by"]),
    )
    await connection.execute(delete(holds).where(holds.c.id == row["id"], ~_IS_ACTIVE, *unchanged))
