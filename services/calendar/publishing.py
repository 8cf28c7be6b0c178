"""Having the outside agree: one event for each item that is booked, none for any other."""

from services.calendar import repository, wishes
from services.calendar.definitions import resource_of
from services.calendar.deps import Deps
from services.calendar.hold import Hold
from services.calendar.outside_event import outside_event
from services.calendar.sources.port import OutsideEvent
from services.calendar.wishes import Wish
from shared.errors import Outage
from shared.events.calendar import EventRemoved, EventWritten, RemoveEvent, WriteEvent
from shared.events.values import SourceRef
from shared.messaging.work import Desk, Task, UnitOfWork

SYNC_EVENT = "sync-event"


async def want(command: WriteEvent, work: UnitOfWork, deps: Deps) -> EventWritten | EventRemoved | None:
    """Wish for an item's event. The answer, when it is known already or nobody outside has to be asked."""
    before = await wishes.find(work.connection, command.item_id)
    hold = await repository.find(work.connection, command.item_id)
    if _comes_too_late(before, hold):
        return EventRemoved(ref=command.ref, booking_id=command.booking_id, item_id=command.item_id)
    source = await _source_of(hold, work, deps)
    item = next((item for item in command.facts.items if item.id == command.item_id), None)
    if source is None or item is None:
        return _written(command, None)
    content = outside_event(command.facts, item).model_dump(mode="json")
    if before and before.wanted == "present" and before.content == content:
        if before.state == "written":
            return _written(command, before.calendar)
        await wishes.answer_to(work.connection, command.item_id, command.ref)
        return None
    if before and before.calendar:
        # It stays where it was written, whatever the resource is connected to since.
        source = SourceRef.model_validate({"kind": before.source, "calendar": before.calendar})
    await _store(
        command, work, wanted="present", source=source.kind, calendar=source.calendar, content=content
    )
    return None


def _comes_too_late(before: Wish | None, hold: Hold | None) -> bool:
    """Whether the item was given back, or its event removed, and nobody has booked it again since."""
    if hold is not None and not hold.active:
        return True
    if before is None or before.wanted == "present":
        return False
    return (hold.claims if hold else 0) <= (before.removed_claim or 0)


async def _source_of(hold: Hold | None, work: UnitOfWork, deps: Deps) -> SourceRef | None:
    if hold is None or hold.resource is None:
        return None
    resource = await resource_of(work.connection, hold.resource)
    source = resource.source if resource else None
    return source if source and source.kind in deps.sources else None


def _written(command: WriteEvent, calendar: str | None) -> EventWritten:
    return EventWritten(
        ref=command.ref, booking_id=command.booking_id, item_id=command.item_id, calendar=calendar
    )


async def _store(command: WriteEvent | RemoveEvent, work: UnitOfWork, **wish: object) -> None:
    await wishes.store(
        work.connection,
        command.item_id,
        command.booking_id,
        command.ref,
        state="pending",
        changed_at=work.now,
        **wish,
    )
    await work.schedule(SYNC_EVENT, command.item_id, work.now, booking_id=command.booking_id)


async def want_none(command: RemoveEvent, work: UnitOfWork) -> EventRemoved | None:
    """Wish an item's event away. The answer, when nothing was ever written."""
    before = await wishes.find(work.connection, command.item_id)
    if before and before.wanted == "absent" and before.state == "pending":
        await wishes.answer_to(work.connection, command.item_id, command.ref)
        return None
    if before and before.wanted == "present":
        claim = await _current_claim(command, work)
        await _store(command, work, wanted="absent", removed_claim=claim)
        return None
    if before is None:
        await _leave_tombstone(command, work)
    return EventRemoved(ref=command.ref, booking_id=command.booking_id, item_id=command.item_id)


async def _current_claim(command: RemoveEvent, work: UnitOfWork) -> int:
    hold = await repository.find(work.connection, command.item_id)
    return hold.claims if hold else 0


async def _leave_tombstone(command: RemoveEvent, work: UnitOfWork) -> None:
    await wishes.store(
        work.connection,
        command.item_id,
        command.booking_id,
        command.ref,
        wanted="absent",
        state="removed",
        removed_claim=await _current_claim(command, work),
        changed_at=work.now,
    )


async def sync_event(task: Task, desk: Desk, deps: Deps) -> None:
    """Tell the outside calendar what is wished for, then record what it shows."""
    wish = await _begin(task, desk)
    if wish is None:
        return
    try:
        event_id = await _call(wish, deps)
    except Outage as outage:
        async with desk.unit_of_work() as work:
            await wishes.note_failure(work.connection, wish, outage.message)
        raise
    async with desk.unit_of_work(task) as work:
        state = "written" if wish.wanted == "present" else "removed"
        if not await wishes.settle(work.connection, wish, state, event_id, work.now):
            await work.schedule(SYNC_EVENT, task.key, work.now, booking_id=task.booking_id)
            return
        newest = await wishes.find(work.connection, wish.item_id) or wish
        work.publish(_answer(newest))


async def _begin(task: Task, desk: Desk) -> Wish | None:
    async with desk.unit_of_work() as work:
        wish = await wishes.begin_call(work.connection, task.key, work.now)
        found = await wishes.find(work.connection, task.key)
    if wish is None and found and found.state == "pending":
        left = found.calling_until - work.now if found.calling_until else wishes.CALL_LASTS
        raise Outage("an earlier call for this event may still arrive", retry_after=left.total_seconds())
    if wish is None:
        async with desk.unit_of_work(task):
            return None
    return wish


async def _call(wish: Wish, deps: Deps) -> str | None:
    source = deps.sources.get(wish.source or "")
    if source is None or wish.calendar is None:
        raise Outage(f"no calendar of the kind {wish.source} is connected", retry_after=60.0)
    if wish.wanted == "present":
        return await source.put(wish.calendar, OutsideEvent.model_validate(wish.content))
    await source.remove(wish.calendar, wish.item_id)
    return None


def _answer(wish: Wish) -> EventWritten | EventRemoved:
    if wish.wanted == "present":
        return EventWritten(
            ref=wish.ref, booking_id=wish.booking_id, item_id=wish.item_id, calendar=wish.calendar
        )
    return EventRemoved(ref=wish.ref, booking_id=wish.booking_id, item_id=wish.item_id)
