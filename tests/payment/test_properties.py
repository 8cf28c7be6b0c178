"""Whatever happens in whatever order: money and promises agree once everything has come to rest."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.payment.decide import decide
from services.payment.position import has_money, is_alive, totals
from shared.events.payment import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentExpired,
    PaymentFailed,
    PaymentGivenBack,
    PaymentSucceeded,
)
from tests.support.payment_model import PATIENCE, Till

SAGAS = st.sampled_from(["sg_1", "sg_2"])
HOWS = st.sampled_from(["done", "done", "done", "answer lost", "not sent", "never answered", "proven absent"])
STEP = st.one_of(
    st.tuples(st.just("collect"), SAGAS),
    st.tuples(st.just("give_back"), SAGAS),
    st.tuples(st.just("capture"), SAGAS),
    st.tuples(st.just("pays"), st.integers(0, 2)),
    st.tuples(st.just("pays"), st.integers(0, 2)),
    st.tuples(st.just("pays_after_all"), st.integers(0, 2)),
    st.tuples(st.just("appears"), st.none()),
    st.tuples(st.just("is_declined"), st.integers(0, 2)),
    st.tuples(st.just("perform"), st.tuples(st.integers(0, 3), HOWS)),
    st.tuples(st.just("perform"), st.tuples(st.integers(0, 3), HOWS)),
    st.tuples(st.just("look"), st.none()),
    st.tuples(st.just("remember"), st.none()),
    st.tuples(st.just("look late"), st.integers(0, 3)),
    st.tuples(st.just("later"), st.sampled_from([1, 31, 121, 301, 1801])),
)


def play(till: Till, steps: list[tuple[str, Any]]) -> None:
    """Take the steps, one transaction each."""
    remembered: list[tuple[Any, Any]] = []
    for name, what in steps:
        if name == "remember":
            remembered += [(one.snapshot(), till.now) for one in till.world.values()]
        elif name == "look late" and remembered:
            till.look(*remembered[what % len(remembered)])
        elif name == "perform" and till.waiting():
            waiting = till.waiting()
            till.perform(waiting[what[0] % len(waiting)], what[1])
        elif name in PLAIN:
            PLAIN[name](till, what)
        nothing_is_decided_twice(till)


PLAIN: dict[str, Callable[[Till, Any], None]] = {
    "collect": Till.collect,
    "give_back": Till.give_back,
    "capture": Till.capture,
    "pays": Till.pays,
    "pays_after_all": Till.pays_after_all,
    "appears": Till.appears,
    "is_declined": Till.is_declined,
    "look": lambda till, _: till.look(),
    "later": lambda till, seconds: till.later(seconds=seconds),
}


def nothing_is_decided_twice(till: Till) -> None:
    again = decide(till.payment, till.now, PATIENCE)
    assert (again.payment, again.orders, again.events) == (till.payment, (), ())
    amounts = totals(till.payment)
    assert 0 <= amounts.refunded + amounts.refund_pending <= amounts.captured <= amounts.authorized
    flying = Counter(one.attempt_id for one in till.waiting())
    assert all(number == 1 for number in flying.values())


def come_to_rest(till: Till) -> None:
    """Faults stop, and time passes beyond every deadline."""
    for _ in range(4):
        till.work_off()
        till.later(seconds=40)
        till.work_off()
        till.later(hours=2)
    till.work_off()


@settings(max_examples=400, deadline=timedelta(seconds=2))
@given(st.lists(STEP, max_size=25))
def test_after_any_mix_of_failures_the_money_is_where_the_promises_say(steps: list[tuple[str, Any]]) -> None:
    till = Till()
    play(till, steps)
    come_to_rest(till)
    payment = till.payment
    held = [one for one in till.world.values() if one.state == "authorized" or one.kept]
    open_ = [one for one in till.world.values() if one.state == "action_required"]
    assert open_ == []
    assert payment.owes == frozenset()
    if payment.closed or payment.wanted == "give_back" or payment.amount is None:
        assert held == []
        assert not any(is_alive(payment, one) for one in payment.attempts)
    else:
        assert len(held) == 1
        assert [has_money(payment, one) for one in payment.attempts].count(True) == 1
        assert held[0].kept == (1000 if payment.capture_wanted else 0)


@settings(max_examples=200, deadline=timedelta(seconds=2))
@given(st.lists(STEP, max_size=25))
def test_the_journal_sums_to_nothing_and_agrees_with_the_provider(steps: list[tuple[str, Any]]) -> None:
    till = Till()
    play(till, steps)
    come_to_rest(till)
    balances: dict[str, int] = defaultdict(int)
    for entry in till.entries:
        assert sum(line.amount for line in entry.lines) == 0
        for line in entry.lines:
            balances[line.account] += line.amount
    assert sum(balances.values()) == 0
    assert balances["clearing:stripe"] == sum(one.kept for one in till.world.values())
    assert balances["refund_liability"] == 0
    assert balances["suspense"] == 0


@settings(max_examples=200, deadline=timedelta(seconds=2))
@given(st.lists(STEP, max_size=25))
def test_whoever_asked_last_is_answered_or_gave_back(steps: list[tuple[str, Any]]) -> None:
    till = Till()
    play(till, steps)
    come_to_rest(till)
    answers = (PaymentAuthorized, PaymentFailed, PaymentExpired, PaymentSucceeded, PaymentGivenBack)
    told = [one for one in till.events if isinstance(one, answers) and one.ref is not None]
    for step, name in (("collect", "collect"), ("give back", "give_back"), ("capture", "capture")):
        asked = [what for how, what in steps if how == name]
        heard = {one.ref.saga for one in told if one.ref and one.ref.step == step}
        assert heard <= set(asked)
        gave_back = name != "give_back" and ("give_back", asked[-1]) in steps if asked else True
        assert gave_back or asked[-1] in heard


@settings(max_examples=200, deadline=timedelta(seconds=2))
@given(st.lists(STEP, max_size=25))
def test_nobody_is_sent_to_pay_for_a_booking_that_gave_up(steps: list[tuple[str, Any]]) -> None:
    till = Till()
    play(till, [*steps, ("give_back", "sg_3")])
    before = len(till.told(PaymentActionRequired))
    come_to_rest(till)
    assert len(till.told(PaymentActionRequired)) == before
