"""Applying a catalog: what it changes, said plainly; the calendar hears of it in the same commit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from services.booking.catalog import Catalog
from services.booking.offering import Offering, business_shown, offering_of
from services.booking.tables import businesses, offerings
from shared.db import insert_into
from shared.events.calendar import DefineSchedule
from shared.messaging.work import UnitOfWork

Changes = list[dict[str, str]]


async def apply_catalog(work: UnitOfWork, catalog: Catalog) -> dict[str, Any]:
    """Make the business what its catalog says. Applying the same catalog again changes nothing."""
    slug = catalog.business.slug
    definition = business_shown(catalog.business)
    # The schedule rides along, so that a change of hours alone is a change, too.
    plan = {
        "resources": [one.model_dump(mode="json") for one in catalog.calendar_resources()],
        "schedules": [one.model_dump(mode="json") for one in catalog.schedules()],
    }
    row = await _lock_business(work, slug, definition, plan)
    changes: Changes = []
    _compare(changes, "business", slug, row.definition if row.revision else None, definition)
    _compare_all(changes, "resource", row.resources.get("resources", []), plan["resources"])
    _compare_all(changes, "schedule", row.resources.get("schedules", []), plan["schedules"])
    changes += await _store_offerings(work, slug, [offering_of(catalog, one) for one in catalog.offerings])
    if changes:
        revision = row.revision + 1
        await work.connection.execute(
            update(businesses)
            .where(businesses.c.id == slug)
            .values(definition=definition, resources=plan, revision=revision, updated_at=work.now)
        )
        work.publish(
            DefineSchedule(
                business=slug,
                revision=revision,
                resources=catalog.calendar_resources(),
                schedules=catalog.schedules(),
            )
        )
    described = 1 + len(catalog.resources) + len(catalog.offerings)
    touched = {(one["what"].replace("schedule", "offering"), one["id"]) for one in changes}
    return {"business": slug, "changes": changes, "unchanged": max(0, described - len(touched))}


async def _lock_business(work: UnitOfWork, slug: str, definition: Any, plan: Any) -> Any:
    new = insert_into(work.connection, businesses).values(
        id=slug, revision=0, definition=definition, resources={}, updated_at=work.now
    )
    await work.connection.execute(new.on_conflict_do_nothing(index_elements=["id"]))
    query = select(businesses).where(businesses.c.id == slug).with_for_update()
    return (await work.connection.execute(query)).one()


async def _store_offerings(work: UnitOfWork, slug: str, wanted: list[Offering]) -> Changes:
    query = select(offerings).where(offerings.c.business == slug)
    before = {row.id: row for row in (await work.connection.execute(query)).all()}
    changes: Changes = []
    for position, offering in enumerate(wanted):
        row = before.pop(offering.id, None)
        values = {
            "position": position,
            "active": True,
            "definition": offering.model_dump(mode="json"),
        }
        if row is None:
            statement: Any = insert(offerings).values(id=offering.id, business=slug, **values)
            changes.append({"what": "offering", "id": offering.id, "change": "added"})
        elif not row.active or row.definition != values["definition"] or row.position != position:
            statement = update(offerings).where(offerings.c.id == offering.id).values(**values)
            changes.append({"what": "offering", "id": offering.id, "change": "changed"})
        else:
            continue
        await work.connection.execute(statement)
    for id, row in before.items():
        if row.active:
            await work.connection.execute(update(offerings).where(offerings.c.id == id).values(active=False))
            changes.append({"what": "offering", "id": id, "change": "no longer offered"})
    return changes


def _compare(changes: Changes, what: str, id: str, before: Any, after: Any) -> None:
    if before != after:
        changes.append({"what": what, "id": id, "change": "changed" if before else "added"})


def _compare_all(changes: Changes, what: str, before: list[Any], after: list[Any]) -> None:
    known = {one["id"]: one for one in before}
    for one in after:
        _compare(changes, what, one["id"], known.pop(one["id"], None), one)
    changes += [{"what": what, "id": id, "change": "removed"} for id in known]
