"""A payment, a provider that others use too, and looks that come late, twice and in any order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from services.payment.merge import DEAD, merge
from services.payment.payment import Attempt, Operation, Payment
from services.payment.position import rest, totals
from services.payment.providers.port import PaymentSnapshot, RefundSnapshot
from shared.money import Money
from tests.payment.test_properties import HOWS, SAGAS, come_to_rest, nothing_is_decided_twice
from tests.support.payment_model import PATIENCE, START, TEN_DOLLARS, Object, Till

WHICH = st.integers(0, 9)
Look = tuple[PaymentSnapshot, datetime]
GRACE = PATIENCE.decline_grace


class MoneyMachine(RuleBasedStateMachine):
    """What the provider does at any moment, and what the service makes of seeing it at another."""

    def __init__(self) -> None:
        super().__init__()
        self.till = Till()
        self.looks: list[Look] = []
        self.came_back = False

    @initialize(far=st.sampled_from([0, 1, 2, 3, 3, 4, 5, 5, 5]))
    def begins(self, far: int) -> None:
        """All goes well up to some point."""
        till = self.till
        story = (till.collect, till.work_off, till.pays, till.look, till.capture, till.work_off)
        for step in story[: far + 1]:
            self._does(step)

    def _does(self, act: Callable[[], Any]) -> None:
        before = self.till.payment
        # No two things happen in the same instant.
        self.till.now += timedelta(milliseconds=1)
        act()
        after = self.till.payment
        for known in before.attempts:
            facts_only_grow(known, after.attempt(known.id))
        asked = {one.id for one in before.operations}
        for operation in after.operations:
            if operation.id not in asked:
                is_sensible(after, operation)
        nothing_is_decided_twice(self.till)
        self._a_look_begins()

    def _a_look_begins(self) -> None:
        """Whatever was true for a moment was seen by somebody, who may tell it late."""
        seen = [snapshot for snapshot, _ in self.looks]
        for page in self.till.world.values():
            if page.snapshot() not in seen:
                self.looks.append((page.snapshot(), self.till.now))

    # What the coordinator wants

    @rule(saga=SAGAS)
    def is_collected(self, saga: str) -> None:
        self._does(lambda: self.till.collect(saga))

    @rule(saga=SAGAS)
    def is_captured(self, saga: str) -> None:
        self._does(lambda: self.till.capture(saga))

    @rule(saga=SAGAS)
    def is_given_back(self, saga: str) -> None:
        self._does(lambda: self.till.give_back(saga))

    # What happens at the provider

    @precondition(lambda self: self.till.world)
    @rule(which=WHICH, money=st.sampled_from([TEN_DOLLARS] * 4 + [Money(amount=100, currency="USD")]))
    def a_customer_pays(self, which: int, money: Money) -> None:
        page = self._page(which)
        if page.state == "action_required":
            page.amount = money
        self._does(lambda: self.till.pays(which))

    @precondition(lambda self: self.till.world)
    @rule(which=WHICH)
    def money_comes_through_a_closed_page(self, which: int) -> None:
        self._does(lambda: self.till.pays_after_all(which))

    @precondition(lambda self: self.till.world)
    @rule(which=WHICH)
    def a_card_is_declined(self, which: int) -> None:
        self._does(lambda: self.till.is_declined(which))

    @rule()
    def a_page_shows_up_that_was_denied(self) -> None:
        self._does(lambda: self.till.appears())

    @precondition(lambda self: self.till.world)
    @rule(which=WHICH, taken=st.booleans())
    def somebody_takes_or_frees_a_reservation(self, which: int, taken: bool) -> None:
        page = self._page(which)
        if page.state == "authorized":
            page.state = "succeeded" if taken else "cancelled"
            page.captured = page.amount.amount if taken else 0

    @precondition(lambda self: self.till.world)
    @rule(which=WHICH, part=st.sampled_from([1, 2, 3]))
    def somebody_refunds_a_part(self, which: int, part: int) -> None:
        page = self._page(which)
        if page.kept >= part:
            back = Money(amount=page.kept // part, currency=page.amount.currency)
            name = f"outside_{len(page.refunds)}"
            page.refunds[name] = RefundSnapshot(name, "succeeded", back)

    @precondition(lambda self: self.till.world)
    @rule(which=WHICH)
    def a_refund_of_ours_comes_back(self, which: int) -> None:
        page = self._page(which)
        for key, refund in page.refunds.items():
            if refund.refund_id and refund.state == "succeeded":
                page.refunds[key] = replace(refund, state="failed", failure="expired_or_canceled_card")
                self.came_back = True

    # What the service does and sees

    @precondition(lambda self: self.till.waiting())
    @rule(which=WHICH, how=HOWS)
    def a_call_is_made(self, which: int, how: Any) -> None:
        waiting = self.till.waiting()
        self._does(lambda: self.till.perform(waiting[which % len(waiting)], how))

    @rule()
    def everything_is_looked_at(self) -> None:
        self._does(self.till.look)
        again = self.till.payment
        self.till.look()
        assert self.till.payment == again, "the same look twice is the same as once"

    @rule()
    def refunds_are_looked_at(self) -> None:
        self._does(self.till.look_at_refunds)

    @precondition(lambda self: self.looks)
    @rule(which=WHICH)
    def a_look_ends_late(self, which: int) -> None:
        self._does(lambda: self.till.look(*self.looks[which % len(self.looks)]))

    @precondition(lambda self: self.looks and not self.came_back)
    @rule(chance=st.randoms(use_true_random=False))
    def the_same_looks_come_in_another_order(self, chance: Random) -> None:
        """Once the newest look is folded in, nobody can tell in which order the others came."""
        for page in self.till.world.values():
            seen = [look for look in self.looks if look[0].attempt_id == page.attempt_id]
            last = (page.snapshot(), self.till.now)
            mixed = chance.sample(seen, len(seen))
            assert folded([*seen, last]) == folded([*mixed, *mixed[:1], last]), "the order of looks tells"

    @rule(seconds=st.sampled_from([1, 31, 121, 301, 1801]))
    def time_passes(self, seconds: int) -> None:
        self._does(lambda: self.till.later(seconds=seconds))

    def _page(self, which: int) -> Object:
        pages = list(self.till.world.values())
        return pages[which % len(pages)]

    def teardown(self) -> None:
        """Everything is given back, and faults end: then nothing is kept, and nothing can be paid."""
        for _ in range(3):
            self._does(lambda: self.till.give_back("sg_9"))
            come_to_rest(self.till)
        assert [one.state for one in self.till.world.values() if one.state in OPEN] == [], (
            "it can still be paid"
        )
        assert [one.kept for one in self.till.world.values() if one.kept] == [], "money is kept"
        assert self.till.payment.closed == "given_back", "giving back never ends"


OPEN = ("action_required", "processing", "authorized")


def facts_only_grow(known: Attempt, now: Attempt) -> None:
    """What was once true of an attempt's money is never forgotten."""
    assert now.authorized >= known.authorized, "what was reserved shrinks"
    assert now.captured >= known.captured, "what was taken shrinks"
    assert now.state == "succeeded" or known.state != "succeeded", "taken money is no longer believed"
    assert now.mismatch == known.mismatch or known.mismatch is None, "a mismatch is forgotten"


