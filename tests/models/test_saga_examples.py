"""Stories in which the engine once broke a promise, as the machine found them."""

import pytest

from services.booking.sagas.book import BOOK, CAPTURE, COLLECT, CONFIRM, HOLD
from shared.errors import Refusal
from shared.events.booking import FailBooking
from shared.events.payment import PaymentFailed
from tests.models.sagas import Done, Nothing, Refused, Shape, made
from tests.support.flow import Flow, a_book, an_event

PLAIN = Shape(items=0, applies=True, refuses=True, interruptible=False, minutes=5)
FOR_TWO = Shape(items=2, applies=True, refuses=True, interruptible=False, minutes=5)
LEFT_OUT = Shape(items=0, applies=False, refuses=False, interruptible=False, minutes=5)


@pytest.mark.parametrize("action", ["retry", "skip"])
def test_what_was_refused_in_a_saga_that_failed_is_not_done_after_all(action: str) -> None:
    flow = Flow(BOOK, a_book()).answer(HOLD, an_event(HOLD.refusals[0], "it_1"), "it_1")
    assert flow.state.status == "failed"
    with pytest.raises(Refusal, match="not waiting"):
        flow.act(action, HOLD, "it_1")


def test_nobody_gives_up_while_the_money_may_be_taken() -> None:
    flow = Flow(BOOK, a_book()).until(CAPTURE)
    with pytest.raises(Refusal, match="cannot be undone"):
        flow.act("give-up")


def test_a_capture_that_was_refused_may_be_given_up() -> None:
    flow = Flow(BOOK, a_book()).until(CAPTURE)
    flow.answer(CAPTURE, PaymentFailed(booking_id="bk_1", reason="unavailable")).act("give-up")
    flow.undone(CONFIRM).undone(COLLECT).undone(HOLD)
    assert [type(command) for command in flow.sent] == [FailBooking]


def test_a_free_booking_that_is_cancelled_while_it_is_confirmed_is_not_confirmed() -> None:
    flow = Flow(BOOK, a_book(due=None)).until(CONFIRM).cancel().ok(CONFIRM)
    assert {type(command) for command in flow.sent} == {CONFIRM.undo}
    flow.undone(CONFIRM).undone(HOLD)
    assert [type(command) for command in flow.sent] == [FailBooking]


def test_after_a_point_of_no_return_that_was_left_out_a_cancellation_is_too_late() -> None:
    saga = made([PLAIN], LEFT_OUT, [PLAIN, PLAIN], [])
    flow = Flow(saga, Nothing()).ok(saga.step("before 0")).cancel()
    assert flow.notes() == ["cancellation came too late"]


def test_a_refusal_that_only_a_person_can_mend_stays_theirs_whatever_others_answer() -> None:
    saga = made([PLAIN], FOR_TWO, [], [])
    turn = saga.step("no return")
    flow = Flow(saga, Nothing()).ok(saga.step("before 0"))
    flow.answer(turn, Refused(), "it_0").answer(turn, Done(), "it_1")
    assert flow.state.stuck
