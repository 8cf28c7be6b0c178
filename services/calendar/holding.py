"""What a command on an item's time comes to. Every command may arrive twice, late, or before its time."""

from datetime import datetime

from services.calendar import cells, repository
from services.calendar.deps import Deps
from services.calendar.hold import Claim, Hold, HoldStatus
from services.calendar.hours import seconds_of, time_of
from services.calendar.plan import Plan
from services.calendar.questions import Questions
from services.calendar.taking import Outcome, Taking, reclaim
from shared.events.calendar import (
    CancelSlot,
    ConfirmRefused,
    ConfirmSlot,
    HoldRefused,
    HoldSlot,
    ReleaseSlot,
    SlotConfirmed,
    SlotHeld,
    SlotReleased,
)
from shared.events.message import Command
from shared.messaging.work import UnitOfWork

LET_LAPSE = "let-lapse"
NEAREST = 3


def saga_of(command: Command) -> str:
    """Whose command it is. Commands without a saga are all one saga's."""
    return command.ref.saga if command.ref else ""


async def hold(command: HoldSlot, work: UnitOfWork, deps: Deps) -> SlotHeld | HoldRefused:
    """Take the time that an item wants, or say why not and what is free close by."""
    before, revision = await repository.find_with_revision(work.connection, command.item_id, command.offering)
    known = await _known(command, before, work, deps)
    if known is not None:
        return known
    if revision is None or command.starts_at.microsecond:
        refused = refusal(command, "unknown_offering" if revision is None else "off_grid")
        return await _for_good(refused, command, work)
    plan = await deps.plans.at(work.connection, command.offering, revision)
    outcome = await _take(_claim(command, before, work.now), plan, work, deps, again=before is not None)
    if outcome.row is not None:
        await _let_lapse_later(command.item_id, outcome.row["expires_at"], work, deps)
        return _held(command, Hold(**outcome.row))
    if await repository.find(work.connection, command.item_id) != before:
        # The item has a row of a transaction beside this one: it is known now.
        return await hold(command, work, deps)
    if outcome.reason is not None:
        return await _for_good(refusal(command, outcome.reason.code), command, work)
    return await _for_good(await _taken(command, plan, work, deps), command, work)


async def _for_good(refused: HoldRefused, command: HoldSlot, work: UnitOfWork) -> HoldRefused:
    """A refusal is final for its saga: an earlier copy of the command may come after it and find room."""
    item, saga = command.item_id, saga_of(command)
    if not await repository.leave_tombstone(
        work.connection, item, command.booking_id, "released", saga, work.now
    ):
        await repository.mark_given_back(work.connection, item, "released", saga, work.now)
    return refused


async def _known(
    command: HoldSlot, before: Hold | None, work: UnitOfWork, deps: Deps
) -> SlotHeld | HoldRefused | None:
    """The answer to a command that was carried out before, or whose claim is over."""
    if before is None:
        return None
    if before.given_back_by(saga_of(command)):
        return HoldRefused(
            ref=command.ref,
            booking_id=command.booking_id,
            item_id=command.item_id,
            reason="slot_taken",
            detail="released",
        )
    if not before.active:
        return None
    if before.status == "held":
        until = _deadline(command, work.now)
        if not await repository.renew(work.connection, before, saga_of(command), until, work.now):
            # A transaction beside this one confirmed it, or gave it back.
            changed = await repository.find(work.connection, command.item_id)
            return await _known(command, changed, work, deps)
        await _let_lapse_later(command.item_id, until, work, deps)
    return _held(command, before)


def _held(command: HoldSlot, taken: Hold) -> SlotHeld:
    return SlotHeld.model_validate(
        {
            "ref": command.ref,
            "booking_id": command.booking_id,
            "item_id": command.item_id,
            "resource": taken.resource,
            "starts_at": taken.starts_at,
            "ends_at": taken.ends_at,
        }
    )


def refusal(command: HoldSlot, code: str) -> HoldRefused:
    """The answer to a command for a time that is not offered at all."""
    return HoldRefused(
        ref=command.ref,
        booking_id=command.booking_id,
        item_id=command.item_id,
        reason="not_offered",
        detail=code,
    )


