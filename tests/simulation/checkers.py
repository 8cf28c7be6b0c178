"""What a run must have left behind: nothing to do, and all nine invariants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from sandbox.control import views
from sandbox.smtp import MAIL
from services.booking.tables import bookings
from services.calendar.tables import holds, offerings, resources
from shared.db import Database
from shared.messaging.envelope import Envelope
from tests.simulation.installed import WATCHED
from tests.simulation.loop import START
from tests.simulation.outside import Outside
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


class Records:
    """What the services of a run have written down, read beside them."""

    def __init__(self, folder: Path) -> None:
        self._databases = {
            service: Database(f"sqlite:///{folder / service}.db", pool=1) for service in WATCHED
        }

    async def of(self, service: str, tables: tuple[Table, ...]) -> dict[Table, Rows]:
        """All rows of some tables of a service."""
        async with self._databases[service].reading() as connection:
            return {table: (await connection.execute(select(table))).all() for table in tables}

    async def close(self) -> None:
        """Let go of the databases."""
        for database in self._databases.values():
            await database.dispose()


async def gather(records: Records, outside: Outside, accepted: Mapping[str, Json]) -> Sight:
    """Everything that the services wrote down, and everything the outside shows."""
    rows: dict[Table, Rows] = {}
    for service in WATCHED:
        spine = SPINES[service]
        rows |= await records.of(service, (*KEPT[service], spine.inbox, spine.outbox, spine.tasks))
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


def pending(seen: Sight) -> list[str]:
    """What is not finished: here a booking that waits for its customer is not finished either."""
    waiting = [f"booking {row.id} is {row.status}" for row in seen.of(bookings) if row.status not in OVER]
    return [*left_to_do(seen), *waiting, *still_payable(seen)]


def violations(seen: Sight, unheard: set[str]) -> Iterator[str]:
    """Every breach of an invariant, in a sentence.

    A letter whose sender never heard that it was taken may come twice: SMTP cannot be asked.
    """
    for check in INVARIANTS:
        if check is not mailed_once:
            yield from check(seen)
    yield from one_booking_for_one_wish(seen)
    once = [mail for mail in seen.mails if mail["message_id"] not in unheard]
    yield from mailed_once(replace(seen, mails=once))


def nothing_taken_is_lost(seen: Evidence, taken: Mapping[str, Mapping[str, Envelope]]) -> Iterator[str]:
    """What the bus has taken was handled by everybody it is for."""
    for service, messages in taken.items():
        known = {row.id for row in seen.of(SPINES[service].inbox)}
        for id in messages.keys() - known:
            lost = messages[id]
            yield f"7. nothing accepted is lost: {lost.type} of {lost.subject} never reached {service}"


def one_booking_for_one_wish(seen: Evidence) -> Iterator[str]:
    """A customer who sends the same wish again, because no answer came, has one booking."""
    for email, times in Counter(row.facts["customer"]["email"] for row in seen.of(bookings)).items():
        if times > 1:
            yield f"7. nothing accepted is lost or doubled: one wish of {email} became {times} bookings"


def still_payable(seen: Sight) -> Iterator[str]:
    """The pages and forms of bookings that failed: those that nobody knew of are found and closed in time."""
    failed = {row.id for row in seen.of(bookings) if row.status == "failed"}
    for one in seen.intents:
        whose = one["metadata"].get("booking_id")
        if whose in failed and one["metadata"].get("shown_as") == "form" and one["status"] in PAYABLE:
            yield f"{whose} failed and the form {one['id']} can be paid"
    for one in seen.sessions:
        whose = one["metadata"].get("booking_id")
        lasts = one["expires_at"] > seen.now.timestamp()
        if whose in failed and one["status"] == "open" and lasts:
            yield f"{whose} failed and the page {one['id']} can be paid"


async def overbooked(records: Records) -> list[str]:
    """Whether too many have the same time at this moment, in the middle of a run."""
    rows = await records.of("calendar", (holds, resources, offerings))
    return list(no_overbooking(Evidence(rows, START, [], [], [], [], [], {})))
