"""Tasks: durable, leased, replaced by key, finished in the commit that records their outcome."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.messaging.work import Task, UnitOfWork
from shared.runtime import ManualClock
from tests.support.spine import Small, a_runtime, small_service


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Small]:
    async with small_service("calendar", database_url, a_runtime()) as small:
        yield small


def clock_of(service: Small) -> ManualClock:
    clock = service.desk.runtime.clock
    assert isinstance(clock, ManualClock)
    return clock


async def test_a_task_is_performed_at_its_time_and_once(service: Small) -> None:
    async with service.desk.unit_of_work() as work:
        await work.schedule("errand", "e1", work.now + timedelta(minutes=5))
    assert await service.tasks.perform_due() == 0
    clock_of(service).advance(301)
    assert await service.tasks.perform_due() == 1
    assert await service.tasks.perform_due() == 0
    assert await service.value("e1") == 1


async def test_the_same_key_replaces_the_earlier_time(service: Small) -> None:
    async with service.desk.unit_of_work() as work:
        await work.schedule("errand", "e1", work.now)
        await work.schedule("errand", "e1", work.now + timedelta(hours=1))
    assert await service.tasks.perform_due() == 0


async def test_an_outage_puts_a_task_off_and_it_succeeds_later(service: Small) -> None:
    service.world.down = True
    async with service.desk.unit_of_work() as work:
        await work.schedule("errand", "e1", work.now)
    for _ in range(4):
        await service.tasks.perform_due()
        clock_of(service).advance(120)
    service.world.down = False
    await service.tasks.perform_due()
    assert await service.value("e1") == 1


async def test_a_task_of_a_process_that_died_is_found_again_when_its_lease_runs_out(service: Small) -> None:
    async with service.desk.unit_of_work() as work:
        await work.schedule("errand", "e1", work.now)
    assert len(await service.tasks._claim(10)) == 1, "claimed by a process that dies now"
    assert await service.tasks.perform_due() == 0
    clock_of(service).advance(61)
    assert await service.tasks.perform_due() == 1


async def test_a_task_set_anew_while_it_runs_is_not_finished_by_the_older_run(service: Small) -> None:
    async with service.desk.unit_of_work() as work:
        await work.schedule("errand", "e1", work.now)
    (claimed,) = await service.tasks._claim(10)
    async with service.desk.unit_of_work() as work:
        await work.schedule("errand", "e1", work.now)
    await finish(service, claimed)
    assert await service.tasks.perform_due() == 1, "the newer wish is still there"


async def finish(service: Small, task: Task) -> None:
    async with service.desk.unit_of_work(task) as work:
        assert isinstance(work, UnitOfWork)
