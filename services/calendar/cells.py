"""Counter cells: how many are present in every five minutes, and how many seats of a start are taken.

The table's CHECK lets no cell overflow. Cells are always claimed in the same order: nobody waits in a circle.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.calendar.hold import Hold, ticks_of
from services.calendar.tables import slot_cells
from shared.db import insert_into

PRESENT = ""


async def claim(
    connection: AsyncConnection,
    resource: str,
    scope: str,
    times: Sequence[datetime],
    quantity: int,
    capacity: int,
) -> bool:
    """Count people into cells. False when one is full: what was counted must then be rolled back."""
    if quantity > capacity:
        return False
    rows = [
        {"resource": resource, "scope": scope, "cell_at": at, "taken": quantity, "capacity": capacity}
        for at in sorted(times)
    ]
    claimed = await connection.execute(
        insert_into(connection, slot_cells)
        .values(rows)
        .on_conflict_do_update(
            index_elements=["resource", "scope", "cell_at"],
            set_={"taken": slot_cells.c.taken + quantity, "capacity": capacity},
            where=slot_cells.c.taken + quantity <= capacity,
        )
        .returning(slot_cells.c.cell_at)
    )
    return len(claimed.all()) == len(rows)


async def give_back(connection: AsyncConnection, hold: Hold) -> None:
    """Take the people of a hold out of the cells they were counted into."""
    if hold.resource is None or hold.starts_at is None:
        return
    if hold.counted and hold.blocked_from and hold.blocked_to:
        times = ticks_of(hold.blocked_from, hold.blocked_to)
        await _subtract(connection, hold.resource, PRESENT, times, hold.quantity)
    if hold.seated and hold.offering:
        await _subtract(connection, hold.resource, hold.offering, [hold.starts_at], hold.quantity)


async def _subtract(
    connection: AsyncConnection, resource: str, scope: str, times: Sequence[datetime], quantity: int
) -> None:
    cell = slot_cells.c
    mine = (cell.resource == resource, cell.scope == scope, cell.cell_at.in_(times))
    await connection.execute(update(slot_cells).where(*mine).values(taken=cell.taken - quantity))
    await connection.execute(delete(slot_cells).where(*mine, cell.taken == 0))
