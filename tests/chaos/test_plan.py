"""The plan of faults: the same for the same seed, bounded, and in the end everything had its turn."""

import pytest

from tests.chaos.plan import LASTS, LINES, OUTSIDE, PROCESSES, QUIET_AT_LAST, SERVERS, Fault, plan

TEN_MINUTES = 600.0
SEEDS = range(40)


def test_a_seed_draws_the_same_faults_every_time_and_another_seed_others() -> None:
    assert plan(7, TEN_MINUTES) == plan(7, TEN_MINUTES)
    assert plan(7, TEN_MINUTES) != plan(8, TEN_MINUTES)


@pytest.mark.parametrize("seconds", [30.0, 180.0, TEN_MINUTES])
def test_every_fault_is_over_before_the_run_is(seconds: float) -> None:
    for seed in SEEDS:
        for fault in plan(seed, seconds):
            shortest, longest = LASTS[fault.kind]
            assert shortest <= fault.seconds <= longest
            assert fault.ends <= seconds - QUIET_AT_LAST


def at_once(faults: tuple[Fault, ...], moment: float) -> list[Fault]:
    return [one for one in faults if one.at <= moment < one.ends]


def test_at_most_two_things_go_wrong_at_once_and_never_two_at_one_place() -> None:
    together = [at_once(faults, one.at) for faults in map(plan10, SEEDS) for one in faults]
    assert {len(faults) for faults in together} == {1, 2}
    for faults in together:
        assert len({one.target for one in faults}) == len(faults)
        assert [one.kind for one in faults].count("outside") <= 1


def plan10(seed: int) -> tuple[Fault, ...]:
    return plan(seed, TEN_MINUTES)


def test_in_ten_minutes_every_process_dies_and_both_servers_die_and_freeze() -> None:
    for seed in SEEDS:
        struck = {(one.kind, one.target) for one in plan10(seed)}
        assert {("kill", name) for name in PROCESSES} <= struck
        assert {(kind, name) for kind in ("kill", "freeze") for name in SERVERS} <= struck
        assert {kind for kind, _ in struck} == set(LASTS)


def test_over_many_seeds_every_line_and_every_provider_has_every_fault() -> None:
    struck = {(one.kind, one.target) for seed in range(200) for one in plan10(seed)}
    assert {(kind, line) for kind in ("cut", "refuse", "stall", "slow") for line in LINES} <= struck
    assert {("outside", name) for name in OUTSIDE} <= struck
