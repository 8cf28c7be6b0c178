"""The main job, told as scripts: what the coordinator sends, whole."""

import pytest

from services.booking.sagas.book import BOOK, CAPTURE, COLLECT, CONFIRM, HOLD, WRITE
from services.booking.sagas.take_up import TAKE_UP
from shared.errors import Refusal
from shared.events.booking import ConfirmBooking, FailBooking
from shared.events.calendar import CancelSlot, HoldSlot, ReleaseSlot, SlotHeld
from shared.events.message import StepRef
from shared.events.payment import (
    CapturePayment,
    CollectPayment,
    GiveBackPayment,
    PaymentExpired,
    PaymentFailed,
)
from tests.support.flow import TEN_DOLLARS, Flow, a_book, an_event


def ref(step: str, item: str = "", epoch: int = 1) -> StepRef:
    return StepRef(saga="sg_1", step=step, item=item, epoch=epoch)


def test_a_booking_begins_with_holding_every_slot() -> None:
    flow = Flow(BOOK, book := a_book(items=2))
    assert flow.sent == [
        HoldSlot(
            ref=ref("hold every slot", item.id),
            booking_id="bk_1",
            item_id=item.id,
            offering="studio.lesson",
            starts_at=item.starts_at,
            quantity=1,
            expires_at=book.deadline,
        )
        for item in book.facts.items
    ]


def test_the_payment_is_collected_once_every_slot_is_held() -> None:
    flow = Flow(BOOK, book := a_book(items=2))
    flow.answer(HOLD, an_event(SlotHeld, "it_1"), "it_1")
    assert flow.sent == []
    flow.answer(HOLD, an_event(SlotHeld, "it_2"), "it_2")
    assert flow.sent == [
        CollectPayment(
            ref=ref("collect the payment"),
            booking_id="bk_1",
            amount=TEN_DOLLARS,
            method="checkout",
            description="Lesson, Lesson (BK-2345-6789)",
            business_name="Studio",
            customer_email="ada@example.com",
            deadline=book.deadline,
            return_url=book.return_url,
            cancel_url=book.cancel_url,
        )
    ]


def test_the_money_is_taken_only_after_every_slot_is_confirmed() -> None:
    flow = Flow(BOOK, a_book()).until(CONFIRM)
    assert not any(isinstance(command, CapturePayment) for command in flow.sent)
    flow.ok(CONFIRM)
    assert flow.sent == [CapturePayment(ref=ref("capture the payment"), booking_id="bk_1")]


def test_the_booking_is_confirmed_before_the_calendars_are_written() -> None:
    flow = Flow(BOOK, a_book()).until(CAPTURE).ok(CAPTURE)
    assert flow.sent[0] == ConfirmBooking(ref=ref("", epoch=0), booking_id="bk_1")
    assert flow.sent[1] == flow.whole(WRITE.do, WRITE, "it_1")
    assert flow.ok(WRITE).state.status == "done"


def test_a_free_booking_skips_the_money() -> None:
    flow = Flow(BOOK, a_book(due=None)).ok(HOLD)
    assert {type(command) for command in flow.sent} == {CONFIRM.do}
    flow.ok(CONFIRM)
    assert flow.state.status == "following"


def test_a_declined_card_releases_the_slot_and_says_why() -> None:
    flow = Flow(BOOK, a_book()).until(COLLECT)
    declined = PaymentFailed(booking_id="bk_1", reason="declined", code="insufficient_funds")
    flow.answer(COLLECT, declined)
    assert flow.sent == [
        ReleaseSlot(ref=ref("hold every slot", "it_1", 2), booking_id="bk_1", item_id="it_1")
    ]
    flow.undone(HOLD)
    assert flow.sent == [
        FailBooking(
            ref=ref("", epoch=0), booking_id="bk_1", reason="payment_declined", detail="insufficient_funds"
        )
    ]


def test_a_payment_that_runs_out_releases_the_slot() -> None:
    flow = Flow(BOOK, a_book()).until(COLLECT).answer(COLLECT, PaymentExpired(booking_id="bk_1"))
    flow.undone(HOLD)
    assert flow.sent == [
        FailBooking(ref=ref("", epoch=0), booking_id="bk_1", reason="payment_expired", detail=None)
    ]


def test_the_slot_is_released_only_after_the_money_is_certain_to_be_back() -> None:
    flow = Flow(BOOK, a_book()).until(CONFIRM).later(hours=1).time_up(CONFIRM, "it_1")
    assert flow.sent == [
        CancelSlot(ref=ref("confirm every slot", "it_1", 2), booking_id="bk_1", item_id="it_1")
    ]
    flow.undone(CONFIRM)
    assert flow.sent == [
        GiveBackPayment(ref=ref("collect the payment", epoch=2), booking_id="bk_1", reason="timed_out")
    ]
    flow.undone(COLLECT)
    assert [type(command) for command in flow.sent] == [ReleaseSlot]


def test_one_refused_slot_releases_the_others_even_if_they_are_unknown() -> None:
    flow = Flow(BOOK, a_book(items=3))
    flow.answer(HOLD, an_event(HOLD.ok, "it_1"), "it_1")
    flow.answer(HOLD, an_event(HOLD.refusals[0], "it_2"), "it_2")
    assert [(type(one), getattr(one, "item_id", "")) for one in flow.sent] == [
        (ReleaseSlot, "it_1"),
        (ReleaseSlot, "it_3"),
    ]


def test_late_money_is_claimed_before_the_slot_is_tried() -> None:
    flow = Flow(TAKE_UP, a_book())
    assert [type(command) for command in flow.sent] == [CollectPayment]
    flow.ok(COLLECT)
    assert [type(command) for command in flow.sent] == [HoldSlot]
    flow.answer(HOLD, an_event(HOLD.refusals[0], "it_1"), "it_1")
    assert [type(command) for command in flow.sent] == [GiveBackPayment]


def test_an_operator_gives_a_booking_up() -> None:
    flow = Flow(BOOK, a_book()).until(COLLECT).act("give-up")
    assert flow.state.reason == "cancelled_by_operator"
    assert [type(command) for command in flow.sent] == [GiveBackPayment]


def test_an_operator_cannot_act_on_what_is_not_waiting() -> None:
    flow = Flow(BOOK, a_book()).until(COLLECT)
    with pytest.raises(Refusal, match="not waiting"):
        flow.act("retry", HOLD, "it_1")


def test_a_customer_who_takes_their_time_is_no_case_for_an_operator() -> None:
    flow = Flow(BOOK, a_book()).until(COLLECT).later(minutes=20).time_up(COLLECT)
    assert not flow.state.stuck
    assert [type(command) for command in flow.sent] == [CollectPayment]
