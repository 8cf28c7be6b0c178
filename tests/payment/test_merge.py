"""What the provider says is folded in so that facts only move forward."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.payment.merge import DEAD, RANK, merge_refund, next_state
from services.payment.payment import Refund
from services.payment.providers.port import AttemptState, Decline, RefundSnapshot, RefundState
from shared.money import Money
from tests.support.payment_model import START, TEN_DOLLARS, Till, authorized, captured, changed, opened

STATES = tuple(RANK)


@pytest.mark.parametrize("known", STATES)
def test_taken_money_is_believed_from_every_state(known: AttemptState) -> None:
    assert next_state(known, "succeeded", fresh=False) == "succeeded"
    assert next_state(known, "succeeded", fresh=True) == "succeeded"


@pytest.mark.parametrize("known", [one for one in STATES if one != "succeeded"])
def test_reserved_money_is_believed_from_every_state_when_it_is_news(known: AttemptState) -> None:
    assert next_state(known, "authorized", fresh=True) == "authorized"


@pytest.mark.parametrize("known", STATES)
@pytest.mark.parametrize("said", [one for one in STATES if one != "succeeded"])
def test_an_old_look_never_lowers_a_state_nor_ends_one(known: AttemptState, said: AttemptState) -> None:
    reached = next_state(known, said, fresh=False)
    assert RANK[reached] >= RANK[known]
    assert reached == known or reached not in DEAD


@pytest.mark.parametrize(
    ("known", "said", "reached"),
    [
        ("created", "action_required", "action_required"),
        ("processing", "action_required", "action_required"),
        ("failed", "action_required", "action_required"),
        ("authorized", "action_required", "authorized"),
        ("authorized", "cancelled", "cancelled"),
        ("cancelled", "action_required", "cancelled"),
        ("expired", "processing", "expired"),
        ("action_required", "expired", "expired"),
        ("action_required", "created", "action_required"),
        ("succeeded", "cancelled", "succeeded"),
    ],
)
def test_a_fresh_look_moves_on_as_the_provider_does(
    known: AttemptState, said: AttemptState, reached: AttemptState
) -> None:
    assert next_state(known, said, fresh=True) == reached


def test_an_old_look_at_reserved_money_does_not_bring_released_money_back() -> None:
    till = authorized()
    earlier, began = next(iter(till.world.values())).snapshot(), till.now
    till.later(seconds=1)
    till.give_back()
    till.work_off()
    till.look(earlier, began)
    assert till.payment.attempts[0].state == "cancelled"
    assert "PaymentArrivedLate" not in till.names()


def test_amounts_only_grow() -> None:
    till = captured()
    snapshot = next(iter(till.world.values())).snapshot()
    till.look(changed(snapshot, state="authorized", captured=0), till.now - timedelta(minutes=5))
    assert till.payment.attempts[0].captured == 1000


def test_a_decline_shortens_the_deadline_and_is_remembered() -> None:
    till = opened()
    till.is_declined()
    till.look()
    assert till.payment.deadline == START + timedelta(seconds=300)
    assert (till.payment.ending, till.payment.ending_code) == ("declined", "insufficient_funds")


def test_a_decline_near_the_deadline_does_not_extend_it() -> None:
    till = opened()
    till.later(minutes=29)
    till.is_declined()
    till.look()
    assert till.payment.deadline == START + timedelta(minutes=30)


def test_the_same_decline_seen_again_changes_nothing() -> None:
    till = opened()
    till.is_declined()
    till.look()
    before = till.payment
    till.later(minutes=1)
    till.look()
    assert replace(till.payment, attempts=before.attempts) == before


@pytest.mark.parametrize("came", [Money(amount=100, currency="USD"), Money(amount=1000, currency="CAD")])
def test_money_of_another_amount_or_currency_is_quarantined_and_never_counts(came: Money) -> None:
    till = opened()
    next(iter(till.world.values())).amount = came
    till.pays()
    till.look()
    assert "PaymentAuthorized" not in till.names()
    assert till.payment.attempts[0].mismatch == f"{came.amount} {came.currency} came, 1000 USD was asked for"
    assert till.payment.attention is not None


def test_what_was_refunded_in_the_dashboard_becomes_a_refund_of_its_own() -> None:
    till = captured()
    snapshot = next(iter(till.world.values())).snapshot()
    till.look(changed(snapshot, refunded=400))
    till.look(changed(snapshot, refunded=400))
    (refund,) = till.payment.refunds
    assert (refund.amount.amount, refund.state, refund.made_by_us) == (400, "succeeded", False)


@pytest.mark.parametrize(
    ("known", "said", "reached"),
    [
        ("requested", "pending", "pending"),
        ("pending", "succeeded", "succeeded"),
        ("succeeded", "pending", "succeeded"),
        ("succeeded", "failed", "failed"),
        ("pending", "failed", "failed"),
        ("failed", "succeeded", "failed"),
    ],
)
def test_a_refund_that_succeeded_may_still_fail_and_a_failed_one_stays_failed(
    known: RefundState, said: RefundState, reached: RefundState
) -> None:
    till: Till = captured()
    refund = Refund("re_1", till.payment.attempts[0].id, TEN_DOLLARS, "slot_taken", START, state=known)
    payment = replace(till.payment, refunds=(refund,))
    merged = merge_refund(payment, "re_1", RefundSnapshot("re_x", said, TEN_DOLLARS))
    assert merged.refunds[0].state == reached


def test_a_second_decline_with_another_code_is_the_one_that_is_told() -> None:
    till = opened()
    till.is_declined()
    till.look()
    next(iter(till.world.values())).decline = Decline("expired_card", "expired_card")
    till.look()
    assert till.payment.ending_code == "expired_card"
