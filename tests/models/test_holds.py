"""Whatever the calendar is told in whatever order, it gives out time as its model does."""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.models.bench import Bench, bench_on
from tests.models.hold_machine import HoldMachine
from tests.models.running import LONGER, is_found, stories
from tests.simulation.guards.time import MUTATIONS

TOLD = stories(20, 30)
# What two transactions come to is not the same the next time: such a story cannot be made shorter.
AS_IT_COMES = settings(TOLD, phases=[Phase.generate])
UNTIL_FOUND = stories(200, 40)
# The constraint is dropped from the simulation's own databases, and a dead letter takes long to become one.
GUARDS = sorted(MUTATIONS.keys() - {"database constraint dropped", "a release that does nothing"})


def machine_on(bench: Bench) -> type[HoldMachine]:
    """The machine, in front of this calendar."""

    class OnThisBench(HoldMachine): ...

    OnThisBench.bench = bench
    return OnThisBench


@pytest.mark.timeout(240 * LONGER)
def test_time_is_given_out_as_in_the_model(database_url: str) -> None:
    with bench_on(database_url) as bench:
        told = AS_IT_COMES if bench.is_concurrent else TOLD
        run_state_machine_as_test(machine_on(bench), settings=told)


@pytest.mark.timeout(240 * LONGER)
@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_that_is_taken_out_of_the_calendar_is_missed(name: str, sqlite_url: str) -> None:
    with bench_on(sqlite_url) as bench:
        is_found(machine_on(bench), MUTATIONS[name](), None, UNTIL_FOUND)
