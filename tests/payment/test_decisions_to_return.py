"""What a payment does next when it is given back, or when money comes late: stories without any I/O."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.payment import wishes
from shared.events.payment import (
    GiveBackPayment,
    PaymentArrivedLate,
    PaymentAuthorized,
    PaymentExpired,
    PaymentFailed,
    PaymentGivenBack,
    PaymentRefunded,
)
from tests.support.payment_model import (
    TEN_DOLLARS,
    Till,
    authorized,
    captured,
    opened,
    ref,
)


def test_giving_back_what_was_never_collected_leaves_a_tombstone() -> None:
    till = Till()
    till.give_back()
    till.collect()
    till.work_off()
    assert till.events == [
        PaymentGivenBack(booking_id="bk_1", ref=ref(step="give back")),
        PaymentFailed(booking_id="bk_1", reason="cancelled", ref=ref()),
    ]
    assert till.world == {}


def test_another_saga_may_collect_where_nothing_was_ever_started() -> None:
    till = Till()
    till.give_back("sg_1")
    till.collect("sg_2")
    till.work_off()
    assert till.names() == ["PaymentGivenBack", "PaymentActionRequired"]


def test_another_saga_starts_no_page_where_one_was_given_back() -> None:
    till = opened()
    till.give_back("sg_1")
    till.work_off()
    till.collect("sg_2")
    till.work_off()
    assert till.events[-1] == PaymentFailed(booking_id="bk_1", reason="cancelled", ref=ref("sg_2"))
    assert len(till.world) == 1


def test_a_start_that_was_never_sent_is_forgotten_when_given_back() -> None:
    till = Till()
    till.collect()
    till.give_back()
    assert till.kinds() == ["start failed"]
    assert till.names() == ["PaymentGivenBack"]


def test_a_start_of_unknown_outcome_is_settled_before_anything_is_said_to_be_given_back() -> None:
    till = Till()
    till.collect()
    till.perform(till.waiting()[0], "answer lost")
    till.give_back()
    assert till.told(PaymentGivenBack) == []
    till.work_off()
    assert till.kinds() == ["start succeeded", "expire succeeded"]
    assert till.told(PaymentGivenBack) == [PaymentGivenBack(booking_id="bk_1", ref=ref(step="give back"))]


def test_an_open_page_is_expired_when_given_back() -> None:
    till = opened()
    till.give_back()
    till.work_off()
    assert till.kinds() == ["start succeeded", "expire succeeded"]
    assert till.told(PaymentRefunded) == []
    assert till.events[-1] == PaymentGivenBack(booking_id="bk_1", ref=ref(step="give back"))


def test_reserved_money_is_released_when_given_back_without_a_refund() -> None:
    till = authorized()
    till.give_back()
    till.work_off()
    assert till.kinds() == ["start succeeded", "void succeeded"]
    assert till.told(PaymentRefunded) == []
    expected = PaymentGivenBack(booking_id="bk_1", amount=TEN_DOLLARS, ref=ref(step="give back"))
    assert till.events[-1] == expected


def test_taken_money_is_refunded_in_full_and_the_customer_is_told() -> None:
    till = captured()
    till.give_back()
    till.work_off()
    refund = till.payment.refunds[0]
    assert till.kinds()[-1] == "refund succeeded"
    assert till.events[-2:] == [
        PaymentRefunded(booking_id="bk_1", refund_id=refund.id, amount=TEN_DOLLARS, reason="slot_taken"),
        PaymentGivenBack(booking_id="bk_1", amount=TEN_DOLLARS, ref=ref(step="give back")),
    ]


@pytest.mark.parametrize("begin", [opened, authorized, captured])
def test_giving_back_twice_answers_twice_and_returns_once(begin: Callable[[], Till]) -> None:
    till = begin()
    till.give_back()
    till.work_off()
    kinds, answer = till.kinds(), till.told(PaymentGivenBack)[0]
    till.give_back(epoch=2)
    till.work_off()
    assert till.kinds() == kinds
    again = ref(step="give back", epoch=2)
    assert till.told(PaymentGivenBack) == [answer, answer.answering(again)]


def test_money_that_comes_while_giving_back_is_released_and_the_customer_is_told() -> None:
    till = opened()
    till.give_back()
    till.pays()
    till.work_off()
    assert till.kinds() == ["start succeeded", "expire succeeded", "void succeeded"]
    assert [type(one) for one in till.events[-2:]] == [PaymentRefunded, PaymentGivenBack]


def test_an_unknown_capture_is_settled_before_the_money_goes_back() -> None:
    till = authorized()
    till.capture()
    till.perform(till.waiting()[0], "answer lost")
    till.give_back()
    assert till.kinds() == ["start succeeded", "capture unknown"]
    till.work_off()
    assert till.kinds() == ["start succeeded", "capture succeeded", "refund succeeded"]
    assert till.names()[-3:] == ["PaymentAuthorized", "PaymentRefunded", "PaymentGivenBack"]


def test_a_capture_that_was_not_sent_is_forgotten_when_given_back() -> None:
    till = authorized()
    till.capture()
    till.give_back()
    till.work_off()
    assert till.kinds() == ["start succeeded", "capture failed", "void succeeded"]


def late() -> Till:
    """A payment that expired, and then money came."""
    till = opened()
    till.later(minutes=30)
    till.work_off()
    till.pays_after_all()
    till.look()
    return till


def test_money_that_comes_too_late_is_told_with_the_moment_it_goes_back() -> None:
    till = late()
    back = till.now + timedelta(seconds=120)
    assert till.events[-1] == PaymentArrivedLate(booking_id="bk_1", amount=TEN_DOLLARS, returned_at=back)


def test_late_money_goes_back_by_itself_and_the_customer_is_told() -> None:
    till = late()
    till.later(seconds=120)
    till.work_off()
    assert till.kinds()[-1] == "void succeeded"
    attempt = till.payment.attempts[0]
    expected = PaymentRefunded(
        booking_id="bk_1", refund_id=attempt.id, amount=TEN_DOLLARS, reason="arrived_late"
    )
    assert till.events[-1] == expected


def test_late_money_that_is_collected_again_stays_and_is_captured() -> None:
    till = late()
    till.collect("sg_2")
    till.later(seconds=120)
    till.capture("sg_2")
    till.work_off()
    assert till.told(PaymentAuthorized)[-1].ref == ref("sg_2")
    assert till.names()[-1] == "PaymentSucceeded"
    assert till.told(PaymentRefunded) == []


def test_late_money_that_was_taken_up_in_vain_is_given_back_and_told() -> None:
    till = late()
    till.collect("sg_2")
    till.give_back("sg_2")
    till.work_off()
    assert [type(one) for one in till.events[-2:]] == [PaymentRefunded, PaymentGivenBack]


def test_collecting_after_late_money_went_back_is_refused() -> None:
    till = late()
    till.later(seconds=120)
    till.collect("sg_2")
    till.work_off()
    assert till.told(PaymentExpired)[-1].ref == ref("sg_2")
    assert next(iter(till.world.values())).state == "cancelled"


def test_the_saga_that_gave_up_cannot_take_back_what_another_collected() -> None:
    till = opened()
    till.give_back("sg_1")
    till.work_off()
    till.pays_after_all()
    till.look()
    till.collect("sg_2")
    till.give_back("sg_1", epoch=2)
    till.work_off()
    assert till.events[-1] == PaymentGivenBack(booking_id="bk_1", ref=ref(step="give back", epoch=2))
    assert next(iter(till.world.values())).state == "authorized"


def test_a_refund_that_comes_back_is_a_failure_that_a_person_sees_and_may_repeat() -> None:
    till = captured()
    till.give_back()
    till.work_off()
    till.refund_fails()
    till.look_at_refunds()
    till.work_off()
    assert till.names()[-1] == "PaymentRefundFailed"
    assert till.payment.attention == "refund failed: expired_or_canceled_card"
    till.later(minutes=5)
    till.give_back(epoch=2)
    till.work_off()
    assert till.kinds()[-2:] == ["refund succeeded", "refund succeeded"]
    assert till.names()[-1] == "PaymentGivenBack"


def test_money_that_a_saga_claims_is_not_given_back_by_a_word_that_nobody_waits_for() -> None:
    till = authorized()
    nobodys = GiveBackPayment(booking_id="bk_1", reason="not_needed")
    till.settle(*wishes.give_back(till.payment, nobodys))
    till.capture()
    till.work_off()
    assert till.names()[-1] == "PaymentSucceeded"


def test_an_early_copy_of_a_refused_command_claims_nothing_from_the_saga_that_came_after() -> None:
    till = opened()
    till.later(minutes=30)
    till.work_off()
    till.pays_after_all()
    till.look()
    till.collect("sg_2")
    till.capture("sg_2")
    till.work_off()
    told = len(till.events)
    till.collect("sg_1")
    till.give_back("sg_1")
    till.work_off()
    assert till.names()[told:] == ["PaymentFailed", "PaymentGivenBack"]
    assert [page.kept for page in till.world.values()] == [TEN_DOLLARS.amount]
