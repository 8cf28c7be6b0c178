"""A guard that is taken out of the product is missed: the simulation can fail, and for the right reason."""

import pytest

from tests.simulation import run
from tests.simulation.guards import MUTATIONS

# A seed that misses the guard; how many seeds it takes to come to one stands in docs/simulation.md.
FOUND_BY = {
    "no inbox": 4,
    "acknowledged before it is handled": 10,
    "outbox row deleted before the confirm": 17,
    "messages committed apart from state": 98,
    "no single flight": 0,
    "tasks forgotten when they begin": 0,
    "a customer's Idempotency-Key ignored": 12,
    "epoch ignored": 4,
    "undo skipped on timeout": 12,
    "siblings of a refused item kept": 2,
    "late effect not undone": 12,
    "no timers": 0,
    "a command is sent once": 0,
    "failed before everything is back": 0,
    "cancelled after the point of no return": 291,
    "capture before the slots are confirmed": 1,
    "taken up without holding the time again": 3,
    "confirmed as soon as it is paid": 1,
    "database constraint dropped": 2,
    "no tombstone": 55,
    "a refusal of time is not final": 128,
    "who gave back is forgotten": 17,
    "a lapsed hold confirmed unseen": 11,
    "a release that does nothing": 0,
    "seats not counted back": 0,
    "no idempotency key at the provider": 10,
    "no expire before release": 0,
    "given back too soon": 0,
    "late money not noticed": 3,
    "an unknown outcome taken for a failure": 162,
    "a new key with every try": 10,
    "a second payment kept": 10413,
    "a lost page not looked for": 45,
    "old looks believed": 7,
    "only webhooks tell of payments": 8,
    "captures not in the books": 1,
    "webhook body trusted": 3,
    "an event under a new name with every try": 3,
    "a silent calendar counts as written": 10,
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FOUND_BY)
def test_a_guard_that_is_taken_out_is_missed(name: str) -> None:
    with MUTATIONS[name]():
        result = run.simulate(FOUND_BY[name])

    assert result.broken
