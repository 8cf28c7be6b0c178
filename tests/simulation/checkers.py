"""What a run must have left behind: nothing to do, and all nine invariants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from sandbox.control import views
from sandbox.smtp import MAIL
from services.booking.tables import bookings
from services.calendar.tables import holds, offerings, resources
from shared.db import Database
from tests.simulation.installed import WATCHED
from tests.simulation.loop import START
from tests.simulation.outside import Outside
from tests.support.evidence import KEPT, SPINES, Evidence, Rows
from tests.support.invariants import INVARIANTS, mailed_once, no_overbooking
from tests.support.settling import left_to_do

Json = dict[str, Any]
OVER = ("confirmed", "failed")


async def gather(folder: Path, outside: Outside, accepted: Mapping[str, Json]) -> Evidence:
    """Everything that the services wrote down, and everything the outside shows."""
    rows: dict[Table, Rows] = {}
    for service in WATCHED:
        spine = SPINES[service]
        rows |= await _rows(folder, service, (*KEPT[service], spine.inbox, spine.outbox, spine.tasks))
    world = outside.world
    return Evidence(
        rows=rows,
        now=world.now(),
        intents=world.all("stripe.payment_intent"),
        refunds=world.all("stripe.refund"),
        charges=world.all("stripe.charge"),
        events=views.calendar(world),
        mails=world.all(MAIL),
        accepted=dict(accepted),
    )


async def _rows(folder: Path, service: str, tables: tuple[Table, ...]) -> dict[Table, Rows]:
    database = Database(f"sqlite:///{folder / service}.db", pool=1)
    try:
        async with database.reading() as connection:
            return {table: (await connection.execute(select(table))).all() for table in tables}
    finally:
        await database.dispose()


def pending(seen: Evidence) -> list[str]:
    """What is not finished: here a booking that waits for its customer is not finished either."""
    waiting = [
        f"booking {row.id} is {row.status}" for row in seen.of(bookings) if row.status not in OVER
    ]
    return [*left_to_do(seen), *waiting]


def violations(seen: Evidence, unheard: set[str]) -> Iterator[str]:
    """Every breach of an invariant, in a sentence.

    A letter whose sender never heard that it was taken may come twice: SMTP cannot be asked.
    """
    for check in INVARIANTS:
        if check is not mailed_once:
            yield from check(seen)
    once = [mail for mail in seen.mails if mail["message_id"] not in unheard]
    yield from mailed_once(replace(seen, mails=once))


async def overbooked(folder: Path) -> list[str]:
    """Whether too many have the same time at this moment, in the middle of a run."""
    rows = await _rows(folder, "calendar", (holds, resources, offerings))

    return list(no_overbooking(Evidence(rows, START, [], [], [], [], [], {})))
