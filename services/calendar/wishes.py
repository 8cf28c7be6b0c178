"""What outside calendars are to show, item by item: the wish is stored first, the world is told after."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.calendar.tables import calendar_events
from shared.db import insert_into
from shared.events.message import StepRef

# Longer than the calls of one attempt can take together.
CALL_LASTS = timedelta(seconds=60)

_table = calendar_events.c


@dataclass(frozen=True, slots=True)
class Wish:
    """Whether an item is to be shown outside, as what, and how far that has come."""

    item_id: str
    booking_id: str
    wanted: str
    state: str
    wish: int
    source: str | None
    calendar: str | None
    event_id: str | None
    content: dict[str, Any] | None
    answer_to: dict[str, Any] | None
    attempts: int
    error: str | None
    removed_claim: int | None
    called_wish: int | None
    calling_until: datetime | None
    changed_at: datetime

    @property
    def ref(self) -> StepRef | None:
        """The step that waits for the answer."""
        return StepRef.model_validate(self.answer_to) if self.answer_to else None


async def find(connection: AsyncConnection, item_id: str) -> Wish | None:
    """The wish for an item; it is locked until the commit where the connection writes."""
    query = select(calendar_events).where(_table.item_id == item_id)
    row = (await connection.execute(query.with_for_update())).first()
    return Wish(**row._mapping) if row else None


async def store(
    connection: AsyncConnection, item_id: str, booking_id: str, ref: StepRef | None, **fields: Any
) -> None:
    """Replace the wish for an item by another one. Its number rises."""
    changing = {**fields, "answer_to": ref.model_dump() if ref else None, "attempts": 0, "error": None}
    statement = insert_into(connection, calendar_events).values(
        item_id=item_id, booking_id=booking_id, wish=1, **changing
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["item_id"], set_={**changing, "wish": _table.wish + 1}
        )
    )


async def answer_to(connection: AsyncConnection, item_id: str, ref: StepRef | None) -> None:
    """The same wish was sent again: the answer, when it comes, is for the newer command."""
    statement = update(calendar_events).where(_table.item_id == item_id)
    await connection.execute(statement.values(answer_to=ref.model_dump() if ref else None))


async def begin_call(connection: AsyncConnection, item_id: str, now: datetime) -> Wish | None:
    """Announce a call to the world. Nothing while a call for another wish may still arrive there."""
    quiet = or_(
        _table.calling_until.is_(None), _table.calling_until <= now, _table.called_wish == _table.wish
    )
    statement = update(calendar_events).where(_table.item_id == item_id, _table.state == "pending", quiet)
    begun = await connection.execute(
        statement.values(
            called_wish=_table.wish, calling_until=now + CALL_LASTS, attempts=_table.attempts + 1
        ).returning(*calendar_events.columns)
    )
    row = begun.first()
    return Wish(**row._mapping) if row else None


async def note_failure(connection: AsyncConnection, wish: Wish, error: str) -> None:
    """Keep what the world said, for people to read. The call may still arrive."""
    statement = update(calendar_events).where(_table.item_id == wish.item_id, _table.wish == wish.wish)
    await connection.execute(statement.values(error=error[:2000]))


async def settle(
    connection: AsyncConnection, wish: Wish, state: str, event_id: str | None, now: datetime
) -> bool:
    """The world shows what was wished for. False when the wish has changed since the call began."""
    mine = update(calendar_events).where(_table.item_id == wish.item_id, _table.called_wish == wish.wish)
    await connection.execute(mine.values(calling_until=None))
    settled = await connection.execute(
        update(calendar_events)
        .where(_table.item_id == wish.item_id, _table.wish == wish.wish)
        .values(state=state, event_id=event_id, error=None, changed_at=now)
        .returning(_table.item_id)
    )
    return settled.first() is not None
