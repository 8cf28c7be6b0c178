"""Whatever commands come in whatever order: every one is answered once, and no time is given out twice."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from sqlalchemy import Row, select

from services.calendar.hold import ticks_of
from services.calendar.tables import holds, slot_cells
from shared.events.calendar import CancelSlot, ConfirmSlot, HoldRefused, ReleaseSlot, SlotHeld
from shared.events.message import Command
from tests.support.calendar import resource, schedule
from tests.support.calendar_service import NOON, Calendar, hold_slot, ref

ITEMS = [f"it_{number}" for number in range(12)]
ROOMS = [(1, 1), (3, 1), (1, 4), (25, 1), (25, 6)]


def command(rng: random.Random, now: datetime) -> Command:
    """Any command for any item, from one of two sagas."""
    item = rng.choice(ITEMS)
    step = ref(rng.choice(["sg_1", "sg_2"]), epoch=rng.randint(1, 3))
    kind = rng.choice(["hold"] * 4 + ["confirm", "release", "cancel"])
    if kind == "hold":
        start = NOON + timedelta(minutes=15) * rng.randint(0, 11)
        until = now + timedelta(minutes=rng.choice([5, 60]))
        return hold_slot(item, start, quantity=rng.choice([1, 1, 1, 2, 3]), expires_at=until, ref=step)
    known = {"confirm": ConfirmSlot, "release": ReleaseSlot, "cancel": CancelSlot}[kind]
    return known(booking_id="bk", item_id=item, ref=step)


@pytest.mark.parametrize(("capacity", "seats"), ROOMS)
async def test_no_time_is_given_out_twice_in_any_order_of_commands(
    calendar: Calendar, capacity: int, seats: int
) -> None:
    rng = random.Random(capacity * 100 + seats)
    offering = schedule(step=15, capacity=seats, buffer_after=5)
    await calendar.define(offering, resources=(resource(capacity=capacity),))
    outcomes: Counter[str] = Counter()
    for _ in range(150):
        wish = command(rng, calendar.clock.now())
        said = await calendar.send(wish)
        answers = [one for one in said if one.model_dump()["ref"] is not None]
        assert [one.model_dump()["ref"] for one in answers] == [wish.model_dump()["ref"]]
        outcomes.update(type(one).__name__ for one in answers)
        if rng.random() < 0.1:
            await calendar.pass_time(minutes=rng.choice([1, 20]))
        await check(calendar, capacity, seats)
    assert min(outcomes[SlotHeld.__name__], outcomes[HoldRefused.__name__]) > 5


async def check(calendar: Calendar, capacity: int, seats: int) -> None:
    """Units, sessions and cells agree with what is held."""
    async with calendar.service.database.reading() as connection:
        query = select(holds).where(holds.c.status.in_(("held", "confirmed")))
        active = (await connection.execute(query)).all()
        cells = {(row.scope, row.cell_at): row.taken for row in await connection.execute(select(slot_cells))}
    assert cells == dict(_counted(active))
    for one, other in combinations(active, 2):
        if one.unit is not None and one.session != other.session:
            apart = one.blocked_to <= other.blocked_from or other.blocked_to <= one.blocked_from
            beside = one.unit + one.units <= other.unit or other.unit + other.units <= one.unit
            assert apart or beside
    for (scope, _), taken in cells.items():
        assert taken <= (seats if scope else max(capacity, seats))


def _counted(active: Sequence[Row[Any]]) -> Counter[tuple[str, datetime]]:
    counted: Counter[tuple[str, datetime]] = Counter()
    for hold in active:
        if hold.seated:
            counted[hold.offering, hold.starts_at] += hold.quantity
        if hold.unit is None:
            for tick in ticks_of(hold.blocked_from, hold.blocked_to):
                counted["", tick] += hold.quantity
    return counted
