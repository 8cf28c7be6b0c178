"""The books: every movement is posted twice, once on each side."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest

from services.payment.journal import RULES, entries
from services.payment.payment import Payment, Refund
from services.payment.position import totals
from tests.support.payment import Cashier
from tests.support.payment_model import START, TEN_DOLLARS, captured, changed, opened


def balances(*steps: Payment) -> dict[str, int]:
    """What the accounts hold after a payment went through these states."""
    found: dict[str, int] = defaultdict(int)
    for before, after in pairwise(steps):
        for entry in entries(before, after):
            assert sum(line.amount for line in entry.lines) == 0
            for line in entry.lines:
                found[line.account] += line.amount
    return {account: amount for account, amount in found.items() if amount}


def a_taken_payment(**attempt: object) -> tuple[Payment, Payment]:
    """A payment before and after its money was taken."""
    before = opened().payment
    after = captured().payment
    return before, replace(after, attempts=(replace(after.attempts[0], **attempt),))  # type: ignore[arg-type]


def with_refund(payment: Payment, state: str) -> Payment:
    refund = Refund("re_1", payment.attempts[0].id, TEN_DOLLARS, "slot_taken", START)
    return replace(payment, refunds=(replace(refund, state=state),))  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_moves_money_between_two_accounts(rule: str) -> None:
    debit, credit = RULES[rule]  # type: ignore[index]
    assert debit != credit


def test_taken_money_is_owed_as_a_service_until_it_is_earned() -> None:
    assert balances(*a_taken_payment()) == {"clearing:stripe": 1000, "deferred_revenue": -1000}


def test_a_refund_on_its_way_is_a_liability_and_then_nothing_is_left() -> None:
    before, taken = a_taken_payment()
    asked, done = with_refund(taken, "requested"), with_refund(taken, "succeeded")
    assert balances(before, taken, asked) == {"clearing:stripe": 1000, "refund_liability": -1000}
    assert balances(before, taken, asked, done) == {}


@pytest.mark.parametrize("way", [["requested", "failed"], ["requested", "succeeded", "failed"]])
def test_a_refund_that_failed_is_taken_out_of_the_books_again(way: list[str]) -> None:
    before, taken = a_taken_payment()
    refunds = [with_refund(taken, state) for state in way]
    assert balances(before, taken, *refunds) == {"clearing:stripe": 1000, "deferred_revenue": -1000}


@pytest.mark.parametrize("attempt", [{"late": True}, {"mismatch": "2000 USD came, 1000 USD was asked for"}])
def test_money_that_nobody_asked_for_waits_in_suspense(attempt: dict[str, object]) -> None:
    before, taken = a_taken_payment(**attempt)
    assert balances(before, taken) == {"clearing:stripe": 1000, "suspense": -1000}
    assert balances(before, taken, with_refund(taken, "succeeded")) == {}


def test_late_money_that_is_taken_up_leaves_suspense() -> None:
    before, late = a_taken_payment(late=True)
    _, taken_up = a_taken_payment(late=True, taken_up=True)
    assert balances(before, late, taken_up) == {"clearing:stripe": 1000, "deferred_revenue": -1000}


def test_a_reservation_is_no_movement_of_money() -> None:
    before = opened()
    assert balances(before.payment, captured().payment) != {}
    before.pays()
    before.look()
    assert totals(before.payment).authorized == 1000
    assert before.entries == []


def test_a_refund_in_the_dashboard_is_posted_when_it_is_seen() -> None:
    till = captured()
    snapshot = next(iter(till.world.values())).snapshot()
    till.look(changed(snapshot, refunded=400))
    assert [entry.rule for entry in till.entries] == ["captured", "refund_requested", "refund_succeeded"]


async def test_the_journal_of_the_service_sums_to_nothing_and_holds_what_the_provider_holds(
    till: Cashier,
) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    await till.capture()
    books = (await till.http.get("/journal")).json()
    assert books == {
        "balances": [
            {"account": "clearing:stripe", "currency": "USD", "balance": 1000},
            {"account": "deferred_revenue", "currency": "USD", "balance": -1000},
        ],
        "sums": {"USD": 0},
    }
    await till.give_back()
    books = (await till.http.get("/journal")).json()
    assert {one["balance"] for one in books["balances"]} == {0}
