"""Reading and writing payments: whole, under their row lock, and only what changed."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payment import rows, tables
from services.payment.journal import Entry
from services.payment.payment import Attempt, Operation, Payment, Refund
from services.payment.providers.port import DisputeSnapshot
from shared.db import insert_into
from shared.errors import Outage
from shared.messaging.work import UnitOfWork

PURPOSE = "booking"

Child = TypeVar("Child", Attempt, Operation, Refund)


async def find(connection: AsyncConnection, booking_id: str, *, lock: bool = False) -> Payment | None:
    """The payment of a booking; with `lock` nobody else changes it until the transaction ends."""
    columns = tables.payments.c
    query = select(tables.payments).where(columns.booking_id == booking_id, columns.purpose == PURPOSE)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        return None
    return rows.payment_of(
        row,
        tuple(map(rows.attempt_of, await _children(connection, tables.attempts, row.id))),
        tuple(map(rows.operation_of, await _children(connection, tables.operations, row.id))),
        tuple(map(rows.refund_of, await _children(connection, tables.refunds, row.id))),
    )


async def _children(connection: AsyncConnection, table: Table, payment_id: str) -> Sequence[Any]:
    query = select(table).where(table.c.payment_id == payment_id)
    return (await connection.execute(query.order_by(table.c.number))).all()


async def locked(work: UnitOfWork, booking_id: str) -> Payment:
    """The booking's payment, to be changed; a blank one when there is none yet."""
    found = await find(work.connection, booking_id, lock=True)
    return found or Payment(work.runtime.new_id("pay"), booking_id, work.now)


async def save(work: UnitOfWork, before: Payment, after: Payment) -> None:
    """Write what changed. `before` is the payment as it was read in this transaction."""
    await _save_payment(work, before, after)
    connection = work.connection
    await _save_children(
        connection, tables.attempts, rows.attempt_row, before.attempts, after.attempts, after.id
    )
    await _save_children(connection, tables.refunds, rows.refund_row, before.refunds, after.refunds, after.id)
    await _save_children(
        connection, tables.operations, rows.operation_row, before.operations, after.operations, after.id
    )
    await _name_objects(connection, before, after)


async def _save_payment(work: UnitOfWork, before: Payment, after: Payment) -> None:
    row = {**rows.payment_row(after, work.now), "version": before.version + 1, "updated_at": work.now}
    if before.version:
        changed = update(tables.payments).where(tables.payments.c.id == after.id)
        await work.connection.execute(changed.values(row))
        return
    new = insert_into(work.connection, tables.payments).values(row).on_conflict_do_nothing()
    made = await work.connection.execute(new.returning(tables.payments.c.id))
    if made.first() is None:
        raise Outage("another worker has just begun this payment")


async def _save_children(
    connection: AsyncConnection,
    table: Table,
    row_of: Callable[[Child, str], rows.Values],
    before: tuple[Child, ...],
    after: tuple[Child, ...],
    payment_id: str,
) -> None:
    known = {one.id: one for one in before}
    added = [
        row_of(one, payment_id) | {"number": number}
        for number, one in enumerate(after)
        if one.id not in known
    ]
    for one in after:
        if one.id in known and one != known[one.id]:
            changed = update(table).where(table.c.id == one.id)
            await connection.execute(changed.values(row_of(one, payment_id)))
    if added:
        await connection.execute(insert(table), added)


async def _name_objects(connection: AsyncConnection, before: Payment, after: Payment) -> None:
    known = {ref for one in before.attempts for ref in (one.refs.session, one.refs.intent)}
    new = [
        {"provider": one.provider, "ref": ref, "attempt_id": one.id, "booking_id": after.booking_id}
        for one in after.attempts
        for ref in (one.refs.session, one.refs.intent)
        if ref and ref not in known
    ]
    if new:
        statement = insert_into(connection, tables.provider_objects).values(new)
        await connection.execute(statement.on_conflict_do_nothing())


async def post(work: UnitOfWork, payment: Payment, entries: Sequence[Entry]) -> None:
    """Write entries into the journal. Nothing is ever changed or taken out there."""
    for entry in entries:
        entry_id = work.runtime.new_id("je")
        await work.connection.execute(
            insert(tables.journal_entries).values(
                id=entry_id,
                payment_id=payment.id,
                booking_id=payment.booking_id,
                rule=entry.rule,
                posted_at=work.now,
            )
        )
        lines = [
            {
                "entry_id": entry_id,
                "position": position,
                "account": line.account,
                "amount": line.amount,
                "currency": line.currency,
            }
            for position, line in enumerate(entry.lines, start=1)
        ]
        await work.connection.execute(insert(tables.journal_lines), lines)


async def booking_of_operation(connection: AsyncConnection, operation_id: str) -> str | None:
    """Which booking an operation belongs to."""
    query = select(tables.payments.c.booking_id).join(
        tables.operations, tables.operations.c.payment_id == tables.payments.c.id
    )
    found = await connection.scalar(query.where(tables.operations.c.id == operation_id))
    return str(found) if found else None


async def owner_of_object(connection: AsyncConnection, provider: str, ref: str) -> tuple[str, str] | None:
    """The booking and attempt that one of the provider's objects belongs to."""
    columns = tables.provider_objects.c
    query = select(columns.booking_id, columns.attempt_id)
    row = (await connection.execute(query.where(columns.provider == provider, columns.ref == ref))).first()
    return (row.booking_id, row.attempt_id) if row else None


async def owner_of_attempt(connection: AsyncConnection, attempt_id: str) -> tuple[str, str] | None:
    """The booking that an attempt belongs to, with the attempt."""
    query = select(tables.payments.c.booking_id).join(
        tables.attempts, tables.attempts.c.payment_id == tables.payments.c.id
    )
    found = await connection.scalar(query.where(tables.attempts.c.id == attempt_id))
    return (str(found), attempt_id) if found else None


async def owner_of_refund(
    connection: AsyncConnection, ref: str, refund_id: str | None
) -> tuple[str, str] | None:
    """The booking that a refund belongs to, with our id of the refund."""
    columns = tables.refunds.c
    query = select(tables.payments.c.booking_id, columns.id).join(
        tables.refunds, columns.payment_id == tables.payments.c.id
    )
    mine = (columns.ref == ref) | (columns.id == (refund_id or ""))
    row = (await connection.execute(query.where(mine))).first()
    return (row.booking_id, row.id) if row else None


async def keep_dispute(work: UnitOfWork, booking_id: str, provider: str, seen: DisputeSnapshot) -> bool:
    """Remember how a dispute stands; False when that was known."""
    columns = tables.disputes.c
    state = {"amount": seen.amount.amount, "status": seen.status, "seen_at": work.now}
    row = {"provider": provider, "ref": seen.ref, "booking_id": booking_id, "currency": seen.amount.currency}
    statement = insert_into(work.connection, tables.disputes).values(**row, **state)
    changed = await work.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["provider", "ref"], set_=state, where=columns.status != seen.status
        ).returning(columns.ref)
    )
    return changed.first() is not None
