"""Everything an installation and its outside world know at one moment, as rows to be judged."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import Row, Table, select

import services.booking.tables as booking
import services.calendar.tables as calendar
import services.notify.tables as notify
import services.payment.tables as payment
from shared.db import Database
from shared.messaging.tables import Spine
from tests.support.installation import SERVICES, Installation, Json
from tests.support.outside import Outside

Rows = Sequence[Row[Any]]

SPINES: dict[str, Spine] = {
    "booking": booking.spine,
    "payment": payment.spine,
    "calendar": calendar.spine,
    "notify": notify.spine,
}
KEPT: dict[str, tuple[Table, ...]] = {
    "booking": (
        booking.bookings,
        booking.booking_items,
        booking.idempotency_keys,
        booking.engine.sagas,
    ),
    "payment": (
        payment.payments,
        payment.attempts,
        payment.operations,
        payment.refunds,
        payment.provider_events,
        payment.journal_entries,
        payment.journal_lines,
    ),
    "calendar": (
        calendar.holds,
        calendar.resources,
        calendar.offerings,
        calendar.slot_cells,
        calendar.calendar_events,
    ),
    "notify": (notify.notifications, notify.known_bookings),
}


@dataclass(frozen=True)
class Evidence:
    """The rows of every service by table, and what the outside shows."""

    rows: dict[Table, Rows]
    now: datetime
    intents: list[Json]
    refunds: list[Json]
    charges: list[Json]
    events: list[Json]
    mails: list[Json]
    accepted: dict[str, Json]

    def of(self, table: Table) -> Rows:
        """All rows of a table."""
        return self.rows[table]

    def by(self, table: Table, column: str) -> dict[Any, list[Row[Any]]]:
        """The rows of a table by the value of a column."""
        found: dict[Any, list[Row[Any]]] = {}
        for row in self.rows[table]:
            found.setdefault(row._mapping[column], []).append(row)
        return found


async def read_tables(installation: Installation) -> dict[Table, Rows]:
    """Every row of every table that says something about bookings."""
    rows: dict[Table, Rows] = {}
    for service in SERVICES:
        spine = SPINES[service]
        database = Database(installation.databases[service], pool=1)
        try:
            async with database.reading() as connection:
                for table in (*KEPT[service], spine.inbox, spine.outbox, spine.tasks):
                    rows[table] = (await connection.execute(select(table))).all()
        finally:
            await database.dispose()
    return rows


async def gather(installation: Installation) -> Evidence:
    """Read everything. Whoever wants to judge it lets the installation settle first."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=30, trust_env=False))
        outside = Outside(http, installation.sandbox)
        return Evidence(
            rows=await read_tables(installation),
            now=datetime.fromisoformat(await outside.now()),
            intents=await outside.intents(),
            refunds=await outside.refunds(),
            charges=await outside.charges(),
            events=await outside.events(),
            mails=await outside.mails(),
            accepted=dict(installation.accepted),
        )
