"""What cannot be handled ends where an operator reads it, with a reason, and nothing waits behind it."""

import json
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from holdfast.parts import PARTS
from shared.events.calendar import DefineSchedule
from shared.events.values import OpenHours, Resource, Schedule
from shared.messaging.topology import GRAVE
from tests.blackbox import broken, business
from tests.blackbox.broken import Broken, written
from tests.blackbox.queues import ServiceQueue, queue_of
from tests.blackbox.strange import STRANGE
from tests.support.distributed import Distributed
from tests.support.installation import Json

pytestmark = [pytest.mark.distributed, pytest.mark.timeout(180)]

KINDS: tuple[Callable[[str], Iterator[Broken]], ...] = (
    lambda _: broken.no_messages(),
    broken.broken_envelopes,
    broken.unwanted,
    broken.misfits,
    broken.unkeepable,
)


@pytest.fixture(params=PARTS)
async def queue(services: Distributed, request: pytest.FixtureRequest) -> AsyncIterator[ServiceQueue]:
    """The queue of each service; afterwards nothing is left in it."""
    async with queue_of(request.param, services.installation) as found:
        yield found
        assert await found.waiting() == 0
        assert await found.waiting(GRAVE) == 0
        assert await found.dead_letters() == []


async def test_every_broken_message_is_a_dead_letter_with_a_reason_and_business_goes_on(
    queue: ServiceQueue, services: Distributed
) -> None:
    # An operator is shown a hundred letters at a time.
    found = [await queue.takes_to_the_grave(list(kinds(queue.service))) for kinds in KINDS]
    assert not any(found), "\n".join(complaint for complaints in found for complaint in complaints)
    await business.goes_on(services.installation)


async def test_what_is_wrong_around_a_message_does_not_matter(
    queue: ServiceQueue, services: Distributed
) -> None:
    await business.goes_on(services.installation)
    last = broken.unknown(queue.service)
    # Handled before: known by its id, it is taken and changes nothing.
    known = broken.wire_of(broken.handled_by(queue.service)[0], await queue.handled())
    for properties in STRANGE.values():
        await queue.send(written(known), **properties)
    await queue.send(last.body)
    letters = await queue.dead_letters_up_to(last)
    await queue.drop(letters)
    assert [letter["id"] for letter in letters] == [last.id]
    await business.goes_on(services.installation)


async def test_a_broken_piece_of_a_batch_is_buried_alone(queue: ServiceQueue) -> None:
    first, last = broken.unknown(queue.service), broken.unknown(queue.service)
    batch = [json.loads(first.body), {"specversion": "1.0"}, 7, json.loads(last.body)]
    await queue.send(written(batch))
    letters = await queue.dead_letters_up_to(last)
    await queue.drop(letters)
    bodies = [letter["body"] for letter in letters if letter["type"] == "unreadable"]
    assert bodies == ['{"specversion": "1.0"}', "7"]
    assert {first.id, last.id} < {letter["id"] for letter in letters}


def a_timetable(business: str) -> Json:
    """The times of somebody who is always there."""
    hours = tuple(OpenHours(weekday=day, opens="00:00", closes="24:00") for day in range(7))
    resource = Resource(id=f"{business}.desk", name="Desk", timezone="Europe/London", weekly_hours=hours)
    schedule = Schedule(id=f"{business}.visit", title="Visit", resources=(resource.id,), duration=30, step=30)
    definition = DefineSchedule(business=business, revision=1, resources=(resource,), schedules=(schedule,))
    return definition.model_dump(mode="json")


async def test_a_dead_letter_that_an_operator_mends_does_what_it_was_to_do(services: Distributed) -> None:
    name = services.installation.new_name("mended")
    timetable = a_timetable(name)
    spoiled = broken.wire_of(DefineSchedule, name) | {"data": timetable | {"schedules": "none"}}
    async with queue_of("calendar", services.installation) as queue:
        await queue.send(written(spoiled))
        (letter,) = await queue.dead_letters_up_to(Broken("spoiled", b"", "does not fit", name))
        assert (await queue.free_times(f"{name}.visit")).status_code == 404
        await queue.replay(letter["id"], timetable)
        assert await queue.offers_within(f"{name}.visit", 10)
        assert await queue.dead_letters() == []
