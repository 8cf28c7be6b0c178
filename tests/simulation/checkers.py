"""What a run must have left behind: nothing to do, and all nine invariants."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Table, select

from sandbox.control import views
from sandbox.smtp import MAIL
from services.booking.tables import bookings
from services.calendar.tables import holds, offerings, resources
from shared.db import Database
from tests.simulation.installed import WATCHED
from tests.simulation.loop import START
from tests.simulation.outside import Outside
from tests.simulation.wire import Asked
from tests.support.evidence import KEPT, SPINES, Evidence, Rows
from tests.support.invariants import INVARIANTS, mailed_once, no_overbooking
from tests.support.settling import left_to_do

Json = dict[str, Any]
OVER = ("confirmed", "failed")
PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


@dataclass(frozen=True)
class Sight(Evidence):
    """What is known everywhere, with the provider's payment pages."""

    sessions: list[Json] = field(default_factory=list)


async def gather(folder: Path, outside: Outside, accepted: Mapping[str, Json]) -> Sight:
    """Everything that the services wrote down, and everything the outside shows."""
    rows: dict[Table, Rows] = {}
    for service in WATCHED:
        spine = SPINES[service]
        rows |= await _rows(folder, service, (*KEPT[service], spine.inbox, spine.outbox, spine.tasks))
    world = outside.world
    return Sight(
        rows=rows,
        now=world.now(),
        intents=world.all("stripe.payment_intent"),
        refunds=world.all("stripe.refund"),
        charges=world.all("stripe.charge"),
        events=views.calendar(world),
        mails=world.all(MAIL),
        accepted=dict(accepted),
        sessions=world.all("stripe.checkout.session"),
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
    waiting = [f"booking {row.id} is {row.status}" for row in seen.of(bookings) if row.status not in OVER]
    return [*left_to_do(seen), *waiting]


def violations(seen: Sight, unheard: set[str]) -> Iterator[str]:
    """Every breach of an invariant, in a sentence.

    A letter whose sender never heard that it was taken may come twice: SMTP cannot be asked.
    """
    for check in INVARIANTS:
        if check is not mailed_once:
            yield from check(seen)
    yield from nobody_can_pay_any_more(seen)
    once = [mail for mail in seen.mails if mail["message_id"] not in unheard]
    yield from mailed_once(replace(seen, mails=once))


def nobody_can_pay_any_more(seen: Sight) -> Iterator[str]:
    """A booking that failed has no payment page left open: `payment.expired` and `given_back` say so."""
    failed = {row.id for row in seen.of(bookings) if row.status == "failed"}
    for one in seen.intents:
        whose = one["metadata"].get("booking_id")
        if whose in failed and one["metadata"].get("shown_as") == "form" and one["status"] in PAYABLE:
            yield f"2. no money without a booking: {whose} failed and the form {one['id']} can be paid"
    for one in seen.sessions:
        whose = one["metadata"].get("booking_id")
        lasts = one["expires_at"] > seen.now.timestamp()
        if whose in failed and one["status"] == "open" and lasts:
            yield f"2. no money without a booking: {whose} failed and the page {one['id']} can be paid"


def taken_too_soon(folder: Path, outside: Outside, asked: Asked) -> Iterator[str]:
    """Money is taken only when the time is certain: every item of the booking is confirmed by then."""
    path = urlsplit(asked.url).path
    if asked.method != "POST" or not path.endswith("/capture"):
        return
    intent = outside.world.get("stripe.payment_intent", path.split("/")[-2])
    booking = intent["metadata"].get("booking_id", "") if intent else ""
    with closing(sqlite3.connect(folder / "calendar.db")) as database:
        found = database.execute("SELECT id, status FROM holds WHERE booking_id = ?", (booking,)).fetchall()
    for item, status in found:
        if status != "confirmed":
            yield f"2. no money without a booking: {booking} is captured while {item} is {status}"


def paid_in_vain(folder: Path, booking: str) -> Iterator[str]:
    """Before time is given back, nobody can pay for it any more."""
    with closing(sqlite3.connect(folder / "calendar.db")) as database:
        found = database.execute("SELECT id, status FROM holds WHERE booking_id = ?", (booking,)).fetchall()
    for item, status in found:
        if status in ("released", "cancelled"):
            yield f"2. no money without a booking: {booking} could be paid while {item} is {status}"


async def overbooked(folder: Path) -> list[str]:
    """Whether too many have the same time at this moment, in the middle of a run."""
    rows = await _rows(folder, "calendar", (holds, resources, offerings))

    return list(no_overbooking(Evidence(rows, START, [], [], [], [], [], {})))
