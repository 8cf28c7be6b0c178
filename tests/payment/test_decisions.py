"""What a payment does next while it is collected: whole stories without any I/O."""

from datetime import timedelta

from services.payment.merge import after_leaving
from services.payment.operations import Outcome, claim, record
from shared.events.payment import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentExpired,
    PaymentFailed,
    PaymentSucceeded,
)
from shared.events.values import NextAction
from tests.support.payment_model import (
    PATIENCE,
    START,
    TEN_DOLLARS,
    Till,
    authorized,
    captured,
    opened,
    ref,
)

GRACE = PATIENCE.decline_grace


def test_collecting_opens_a_page_and_says_where_and_until_when() -> None:
    till = opened()
    action = NextAction(kind="redirect", url="http://pay", expires_at=START + timedelta(minutes=30))
    assert till.events == [PaymentActionRequired(booking_id="bk_1", action=action, ref=ref())]
    assert till.kinds() == ["start succeeded"]


def test_collecting_twice_opens_one_page_and_tells_of_it_again() -> None:
    till = opened()
    till.collect(epoch=2)
    till.work_off()
    assert till.kinds() == ["start succeeded"]
    assert till.told(PaymentActionRequired)[-1].ref == ref(epoch=2)


def test_paying_is_answered_once() -> None:
    till = authorized()
    till.look()
    answer = PaymentAuthorized(booking_id="bk_1", amount=TEN_DOLLARS, ref=ref())
    assert till.told(PaymentAuthorized) == [answer]


def test_capturing_takes_what_is_reserved_and_answers() -> None:
    till = captured()
    assert till.kinds() == ["start succeeded", "capture succeeded"]
    answer = PaymentSucceeded(booking_id="bk_1", amount=TEN_DOLLARS, ref=ref(step="capture"))
    assert till.events[-1] == answer


def test_capturing_again_answers_again_and_takes_nothing_more() -> None:
    till = captured()
    till.capture(epoch=2)
    till.work_off()
    assert till.kinds() == ["start succeeded", "capture succeeded"]
    assert till.events[-1].ref == ref(step="capture", epoch=2)


def test_at_the_deadline_the_page_is_expired_before_anybody_hears_of_it() -> None:
    till = opened()
    till.later(minutes=30)
    assert till.kinds() == ["start succeeded", "expire requested"]
    assert till.told(PaymentExpired) == []
    till.work_off()
    assert till.events[-1] == PaymentExpired(booking_id="bk_1", ref=ref())


def test_paid_at_the_second_the_hold_expires_is_paid() -> None:
    till = opened()
    till.later(minutes=30)
    till.pays()
    till.work_off()
    assert till.kinds() == ["start succeeded", "expire succeeded"]
    assert till.events[-1] == PaymentAuthorized(booking_id="bk_1", amount=TEN_DOLLARS, ref=ref())


def _ended_in_the_dark(till: Till) -> None:
    """The form is to be ended at its deadline; nobody knows whether that call will arrive."""
    till.later(minutes=30)
    expiry = till.waiting()[0]
    till.payment = claim(till.payment, expiry.id, {}, till.now)
    till.settle(record(till.payment, expiry.id, Outcome("unknown", code="no_answer"), till.now, GRACE))


def test_money_is_not_certain_while_a_call_to_end_the_form_may_still_arrive() -> None:
    till = opened()
    _ended_in_the_dark(till)
    till.pays()
    till.look()
    assert till.told(PaymentAuthorized) == []
    till.work_off()
    assert till.events[-1] == PaymentAuthorized(booking_id="bk_1", amount=TEN_DOLLARS, ref=ref())


def test_a_form_that_is_ended_after_it_was_paid_on_has_expired_and_needs_nobody() -> None:
    till = opened()
    _ended_in_the_dark(till)
    till.pays()
    till.look()
    page = next(iter(till.world.values()))
    # Stripe's `cancel` ends a payment that is only reserved, too.
    page.state = "cancelled"
    till.work_off()
    assert till.told(PaymentAuthorized) == []
    assert till.events[-1] == PaymentExpired(booking_id="bk_1", ref=ref())
    assert till.payment.attention is None


def test_a_declined_card_fails_the_payment_at_its_shortened_deadline_with_the_reason() -> None:
    till = opened()
    till.is_declined()
    till.look()
    till.later(seconds=300)
    till.work_off()
    answer = PaymentFailed(booking_id="bk_1", reason="declined", code="insufficient_funds", ref=ref())
    assert till.events[-1] == answer


def test_another_card_after_a_decline_is_a_paid_booking() -> None:
    till = opened()
    till.is_declined()
    till.look()
    till.pays()
    till.later(seconds=300)
    till.work_off()
    assert till.events[-1] == PaymentAuthorized(booking_id="bk_1", amount=TEN_DOLLARS, ref=ref())


def test_coming_back_without_paying_cancels_the_payment_soon() -> None:
    till = opened()
    till.settle(after_leaving(till.payment, till.now + timedelta(seconds=300)))
    till.settle(after_leaving(till.payment, till.now + timedelta(seconds=600)))
    assert till.payment.deadline == START + timedelta(seconds=300)
    till.later(seconds=300)
    till.work_off()
    assert till.events[-1] == PaymentFailed(booking_id="bk_1", reason="cancelled", ref=ref())


def test_leaving_after_paying_changes_nothing() -> None:
    till = authorized()
    before = till.payment
    assert after_leaving(before, till.now) == before


def test_a_provider_that_is_away_until_the_deadline_makes_the_payment_unavailable() -> None:
    till = Till()
    till.collect()
    till.perform(till.waiting()[0], "not sent")
    till.later(minutes=30)
    assert till.world == {}
    assert till.events == [PaymentFailed(booking_id="bk_1", reason="unavailable", ref=ref())]


def test_a_reservation_that_lapsed_is_told_and_shown() -> None:
    till = authorized()
    next(iter(till.world.values())).state = "cancelled"
    till.look()
    till.capture()
    failed = PaymentFailed(booking_id="bk_1", reason="unavailable", code="authorization_lapsed", ref=ref())
    assert till.events[-2:] == [failed, failed.answering(ref(step="capture"))]
    assert till.payment.attention == "the reservation lapsed before it was captured"


def test_quarantined_money_is_released_at_the_deadline() -> None:
    till = opened()
    next(iter(till.world.values())).amount = TEN_DOLLARS.times(2)
    till.pays()
    till.look()
    till.later(minutes=30)
    till.work_off()
    assert till.kinds()[-1] == "void succeeded"
    expected = PaymentFailed(booking_id="bk_1", reason="unavailable", code="amount_mismatch", ref=ref())
    assert till.events[-1] == expected


def test_a_start_proven_absent_is_made_again_with_another_key() -> None:
    till = Till()
    till.collect()
    till.perform(till.waiting()[0], "proven absent")
    till.work_off()
    first, second = till.payment.operations
    assert (first.state, second.state) == ("failed", "succeeded")
    assert first.key != second.key


def test_when_two_pages_are_paid_the_second_is_released_at_once() -> None:
    till = Till()
    till.collect()
    till.perform(till.waiting()[0], "proven absent")
    till.work_off()
    till.appears()
    till.pays(0)
    till.look()
    till.pays(1)
    till.work_off()
    assert [one.state for one in till.world.values()].count("authorized") == 1
    assert len(till.told(PaymentAuthorized)) == 1
    assert "void succeeded" in till.kinds()
