"""A short run of the real thing: services, broker and database die while people book; nothing is broken."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.history import Exchange, Seen, contradictions
from tests.chaos.plan import Fault
from tests.chaos.report import Run, told
from tests.chaos.run import Order, run, shaken
from tests.chaos.servers import Missing
from tests.chaos.system import Shaken
from tests.support.services import leave_out

pytestmark = [
    pytest.mark.distributed,
    pytest.mark.postgres,
    pytest.mark.rabbitmq,
    pytest.mark.xdist_group("chaos"),
    pytest.mark.timeout(420),
]
SECONDS = 24.0
PEOPLE_A_SECOND = 2.0
PLAN = (
    Fault(3.0, "kill", "booking", 1.0),
    Fault(4.0, "stall", "payment → stripe", 4.0),
    Fault(8.0, "kill", "database", 1.0),
    Fault(10.0, "outside", "stripe error_after", 4.0),
    Fault(12.0, "kill", "broker", 0.5),
    Fault(15.0, "freeze", "second payment", 3.0),
    Fault(18.0, "kill", "notify", 0.5),
    Fault(20.0, "cut", "calendar → database", 1.0),
)


@pytest.fixture
def system() -> Iterator[Shaken]:
    """Everything there is, for this test alone: it is not good for anybody else afterwards."""
    try:
        with shaken() as running:
            yield running
    except Missing as missing:
        leave_out(missing.need)


async def test_everything_that_was_promised_is_kept_whatever_dies(system: Shaken, tmp_path: Path) -> None:
    said: list[str] = []
    done = await run(Order(1, SECONDS, PEOPLE_A_SECOND, PLAN, tmp_path), system, said.append)
    assert done.verdict.holds, told(done)
    assert len(done.struck) == len(PLAN)
    assert done.accepted > 20, told(done)
    assert done.verdict.endings["confirmed"] > 10, told(done)
    assert (tmp_path / "history.jsonl").read_text().count("\n") == len(done.history)
    an_invented_promise_is_found(done)


def an_invented_promise_is_found(done: Run) -> None:
    """The same history with one answer more, which nobody ever gave."""
    given = next(one for one in done.history if one.accepted and one.seen)
    assert given.seen is not None
    invented = replace(given, key="nobody's", seen=replace(given.seen, id="bk_invented"))
    truth: dict[str, Seen | None] = {one.seen.id: one.seen for one in _in_order(done) if one.seen}
    fine = list(contradictions(done.history, truth, {one.seen.id for one in done.history if one.seen}))
    found = list(contradictions([*done.history, invented], truth, set()))
    assert "bk_invented was promised and is unknown" in found
    assert "bk_invented was promised and is unknown" not in fine


def _in_order(done: Run) -> list[Exchange]:
    return sorted(done.history, key=lambda one: one.ended)
