"""Holding, confirming and giving back time, in every order in which commands can arrive."""

from datetime import timedelta

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
from shared.events.message import Command, StepRef
from tests.support.calendar import moment, schedule
from tests.support.calendar_service import NOON, Calendar, hold_slot, ref

HOUR = timedelta(hours=1)


def release(item_id: str = "it_1", **fields: object) -> ReleaseSlot:
    return ReleaseSlot.model_validate(_about(item_id) | fields)


def confirm(item_id: str = "it_1", **fields: object) -> ConfirmSlot:
    return ConfirmSlot.model_validate(_about(item_id) | fields)


def cancel(item_id: str = "it_1", **fields: object) -> CancelSlot:
    return CancelSlot.model_validate(_about(item_id) | fields)


def _about(item_id: str) -> dict[str, object]:
    return {
        "booking_id": item_id.replace("it", "bk"),
        "item_id": item_id,
        "ref": StepRef(saga=f"sg_{item_id}", step="step"),
    }


async def test_a_free_time_is_held_for_the_item_that_asks_first(calendar: Calendar) -> None:
    await calendar.define()
    command = hold_slot()
    held = await calendar.answer(command, SlotHeld)
    assert (held.item_id, held.booking_id, held.resource) == ("it_1", "bk_1", "consulting.ada")
    assert (held.starts_at, held.ends_at) == (NOON, NOON + HOUR)
    assert held.ref == command.ref


