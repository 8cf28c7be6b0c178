"""The running product answers as its own OpenAPI document says, whatever the document allows to be asked."""

import asyncio

import pytest

from tests.blackbox import business
from tests.blackbox.contract import examine
from tests.blackbox.logs import alarms
from tests.support.embedded import Embedded

# Where a booking leads: each is reached with the id of one that was really made.
FOLLOWED = (
    "GET /v1/bookings/{booking_id}",
    "GET /v1/bookings/{booking_id}/stream",
    "GET /v1/bookings/{booking_id}/timeline",
    "POST /v1/bookings/{booking_id}/confirm",
)


@pytest.mark.timeout(240)
async def test_no_answer_is_undocumented_and_none_is_a_defect(embedded: Embedded) -> None:
    starts = await business.free_starts(embedded.installation)
    found = await asyncio.to_thread(examine, embedded.installation, starts, examples=6)
    assert not found.failures, "\n\n".join(found.failures[:20])
    assert {"examples", "coverage", "fuzzing", "stateful"} <= set(found.phases)
    assert any(found.answers["POST /v1/bookings", status] for status in (201, 202))
    assert all(found.answers[operation, 200] for operation in FOLLOWED), found.answers
    await business.goes_on(embedded.installation)
    assert not alarms(embedded.process.said())
