"""What businesses offer and whose time it takes: stored by revision, read as plans."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.calendar.plan import MOST_UNITS, Plan, plan_of
from services.calendar.tables import catalogs, offerings, resources
from shared.db import insert_into
from shared.events.calendar import DefineSchedule
from shared.events.values import Resource, Schedule

_MOST_PLANS = 1000


async def define(connection: AsyncConnection, definition: DefineSchedule) -> bool:
    """Replace what a business offers. False when this revision, or a later one, was there before."""
    by_id = {resource.id: resource for resource in definition.resources}
    for schedule in definition.schedules:
        plan_of(schedule, by_id, ())
    if not await _is_newer(connection, definition):
        return False
    await _replace_resources(connection, definition)
    await _replace_offerings(connection, definition)
    return True


async def _is_newer(connection: AsyncConnection, definition: DefineSchedule) -> bool:
    row = {"business": definition.business, "revision": definition.revision}
    statement = insert_into(connection, catalogs).values(row)
    taken_over = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["business"],
            set_={"revision": definition.revision},
            where=catalogs.c.revision < definition.revision,
        ).returning(catalogs.c.business)
    )
    return taken_over.first() is not None


async def _replace_resources(connection: AsyncConnection, definition: DefineSchedule) -> None:
    await connection.execute(
        update(resources).where(resources.c.business == definition.business).values(offered=False)
    )
    for resource in definition.resources:
        changing = {
            "business": definition.business,
            "definition": resource.model_dump(mode="json"),
            "offered": True,
        }
        statement = insert_into(connection, resources).values(
            id=resource.id, counted=resource.capacity > MOST_UNITS, **changing
        )
        await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changing))


async def _replace_offerings(connection: AsyncConnection, definition: DefineSchedule) -> None:
    await connection.execute(delete(offerings).where(offerings.c.business == definition.business))
    rows = [
        {
            "id": schedule.id,
            "business": definition.business,
            "revision": definition.revision,
            "definition": schedule.model_dump(mode="json"),
        }
        for schedule in definition.schedules
    ]
    if rows:
        await connection.execute(offerings.insert(), rows)


class Plans:
    """The plans of one database, parsed once per revision."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Plan]] = {}

    async def of(self, connection: AsyncConnection, offering: str) -> Plan | None:
        """The plan of an offering as it is now; nothing when it is not offered."""
        query = select(offerings.c.revision).where(offerings.c.id == offering)
        revision = (await connection.execute(query)).scalar_one_or_none()
        return None if revision is None else await self.at(connection, offering, revision)

    async def at(self, connection: AsyncConnection, offering: str, revision: int) -> Plan:
        """The plan of an offering whose newest revision the caller knows."""
        known = self._known.get(offering)
        if known and known[0] == revision:
            return known[1]
        plan = await _read(connection, offering)
        if len(self._known) >= _MOST_PLANS:
            self._known.clear()
        self._known[offering] = (revision, plan)
        return plan


async def _read(connection: AsyncConnection, offering: str) -> Plan:
    query = select(offerings.c.business, offerings.c.definition).where(offerings.c.id == offering)
    found = (await connection.execute(query)).one()
    schedule = Schedule.model_validate(found.definition)
    query_resources = select(resources).where(
        resources.c.business == found.business, resources.c.offered.is_(True)
    )
    rows = (await connection.execute(query_resources)).all()
    by_id = {row.id: Resource.model_validate(row.definition) for row in rows}
    return plan_of(schedule, by_id, {row.id for row in rows if row.counted})


async def resource_of(connection: AsyncConnection, id: str) -> Resource | None:
    """A resource as it was defined last, whether it is still offered or not."""
    query = select(resources.c.definition).where(resources.c.id == id)
    definition = (await connection.execute(query)).scalar_one_or_none()
    return None if definition is None else Resource.model_validate(definition)


async def all_resources(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """Every resource that is offered, by business."""
    query = select(resources).where(resources.c.offered.is_(True))
    return (await connection.execute(query.order_by(resources.c.business, resources.c.id))).all()
