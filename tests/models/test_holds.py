"""Whatever the calendar is told in whatever order, it gives out time as its model does."""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.models.bench import bench_on
from tests.models.hold_machine import HoldMachine
from tests.models.running import LONGER, stories

TOLD = stories(20, 30)
# What two transactions come to is not the same the next time: such a story cannot be made shorter.
AS_IT_COMES = settings(TOLD, phases=[Phase.generate])


@pytest.mark.timeout(240 * LONGER)
def test_time_is_given_out_as_in_the_model(database_url: str) -> None:
    with bench_on(database_url) as bench:

        class OnThisBench(HoldMachine): ...

        OnThisBench.bench = bench
        told = AS_IT_COMES if bench.is_concurrent else TOLD
        run_state_machine_as_test(OnThisBench, settings=told)
