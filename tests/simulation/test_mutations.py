"""A guard that is taken out of the product is missed: the simulation can fail, and for the right reason."""

import pytest

from tests.simulation import run
from tests.simulation.guards import MUTATIONS

# A seed that misses the guard; how many seeds it takes to come to one stands in docs/simulation.md.
FOUND_BY = {
    "no inbox": 7,
    "acknowledged before it is handled": 38,
    "outbox row deleted before the confirm": 34,
    "messages committed apart from state": 17,
    "no single flight": 0,
    "tasks forgotten when they begin": 3,
    "a customer's Idempotency-Key ignored": 5,
    "epoch ignored": 0,
    "undo skipped on timeout": 23,
    "siblings of a refused item kept": 0,
    "late effect not undone": 12,
    "failed before everything is back": 0,
    "cancelled after the point of no return": 56,
    "capture before the slots are confirmed": 1,
    "taken up without holding the time again": 12,
    "database constraint dropped": 2,
    "no tombstone": 39,
    "who gave back is forgotten": 39,
    "a lapsed hold confirmed unseen": 3,
    "a release that does nothing": 0,
    "seats not counted back": 0,
    "no idempotency key at the provider": 3,
    "no expire before release": 0,
    "given back too soon": 0,
    "late money not noticed": 1,
    "an unknown outcome taken for a failure": 5,
    "a new key with every try": 5,
    "only webhooks tell of payments": 0,
    "captures not in the books": 1,
    "an event under a new name with every try": 7,
    "a silent calendar counts as written": 21,
    "confirmed as soon as it is paid": 1,
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FOUND_BY)
def test_a_guard_that_is_taken_out_is_missed(name: str) -> None:
    with MUTATIONS[name]():
        result = run.simulate(FOUND_BY[name])

    assert result.broken