async def test_a_taken_time_is_refused_with_the_nearest_free_ones(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    refused = await calendar.answer(hold_slot("it_2"), HoldRefused)
    assert refused.reason == "slot_taken"
    assert refused.nearest == (NOON - 2 * HOUR, NOON - HOUR, NOON + HOUR)
    assert await calendar.status("it_2") == "released"


async def test_buffers_of_both_bookings_are_kept_free_between_them(calendar: Calendar) -> None:
    await calendar.define(schedule(step=15, buffer_before=15, buffer_after=15))
    await calendar.send(hold_slot())
    for minutes in (75, -75):
        await calendar.answer(hold_slot("it_2", NOON + timedelta(minutes=minutes)), HoldRefused)
    await calendar.answer(hold_slot("it_3", NOON + timedelta(minutes=90)), SlotHeld)
    await calendar.answer(hold_slot("it_4", NOON - timedelta(minutes=90)), SlotHeld)


async def test_the_same_hold_sent_again_is_answered_again_and_takes_nothing_more(calendar: Calendar) -> None:
    await calendar.define()
    first = await calendar.answer(hold_slot(), SlotHeld)
    again = await calendar.answer(hold_slot(ref=ref("sg_it_1", epoch=2)), SlotHeld)
    assert again == first.answering(ref("sg_it_1", epoch=2))
    assert await calendar.active() == 1


async def test_what_is_not_offered_is_refused_with_the_rule_that_says_so(calendar: Calendar) -> None:
    await calendar.define(schedule(minimum_notice=24 * 60, horizon_days=30))
    starts = {
        "2026-06-03 12:20": "off_grid",
        "2026-06-03 18:00": "closed",
        "2026-06-01 12:00": "too_soon",
        "2026-09-01 12:00": "too_far",
        "2026-05-31 12:00": "past",
    }
    for text, code in starts.items():
        refused = await calendar.answer(hold_slot(f"it_{code}", moment(text)), HoldRefused)
        assert (refused.reason, refused.detail) == ("not_offered", code), text
    odd = await calendar.answer(hold_slot("it_1", NOON.replace(microsecond=1)), HoldRefused)
    unknown = await calendar.answer(hold_slot("it_2", offering="consulting.nothing"), HoldRefused)
    many = await calendar.answer(hold_slot("it_3", quantity=2), HoldRefused)
    assert (odd.detail, unknown.detail, many.detail) == ("off_grid", "unknown_offering", "too_many")


async def test_a_released_time_is_free_for_others_at_once(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    released = await calendar.answer(release(), SlotReleased)
    assert released.ref == release().ref
    await calendar.answer(hold_slot("it_2"), SlotHeld)


async def test_a_release_is_answered_as_often_as_it_comes(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot(), release())
    again = await calendar.answer(release(ref=ref("sg_it_1", epoch=5)), SlotReleased)
    assert again.ref == ref("sg_it_1", epoch=5)


async def test_a_hold_that_comes_after_its_release_is_refused(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.answer(release(), SlotReleased)
    late = await calendar.answer(hold_slot(), HoldRefused)
    assert (late.reason, late.detail) == ("slot_taken", "released")
    assert await calendar.active() == 0


async def test_a_refusal_is_final_for_its_saga_however_late_the_command_comes_again(
    calendar: Calendar,
) -> None:
    await calendar.define()
    await calendar.send(hold_slot("it_2"))
    await calendar.answer(hold_slot(ref=ref("sg_it_1", epoch=2)), HoldRefused)
    await calendar.send(release("it_2"))
    await calendar.answer(hold_slot(), HoldRefused)
    assert await calendar.active() == 0
    await calendar.answer(hold_slot(ref=ref("sg_2")), SlotHeld)


async def test_a_saga_that_takes_a_booking_up_again_may_hold_the_released_item(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot(), release())
    await calendar.answer(hold_slot(ref=ref("sg_2")), SlotHeld)
    repeated = await calendar.answer(release(ref=ref("sg_it_1", epoch=2)), SlotReleased)
    assert repeated.item_id == "it_1"
    assert await calendar.status("it_1") == "held"
    await calendar.answer(hold_slot(), HoldRefused)
    await calendar.answer(confirm(ref=ref("sg_it_1")), ConfirmRefused)
    await calendar.answer(confirm(ref=ref("sg_2")), SlotConfirmed)


async def test_a_booking_that_is_taken_up_again_needs_no_new_notice(calendar: Calendar) -> None:
    await calendar.define(schedule(minimum_notice=48 * 60))
    await calendar.send(hold_slot(), release())
    await calendar.pass_time(hours=12)
    await calendar.answer(hold_slot("it_2"), HoldRefused)
    await calendar.answer(hold_slot(ref=ref("sg_2")), SlotHeld)


async def test_taking_up_again_fails_when_the_time_has_gone_and_leaves_the_item_released(
    calendar: Calendar,
) -> None:
    await calendar.define()
    await calendar.send(hold_slot(), release(), hold_slot("it_2"))
    refused = await calendar.answer(hold_slot(ref=ref("sg_2")), HoldRefused)
    assert (refused.reason, refused.detail) == ("slot_taken", None)
    assert await calendar.status("it_1") == "released"
    await calendar.answer(release(ref=ref("sg_2")), SlotReleased)


async def test_a_confirmed_time_stays_taken_however_long_nobody_says_anything(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    await calendar.answer(confirm(), SlotConfirmed)
    assert await calendar.tasks() == []
    assert await calendar.pass_time(hours=5) == []
    await calendar.answer(hold_slot("it_2"), HoldRefused)


async def test_a_confirmation_is_answered_as_often_as_it_comes(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot(), confirm())
    again = await calendar.answer(confirm(ref=ref("sg_it_1", epoch=7)), SlotConfirmed)
    assert again.ref == ref("sg_it_1", epoch=7)


async def test_a_confirmation_without_a_hold_is_refused(calendar: Calendar) -> None:
    await calendar.define()
    refused = await calendar.answer(confirm(), ConfirmRefused)
    assert refused.reason == "slot_taken"


async def test_a_confirmation_that_comes_after_its_cancellation_is_refused(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    await calendar.answer(cancel(), SlotReleased)
    await calendar.answer(confirm(), ConfirmRefused)
    await calendar.answer(release(), SlotReleased)
    assert await calendar.active() == 0


async def test_another_saga_may_cancel_a_confirmed_time(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot(), confirm())
    await calendar.answer(cancel(ref=ref("sg_cancel")), SlotReleased)
    assert await calendar.status("it_1") == "cancelled"
    await calendar.answer(hold_slot("it_2"), SlotHeld)


async def test_cancelling_what_was_never_booked_is_answered_and_keeps_a_late_hold_away(
    calendar: Calendar,
) -> None:
    await calendar.define()
    await calendar.answer(cancel(), SlotReleased)
    await calendar.answer(hold_slot(), HoldRefused)


async def test_commands_without_a_saga_are_told_apart_by_nothing_and_still_answered(
    calendar: Calendar,
) -> None:
    await calendar.define()
    commands: list[tuple[Command, type]] = [
        (hold_slot(ref=None), SlotHeld),
        (confirm(ref=None), SlotConfirmed),
        (cancel(ref=None), SlotReleased),
        (hold_slot(ref=None), HoldRefused),
    ]
    for command, kind in commands:
        assert (await calendar.answer(command, kind)).ref is None


async def test_a_hold_lapses_by_itself_when_its_coordinator_never_comes_back(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    assert await calendar.pass_time(minutes=39) == []
    said = await calendar.pass_time(minutes=1)
    assert said == [SlotReleased(booking_id="bk_1", item_id="it_1")]
    assert await calendar.status("it_1") == "lapsed"
    assert await calendar.tasks() == []


async def test_a_lapsed_hold_is_confirmed_when_its_time_is_still_free(calendar: Calendar) -> None:
    await calendar.define(schedule(minimum_notice=24 * 60))
    await calendar.send(hold_slot())
    await calendar.pass_time(hours=36)
    assert await calendar.status("it_1") == "lapsed"
    await calendar.answer(confirm(), SlotConfirmed)
    assert await calendar.status("it_1") == "confirmed"


async def test_a_lapsed_hold_is_not_confirmed_when_its_time_has_gone(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    await calendar.pass_time(hours=1)
    await calendar.answer(hold_slot("it_2"), SlotHeld)
    await calendar.answer(confirm(), ConfirmRefused)
    await calendar.answer(release(), SlotReleased)
    await calendar.answer(confirm(), ConfirmRefused)


async def test_an_expired_hold_that_nobody_took_is_confirmed_as_it_stands(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    calendar.clock.advance(3600)
    await calendar.answer(confirm(), SlotConfirmed)


async def test_an_expired_hold_gives_way_to_whoever_wants_its_time(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    calendar.clock.advance(39 * 60)
    await calendar.answer(hold_slot("it_2"), HoldRefused)
    calendar.clock.advance(60)
    said = await calendar.send(hold_slot("it_3"))
    assert said[0] == SlotReleased(booking_id="bk_1", item_id="it_1")
    assert isinstance(said[1], SlotHeld)
    assert await calendar.tasks() == [("let-lapse", "it_3")]


async def test_a_hold_sent_again_with_a_later_deadline_lives_longer(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    later = hold_slot().expires_at + timedelta(hours=1)
    await calendar.answer(hold_slot(expires_at=later), SlotHeld)
    assert await calendar.pass_time(minutes=60) == []
    assert len(await calendar.pass_time(minutes=40)) == 1


async def test_a_hold_that_was_long_on_its_way_still_gets_its_margin(calendar: Calendar) -> None:
    await calendar.define()
    calendar.clock.advance(7200)
    await calendar.answer(hold_slot(), SlotHeld)
    assert await calendar.pass_time(minutes=9) == []
    assert len(await calendar.pass_time(minutes=1)) == 1


async def test_a_late_hold_for_a_lapsed_item_of_the_same_saga_takes_it_anew(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    await calendar.pass_time(hours=1)
    again: HoldSlot = hold_slot(ref=ref("sg_it_1", epoch=2))
    held = await calendar.answer(again, SlotHeld)
    assert held.ref == again.ref