def is_sensible(payment: Payment, order: Operation) -> None:
    """What one new order may be, given everything that is known."""
    attempt = payment.attempt(order.attempt_id)
    others = [one for one in payment.attempts if one.id != attempt.id]
    if order.kind == "capture":
        assert payment.wanted == "collect", "captured though it is given back"
        assert not payment.closed, "captured though it is over"
        assert not attempt.mismatch, "money that nobody asked for is captured"
        assert all(rest(payment, one) <= 0 for one in others if not one.mismatch), "captured twice"
    if order.kind == "refund":
        assert order.amount is not None
        assert rest(payment, attempt) >= 0, "more is refunded than was captured"
    if order.kind == "start":
        assert payment.wanted == "collect", "a page is opened for what is given back"


def folded(looks: list[Look]) -> tuple[Any, ...]:
    """What a payment comes to that saw nothing but these looks."""
    first = looks[0][0]
    attempt = Attempt(first.attempt_id or "", "stripe", "checkout", START)
    payment = Payment("pay_1", "bk_1", START, amount=TEN_DOLLARS, attempts=(attempt,))
    for seen, began in looks:
        payment = merge(payment, attempt.id, seen, began, GRACE)
    known = payment.attempts[0]
    state = "over" if known.state in DEAD else known.state
    return state, known.authorized, known.captured, known.refs, known.mismatch, totals(payment)
