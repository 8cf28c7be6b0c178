"""The rolling allowance, for any rhythm of requests."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.allowance import Allowance
from shared.runtime import ManualClock

pauses = st.lists(st.floats(min_value=0, max_value=30, allow_nan=False), max_size=120)


@given(quota=st.integers(min_value=1, max_value=20), pauses=pauses)
def test_no_minute_ever_sees_twice_the_quota(quota: int, pauses: list[float]) -> None:
    clock = ManualClock()
    allowance = Allowance(quota, clock)
    allowed_at = []
    for pause in pauses:
        clock.advance(pause)
        if allowance.take("somebody").allowed:
            allowed_at.append(clock.monotonic())
    for first in allowed_at:
        assert sum(first <= at < first + 60 for at in allowed_at) <= 2 * quota


@given(quota=st.integers(min_value=1, max_value=50))
def test_a_rested_caller_has_exactly_its_quota_at_once(quota: int) -> None:
    clock = ManualClock()
    allowance = Allowance(quota, clock)
    verdicts = [allowance.take("somebody") for _ in range(quota + 1)]
    assert [verdict.allowed for verdict in verdicts] == [True] * quota + [False]
    assert [verdict.remaining for verdict in verdicts] == [*reversed(range(quota)), 0]


@given(quota=st.integers(min_value=1, max_value=50), pauses=pauses)
def test_who_waits_as_long_as_told_is_served(quota: int, pauses: list[float]) -> None:
    clock = ManualClock()
    allowance = Allowance(quota, clock)
    for pause in pauses:
        clock.advance(pause)
        verdict = allowance.take("somebody")
        if not verdict.allowed:
            clock.advance(verdict.retry_after)
            assert allowance.take("somebody").allowed


def test_callers_that_went_away_are_forgotten() -> None:
    clock = ManualClock()
    allowance = Allowance(10, clock, most_callers=3)
    for name in ("a", "b", "c"):
        allowance.take(name)
    clock.advance(60)
    allowance.take("d")
    assert allowance.known == 1


def test_a_flood_of_addresses_cannot_fill_the_memory() -> None:
    allowance = Allowance(10, ManualClock(), most_callers=100)
    for number in range(1_000):
        allowance.take(str(number))
    assert allowance.known <= 100
