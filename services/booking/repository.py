"""The booking service's questions to its database, by what they mean."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.booking.draft import Draft
from services.booking.offering import Offering
from services.booking.tables import booking_items, bookings, businesses, idempotency_keys, offerings, quotes
from shared.db import insert_into
from shared.errors import NotFound, Refusal
from shared.messaging.work import UnitOfWork

KEYS_KEPT = timedelta(days=7)


async def business(connection: AsyncConnection, slug: str) -> dict[str, Any]:
    """A business's definition; raises NotFound."""
    found = await connection.scalar(select(businesses.c.definition).where(businesses.c.id == slug))
    if found is None:
        raise NotFound("no_such_business", f"There is no business called {slug}.")
    return dict(found)


async def all_businesses(connection: AsyncConnection) -> list[dict[str, Any]]:
    return list((await connection.scalars(select(businesses.c.definition).order_by(businesses.c.id))).all())


async def offerings_of(connection: AsyncConnection, slug: str) -> list[Offering]:
    """What a business offers now, in its own order."""
    query = (
        select(offerings.c.definition)
        .where(offerings.c.business == slug, offerings.c.active)
        .order_by(offerings.c.position)
    )
    return [Offering.model_validate(one) for one in (await connection.scalars(query)).all()]


async def offering(connection: AsyncConnection, id: str) -> Offering:
    """An offering that can be booked; raises NotFound."""
    query = select(offerings.c.definition).where(offerings.c.id == id, offerings.c.active)
    found = await connection.scalar(query)
    if found is None:
        raise NotFound(
            "no_such_offering",
            f"There is no offering called {id}.",
            next_steps=[{"action": "see what is offered", "href": "/v1/businesses"}],
        )
    return Offering.model_validate(found)


async def booking(connection: AsyncConnection, id: str, *, lock: bool = False) -> Row[Any]:
    """A booking's row; raises NotFound."""
    query = select(bookings).where(bookings.c.id == id)
    if lock:
        query = query.with_for_update()
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        raise NotFound("no_such_booking", "There is no booking with this id.")
    return found


async def items_of(connection: AsyncConnection, booking_id: str) -> list[Row[Any]]:
    query = select(booking_items).where(booking_items.c.booking_id == booking_id).order_by(booking_items.c.id)
    return list((await connection.execute(query)).all())


async def listed(
    connection: AsyncConnection, *, status: str | None, before: str | None, limit: int
) -> list[Row[Any]]:
    """Bookings for an operator, the newest first, beginning after the one with the id `before`."""
    query = select(bookings).order_by(bookings.c.id.desc()).limit(limit)
    if status:
        query = query.where(bookings.c.status == status)
    if before:
        query = query.where(bookings.c.id < before)
    return list((await connection.execute(query)).all())


async def add_booking(work: UnitOfWork, made: Draft, policy: dict[str, Any]) -> None:
    """Store a new booking and its items."""
    facts = made.facts
    await work.connection.execute(
        insert(bookings).values(
            id=facts.booking_id,
            reference=facts.reference,
            business=facts.business.id,
            status="pending",
            version=1,
            facts=facts.model_dump(mode="json"),
            policy=policy,
            due_amount=made.due.amount if made.due else None,
            currency=made.due.currency if made.due else None,
            method=made.method,
            deadline=made.deadline,
            payment_status="waiting" if made.due else "none",
            calendar_status="none",
            created_at=work.now,
            updated_at=work.now,
        )
    )
    rows = [
        {
            "id": item.id,
            "booking_id": facts.booking_id,
            "offering": item.offering,
            "starts_at": item.starts_at,
            "ends_at": item.ends_at,
            "status": "pending",
            "calendar_status": "none",
        }
        for item in facts.items
    ]
    await work.connection.execute(insert(booking_items), rows)


async def change_booking(
    work: UnitOfWork, id: str, *only_if: ColumnElement[bool], **values: Any
) -> int | None:
    """Change a booking and raise its version; returns the new version, None when nothing was changed."""
    statement = (
        update(bookings)
        .where(bookings.c.id == id, *only_if)
        .values(version=bookings.c.version + 1, updated_at=work.now, **values)
        .returning(bookings.c.version)
    )
    version: int | None = (await work.connection.execute(statement)).scalar_one_or_none()
    return version


async def change_items(work: UnitOfWork, booking_id: str, item_id: str | None, **values: Any) -> None:
    statement = update(booking_items).where(booking_items.c.booking_id == booking_id).values(**values)
    if item_id:
        statement = statement.where(booking_items.c.id == item_id)
    await work.connection.execute(statement)


async def claim_key(
    work: UnitOfWork, *, principal: str, route: str, key: str, fingerprint: str, result: str
) -> str | None:
    """Claim an idempotency key for a result; returns the earlier result when it was claimed before.

    Raises Refusal when the key came before with another body.
    """
    columns = idempotency_keys.c
    statement = insert_into(work.connection, idempotency_keys).values(
        principal=principal, route=route, key=key, fingerprint=fingerprint, result=result, created_at=work.now
    )
    claimed = await work.connection.execute(statement.on_conflict_do_nothing().returning(columns.key))
    if claimed.scalar_one_or_none() is not None:
        return None
    query = select(columns.fingerprint, columns.result).where(
        columns.principal == principal, columns.route == route, columns.key == key
    )
    earlier = (await work.connection.execute(query)).one()
    if earlier.fingerprint != fingerprint:
        raise Refusal(
            "idempotency_key_reused",
            "This Idempotency-Key came before with another body.",
            status=422,
            next_steps=[{"action": "send a new Idempotency-Key for a new request"}],
        )
    return str(earlier.result)


async def forget_old_keys(work: UnitOfWork) -> None:
    await work.connection.execute(
        delete(idempotency_keys).where(idempotency_keys.c.created_at < work.now - KEYS_KEPT)
    )


async def add_quote(work: UnitOfWork, id: str, body: dict[str, Any], expires_at: datetime) -> None:
    await work.connection.execute(
        insert(quotes).values(id=id, body=body, created_at=work.now, expires_at=expires_at)
    )


async def quote(connection: AsyncConnection, id: str, now: datetime) -> dict[str, Any]:
    """A quote that still holds; raises Refusal when it ran out or never was."""
    found = (await connection.execute(select(quotes).where(quotes.c.id == id))).one_or_none()
    if found is None or found.expires_at <= now:
        raise Refusal(
            "quote_expired",
            "This quote no longer holds.",
            next_steps=[{"action": "ask for a new quote", "href": "/v1/quotes"}],
        )
    return dict(found.body)
