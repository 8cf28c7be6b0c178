"""How a booking's status follows what the other services say."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, get_args

import pytest

from services.booking.schemas import BookingWanted
from services.booking.views import REASONS
from shared.events.booking import FailBooking, FailureReason
from shared.events.calendar import EventWritten, HoldRefused, SlotConfirmed, SlotHeld, SlotReleased
from shared.events.message import StepRef
from shared.events.payment import (
    PaymentActionRequired,
    PaymentArrivedLate,
    PaymentAuthorized,
    PaymentExpired,
    PaymentGivenBack,
    PaymentSucceeded,
)
from shared.events.values import NextAction
from shared.money import Money
from tests.support.booking import START, Desk, booking_desk, item, wanted

EUROS = Money(amount=4000, currency="EUR")


class Story:
    """One booking, and the answers of the other services to what was last asked of them."""

    def __init__(self, desk: Desk, made: dict[str, Any]) -> None:
        self.desk = desk
        self.id = made["id"]
        self.item = made["items"][0]["id"]

    async def ref(self, command: str) -> StepRef:
        return StepRef.model_validate((await self.desk.commands(command))[-1]["ref"])

    async def see(self) -> dict[str, Any]:
        shown: dict[str, Any] = (await self.desk.http.get(f"/bookings/{self.id}")).json()
        return shown

    async def status(self) -> str:
        return str((await self.see())["status"])

    async def held(self) -> None:
        await self.desk.hear(
            SlotHeld(
                ref=await self.ref("calendar.hold"),
                booking_id=self.id,
                item_id=self.item,
                resource="studio.ada",
                starts_at=START,
                ends_at=START + timedelta(hours=1),
            )
        )

    async def offered(self) -> None:
        action = NextAction(kind="redirect", url="http://pay.example", expires_at=START)
        ref = await self.ref("payment.collect")
        await self.desk.hear(PaymentActionRequired(ref=ref, booking_id=self.id, action=action), "payment")

    async def authorized(self) -> None:
        ref = await self.ref("payment.collect")
        await self.desk.hear(PaymentAuthorized(ref=ref, booking_id=self.id, amount=EUROS), "payment")

    async def confirmed(self) -> None:
        ref = await self.ref("calendar.confirm")
        await self.desk.hear(SlotConfirmed(ref=ref, booking_id=self.id, item_id=self.item))

    async def captured(self) -> None:
        ref = await self.ref("payment.capture")
        await self.desk.hear(PaymentSucceeded(ref=ref, booking_id=self.id, amount=EUROS), "payment")

    async def expired(self) -> None:
        ref = await self.ref("payment.collect")
        await self.desk.hear(PaymentExpired(ref=ref, booking_id=self.id), "payment")

    async def released(self) -> None:
        ref = await self.ref("calendar.release")
        await self.desk.hear(SlotReleased(ref=ref, booking_id=self.id, item_id=self.item))


@pytest.fixture
async def story(database_url: str) -> AsyncIterator[Story]:
    async with booking_desk(database_url) as desk:
        yield Story(desk, (await desk.book()).json())


async def test_a_booking_goes_from_pending_to_confirmed(story: Story) -> None:
    seen = [await story.status()]
    for step in (story.held, story.offered, story.authorized, story.confirmed, story.captured):
        await step()
        seen.append(await story.status())
    assert seen == ["pending", "held", "awaiting_payment", "confirming", "confirming", "confirmed"]
    assert (await story.see())["payment"] == {"status": "paid", "method": "checkout", "next_action": None}
    (fact,) = await story.desk.commands("booking.confirmed")
    assert fact["paid"] == {"amount": 4000, "currency": "EUR"}


async def test_the_calendars_are_shown_as_written_when_all_of_them_are(story: Story) -> None:
    for step in (story.held, story.authorized, story.confirmed, story.captured):
        await step()
    assert (await story.see())["calendar"] == {"status": "pending"}
    ref = await story.ref("calendar.write_event")
    await story.desk.hear(EventWritten(ref=ref, booking_id=story.id, item_id=story.item, calendar="x"))
    assert (await story.see())["calendar"] == {"status": "written"}


async def test_the_time_left_to_pay_is_the_one_that_the_payment_says(story: Story) -> None:
    await story.held()
    await story.offered()
    sooner = NextAction(kind="redirect", url="http://pay.example", expires_at=START - timedelta(days=2))
    ref = await story.ref("payment.collect")
    await story.desk.hear(PaymentActionRequired(ref=ref, booking_id=story.id, action=sooner), "payment")
    seen = await story.see()
    assert seen["hold_expires_at"] == seen["payment"]["next_action"]["expires_at"]


async def test_a_taken_slot_fails_the_booking_and_names_free_times(story: Story) -> None:
    refused = HoldRefused(
        ref=await story.ref("calendar.hold"),
        booking_id=story.id,
        item_id=story.item,
        reason="slot_taken",
        nearest=(START + timedelta(hours=1),),
    )
    await story.desk.hear(refused)
    seen = await story.see()
    assert (seen["status"], seen["reason"]) == ("failed", "slot_taken")
    assert len(seen["nearest"]) == 1
    assert seen["reason_text"]


async def test_a_booking_fails_only_after_its_slot_is_free_again(story: Story) -> None:
    await story.held()
    await story.offered()
    await story.expired()
    assert await story.status() == "awaiting_payment"
    await story.released()
    assert await story.status() == "failed"
    assert len(await story.desk.commands("booking.failed")) == 1


async def test_late_money_takes_the_booking_up_again(story: Story) -> None:
    for step in (story.held, story.expired, story.released):
        await step()
    late = PaymentArrivedLate(booking_id=story.id, amount=EUROS, returned_at=START - timedelta(days=1))
    await story.desk.hear(late, "payment")
    assert await story.status() == "failed", "nothing is promised before the slot is taken again"
    for step in (story.authorized, story.held, story.confirmed, story.captured):
        await step()
    assert await story.status() == "confirmed"


async def test_late_money_goes_back_when_the_slot_is_gone_and_nobody_is_told_twice(story: Story) -> None:
    for step in (story.held, story.expired, story.released):
        await step()
    late = PaymentArrivedLate(booking_id=story.id, amount=EUROS, returned_at=START - timedelta(days=1))
    await story.desk.hear(late, "payment")
    await story.authorized()
    ref = await story.ref("calendar.hold")
    await story.desk.hear(HoldRefused(ref=ref, booking_id=story.id, item_id=story.item, reason="slot_taken"))
    back = PaymentGivenBack(ref=await story.ref("payment.give_back"), booking_id=story.id, amount=EUROS)
    await story.desk.hear(back, "payment")
    seen = await story.see()
    assert (seen["status"], seen["reason"]) == ("failed", "paid_too_late")
    assert len(await story.desk.commands("booking.failed")) == 1, "the refund mail tells the rest"


async def test_late_money_of_a_booking_that_was_given_up_goes_straight_back(story: Story) -> None:
    await story.held()
    cancelled = await story.desk.http.post(f"/bookings/{story.id}/cancel", headers={"X-Operator": "yes"})
    assert cancelled.status_code == 200
    back = PaymentGivenBack(ref=await story.ref("payment.give_back"), booking_id=story.id)
    await story.desk.hear(back, "payment")
    await story.released()
    late = PaymentArrivedLate(booking_id=story.id, amount=EUROS, returned_at=START)
    await story.desk.hear(late, "payment")
    assert (await story.desk.commands("payment.give_back"))[-1]["ref"] is None
    assert len(await story.desk.commands("payment.collect")) == 1


async def test_late_money_is_left_to_a_saga_that_still_waits_for_it(story: Story) -> None:
    await story.held()
    late = PaymentArrivedLate(booking_id=story.id, amount=EUROS, returned_at=START - timedelta(days=1))
    await story.desk.hear(late, "payment")
    assert await story.desk.commands("payment.give_back") == []
    for step in (story.authorized, story.confirmed, story.captured):
        await step()
    assert await story.status() == "confirmed"


async def test_only_the_manage_link_cancels_and_never_a_confirmed_booking(story: Story) -> None:
    assert (await story.desk.http.post(f"/bookings/{story.id}/cancel")).status_code == 403
    for step in (story.held, story.authorized, story.confirmed, story.captured):
        await step()
    late = await story.desk.http.post(f"/bookings/{story.id}/cancel", headers={"X-Operator": "yes"})
    assert (late.status_code, late.json()["code"]) == (409, "already_confirmed")


async def test_the_timeline_tells_what_happened_in_order(story: Story) -> None:
    await story.held()
    told = (await story.desk.http.get(f"/bookings/{story.id}/timeline")).json()["entries"]
    assert [(entry["what"], entry["step"]) for entry in told] == [
        ("started", ""),
        ("sent", "hold every slot"),
        ("ok", "hold every slot"),
        ("sent", "collect the payment"),
    ]


async def test_an_operator_sees_a_saga_and_gives_it_up_with_a_reason(story: Story) -> None:
    await story.held()
    (listed,) = (await story.desk.http.get("/admin/sagas")).json()["sagas"]
    wish = {"reason": "the teacher is ill", "author": "op"}
    done = await story.desk.http.post(f"/admin/sagas/{listed['id']}/give-up", json=wish)
    assert done.json()["state"]["status"] == "undoing"
    assert {"what": "operator: give-up", "detail": "the teacher is ill", "actor": "op"}.items() <= next(
        entry for entry in done.json()["entries"] if entry["what"].startswith("operator")
    ).items()


@pytest.mark.parametrize("reason", get_args(FailureReason))
def test_every_reason_has_a_sentence_for_the_customer(reason: Any) -> None:
    assert REASONS[reason].endswith(".")
    FailBooking(booking_id="bk_1", reason=reason)


def test_the_body_of_the_tests_is_one_that_the_service_takes() -> None:
    BookingWanted.model_validate_json(json.dumps(wanted(items=[item()])))