async def _taken(command: HoldSlot, plan: Plan, work: UnitOfWork, deps: Deps) -> HoldRefused:
    questions = Questions(work.connection, plan, work.now, work.now - deps.margin, command.quantity)
    nearest = await questions.nearest(seconds_of(command.starts_at), NEAREST)
    return HoldRefused(
        ref=command.ref,
        booking_id=command.booking_id,
        item_id=command.item_id,
        reason="slot_taken",
        nearest=tuple(time_of(start) for start in nearest),
    )


def _claim(command: HoldSlot, before: Hold | None, now: datetime) -> Claim:
    return Claim(
        item_id=command.item_id,
        booking_id=command.booking_id,
        saga=saga_of(command),
        offering=command.offering,
        start=seconds_of(command.starts_at),
        quantity=command.quantity,
        expires_at=_deadline(command, now),
        claims=before.claims + 1 if before else 1,
        released_by=before.released_by if before else None,
    )


def _deadline(command: HoldSlot, now: datetime) -> datetime:
    """A command that was long on its way still gets its margin."""
    return max(command.expires_at, now)


async def _let_lapse_later(item_id: str, expires_at: datetime, work: UnitOfWork, deps: Deps) -> None:
    await work.schedule(LET_LAPSE, item_id, expires_at + deps.margin)


async def _take(claim: Claim, plan: Plan, work: UnitOfWork, deps: Deps, *, again: bool) -> Outcome:
    taking = Taking(work.connection, plan, work.now, work.now - deps.margin)
    outcome = await taking.take(claim, again=again)
    for lapsed in outcome.lapsed:
        work.publish(SlotReleased(booking_id=lapsed.booking_id, item_id=lapsed.id))
        await work.unschedule(LET_LAPSE, lapsed.id)
    return outcome


async def confirm(command: ConfirmSlot, work: UnitOfWork, deps: Deps) -> SlotConfirmed | ConfirmRefused:
    """Make a hold an allocation; a lapsed one is taken again if its time is free."""
    saga = saga_of(command)
    if await repository.confirm(work.connection, command.item_id, saga, work.now):
        await work.unschedule(LET_LAPSE, command.item_id)
        return _confirmed(command)
    found = await repository.find(work.connection, command.item_id)
    if found and not found.given_back_by(saga):
        if found.status == "confirmed":
            return _confirmed(command)
        if found.status == "lapsed" and await _retake(found, work, deps):
            return _confirmed(command)
        if await repository.find(work.connection, command.item_id) != found:
            # A transaction beside this one took the item anew.
            return await confirm(command, work, deps)
    return ConfirmRefused(ref=command.ref, booking_id=command.booking_id, item_id=command.item_id)


def _confirmed(command: ConfirmSlot) -> SlotConfirmed:
    return SlotConfirmed(ref=command.ref, booking_id=command.booking_id, item_id=command.item_id)


async def _retake(lapsed: Hold, work: UnitOfWork, deps: Deps) -> bool:
    claim = reclaim(lapsed, work.now)
    plan = await deps.plans.of(work.connection, claim.offering) if claim else None
    if claim is None or plan is None:
        return False
    return (await _take(claim, plan, work, deps, again=True)).row is not None


async def give_back(command: ReleaseSlot | CancelSlot, status: HoldStatus, work: UnitOfWork) -> SlotReleased:
    """Have the item take no time, also when it never did: then a claim that comes late is refused."""
    saga, item = saga_of(command), command.item_id
    before = await repository.find(work.connection, item)
    if before is None and not await repository.leave_tombstone(
        work.connection, item, command.booking_id, status, saga, work.now
    ):
        before = await repository.find(work.connection, item)
    # A command that comes again must not give back what a later saga has taken since.
    if before and not before.given_back_by(saga):
        ended = await repository.end(work.connection, item, status, saga, work.now)
        if ended:
            await cells.give_back(work.connection, ended)
            await work.unschedule(LET_LAPSE, item)
        elif not await repository.mark_given_back(work.connection, item, status, saga, work.now):
            # A transaction beside this one took the item anew: that, too, is given back.
            return await give_back(command, status, work)
    return SlotReleased(ref=command.ref, booking_id=command.booking_id, item_id=item)


async def let_lapse(item_id: str, work: UnitOfWork, deps: Deps) -> None:
    """Give back the time of a hold whose coordinator never came back for it, and say so."""
    for lapsed in await repository.lapse_one(work.connection, item_id, work.now - deps.margin, work.now):
        await cells.give_back(work.connection, lapsed)
        work.publish(SlotReleased(booking_id=lapsed.booking_id, item_id=lapsed.id))
