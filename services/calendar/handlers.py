"""Every message the calendar accepts, and what it does with it."""

from services.calendar import holding, publishing
from services.calendar.definitions import define
from services.calendar.deps import Deps
from shared.events.calendar import (
    CancelSlot,
    ConfirmSlot,
    DefineSchedule,
    HoldSlot,
    ReleaseSlot,
    RemoveEvent,
    WriteEvent,
)
from shared.messaging.work import Desk, Handlers, Task, Tasks, UnitOfWork


async def define_schedule(command: DefineSchedule, work: UnitOfWork, deps: Deps) -> None:
    """Store what a business offers now. An older revision changes nothing."""
    await define(work.connection, command)


async def hold_slot(command: HoldSlot, work: UnitOfWork, deps: Deps) -> None:
    """Claim time for an item, or refuse it."""
    work.publish(await holding.hold(command, work, deps))


async def release_slot(command: ReleaseSlot, work: UnitOfWork, deps: Deps) -> None:
    """Give an item's held time back."""
    work.publish(await holding.give_back(command, "released", work))


async def confirm_slot(command: ConfirmSlot, work: UnitOfWork, deps: Deps) -> None:
    """Make an item's hold an allocation."""
    work.publish(await holding.confirm(command, work, deps))


async def cancel_slot(command: CancelSlot, work: UnitOfWork, deps: Deps) -> None:
    """Give an item's confirmed time back."""
    work.publish(await holding.give_back(command, "cancelled", work))


async def write_event(command: WriteEvent, work: UnitOfWork, deps: Deps) -> None:
    """Wish for an event outside; a task writes it."""
    answer = await publishing.want(command, work, deps)
    if answer is not None:
        work.publish(answer)


async def remove_event(command: RemoveEvent, work: UnitOfWork, deps: Deps) -> None:
    """Wish an event away; a task removes it."""
    answer = await publishing.want_none(command, work)
    if answer is not None:
        work.publish(answer)


async def let_lapse(task: Task, desk: Desk, deps: Deps) -> None:
    """A hold's deadline is long over: give its time back unless somebody spoke for it."""
    async with desk.unit_of_work(task) as work:
        await holding.let_lapse(task.key, work, deps)


HANDLERS: Handlers = {
    DefineSchedule: define_schedule,
    HoldSlot: hold_slot,
    ReleaseSlot: release_slot,
    ConfirmSlot: confirm_slot,
    CancelSlot: cancel_slot,
    WriteEvent: write_event,
    RemoveEvent: remove_event,
}

TASKS: Tasks = {
    holding.LET_LAPSE: let_lapse,
    publishing.SYNC_EVENT: publishing.sync_event,
}
