"""A guard that is taken out of the product is missed: the simulation can fail, and for the right reason."""

import pytest

from tests.simulation import run
from tests.simulation.guards import MUTATIONS

# A seed that misses the guard; how many seeds it takes to come to one stands in docs/simulation.md.
FOUND_BY = {
    "capture before the slots are confirmed": 1,
    "outbox row deleted before the confirm": 4,
    "database constraint dropped": 0,
    "no expire before release": 1,
    "late money not noticed": 7,
    "no idempotency key at the provider": 9,
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FOUND_BY)
def test_a_guard_that_is_taken_out_is_missed(name: str) -> None:
    with MUTATIONS[name]():
        result = run.simulate(FOUND_BY[name])

    assert result.broken
