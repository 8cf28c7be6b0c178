"""What notify reads and writes, one statement each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.occasions import Occasion, Refund, occasions
from services.notify.tables import invitations, known_bookings, notifications
from shared.db import insert_into
from shared.events.notify import Channel
from shared.events.values import BookingFacts
from shared.messaging.work import UnitOfWork
from shared.money import Money

EMAIL: Channel = "email"
# A booking that failed may still be taken up again, one that stands may not fail any more: what
# comes late never takes the later truth away.
_RANK = {"unknown": 0, "requested": 1, "failed": 2, "confirmed": 3}


@dataclass(frozen=True)
class Invitation:
    """An item's place in calendars."""

    item_id: str
    uid: str
    sequence: int
    issued_at: datetime


@dataclass(frozen=True)
class Dossier:
    """One notification with everything that is known about its booking."""

    id: str
    booking_id: str
    status: str
    attempts: int
    created_at: datetime
    occasion: Occasion
    booking_status: str
    facts: BookingFacts | None
    invitations: tuple[Invitation, ...]
    returned: Money | None


async def remember(work: UnitOfWork, booking_id: str, status: str, facts: BookingFacts | None) -> bool:
    """Keep the newest truth about a booking and lock its row until the commit; False for an older one."""
    row = {
        "status": status,
        "facts": facts.model_dump(mode="json") if facts else None,
        "updated_at": work.now,
    }
    statement = insert_into(work.connection, known_bookings).values(booking_id=booking_id, **row)
    newer = case(_RANK, value=statement.excluded.status) >= case(_RANK, value=known_bookings.c.status)
    kept = statement.on_conflict_do_update(index_elements=["booking_id"], set_=row, where=newer)
    return await work.connection.scalar(kept.returning(known_bookings.c.booking_id)) is not None


async def record(work: UnitOfWork, booking_id: str, occasion: Occasion, status: str) -> str | None:
    """Write down something to say; None when it was written down before."""
    statement = insert_into(work.connection, notifications).values(
        id=work.runtime.new_id("nt"),
        booking_id=booking_id,
        kind=occasion.kind,
        channel=EMAIL,
        dedupe=occasion.dedupe,
        occasion=occasion.model_dump(mode="json"),
        status=status,
        attempts=0,
        created_at=work.now,
    )
    fresh = statement.on_conflict_do_nothing(index_elements=["booking_id", "kind", "channel", "dedupe"])
    made: str | None = await work.connection.scalar(fresh.returning(notifications.c.id))
    return made


async def wake(work: UnitOfWork, booking_id: str) -> list[str]:
    """The notifications that waited for the booking's facts, now to be sent."""
    columns = notifications.c
    woken = update(notifications).where(columns.booking_id == booking_id, columns.status == "waiting")
    return list(
        (await work.connection.execute(woken.values(status="pending").returning(columns.id))).scalars()
    )


async def invite(work: UnitOfWork, facts: BookingFacts, domain: str) -> None:
    """Give every item its place in calendars, for life."""
    statement = insert_into(work.connection, invitations).values(
        [
            {
                "booking_id": facts.booking_id,
                "item_id": item.id,
                "uid": f"{item.id}@{domain}",
                "sequence": 0,
                "issued_at": work.now,
            }
            for item in facts.items
        ]
    )
    await work.connection.execute(statement.on_conflict_do_nothing(index_elements=["booking_id", "item_id"]))


async def settle(work: UnitOfWork, id: str, status: str, **values: Any) -> None:
    """Write down how a notification ended."""
    await work.connection.execute(
        update(notifications).where(notifications.c.id == id).values(status=status, **values)
    )


async def claim(work: UnitOfWork, dossier: Dossier, **values: Any) -> bool:
    """Begin a try; False when somebody else began one since the dossier was read."""
    columns = notifications.c
    begun = update(notifications).where(
        columns.id == dossier.id, columns.status == "pending", columns.attempts == dossier.attempts
    )
    begun = begun.values(attempts=dossier.attempts + 1, **values).returning(columns.id)
    return await work.connection.scalar(begun) is not None


async def dossier_of(connection: AsyncConnection, id: str) -> Dossier | None:
    """A notification with all that is known; None when there is no such one."""
    joined = notifications.outerjoin(
        known_bookings, known_bookings.c.booking_id == notifications.c.booking_id
    )
    query = select(
        notifications, known_bookings.c.facts, known_bookings.c.status.label("booking_status")
    ).select_from(joined)
    row = (await connection.execute(query.where(notifications.c.id == id))).one_or_none()
    if row is None:
        return None
    return Dossier(
        id=row.id,
        booking_id=row.booking_id,
        status=row.status,
        attempts=row.attempts,
        created_at=row.created_at,
        occasion=occasions.validate_python(row.occasion),
        booking_status=row.booking_status or "unknown",
        facts=BookingFacts.model_validate(row.facts) if row.facts else None,
        invitations=await invitations_of(connection, row.booking_id),
        returned=await _returned(connection, row.booking_id),
    )


async def _returned(connection: AsyncConnection, booking_id: str) -> Money | None:
    columns = notifications.c
    query = select(columns.occasion).where(columns.booking_id == booking_id, columns.kind == "refund")
    amounts = [Refund.model_validate(found).amount for found in (await connection.execute(query)).scalars()]
    total = amounts[0] if amounts else None
    for amount in amounts[1:]:
        total = total + amount if total else amount
    return total


async def invitations_of(connection: AsyncConnection, booking_id: str) -> tuple[Invitation, ...]:
    """The places in calendars that a booking's items have."""
    columns = invitations.c
    query = select(columns.item_id, columns.uid, columns.sequence, columns.issued_at)
    rows = await connection.execute(query.where(columns.booking_id == booking_id))
    return tuple(Invitation(*row) for row in rows)


async def facts_of(connection: AsyncConnection, booking_id: str) -> tuple[BookingFacts | None, str]:
    """The facts and status of a booking, as far as they are known here."""
    query = select(known_bookings.c.facts, known_bookings.c.status)
    row = (await connection.execute(query.where(known_bookings.c.booking_id == booking_id))).one_or_none()
    if row is None or row.facts is None:
        return None, "unknown"
    return BookingFacts.model_validate(row.facts), row.status


async def said_about(connection: AsyncConnection, booking_id: str) -> Sequence[Row[Any]]:
    """Everything said about a booking, oldest first."""
    columns = notifications.c
    query = select(notifications).where(columns.booking_id == booking_id)
    return (await connection.execute(query.order_by(columns.created_at, columns.kind, columns.id))).all()
