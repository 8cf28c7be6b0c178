"""Availability read from the database: the window asked for, and a bounded search around or after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.calendar import repository
from services.calendar.availability import TakenBy, free_starts, nearest, widest_bounds
from services.calendar.hours import DAY, day_at, midnight, seconds_of
from services.calendar.plan import Plan

# How far around a wanted time free starts are looked for, step by step.
_AROUND = (1, 7, 31, 366)
_MONTH = 31 * DAY


@dataclass(frozen=True, slots=True)
class Found:
    """The free starts of a window, and what is taken in and around it."""

    starts: Sequence[int]
    taken: TakenBy


class Questions:
    """Questions about one plan at one moment."""

    def __init__(
        self, connection: AsyncConnection, plan: Plan, now: datetime, stale: datetime, quantity: int = 1
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._now = seconds_of(now)
        self._stale = stale
        self._quantity = quantity
        self._bounds = widest_bounds(plan, self._now)

    async def free(self, since: int, until: int) -> Found:
        """The free starts from `since` to `until`."""
        asked_since, asked_until = max(since, self._bounds.earliest), min(until, self._bounds.latest)
        if asked_since >= asked_until:
            return Found((), {})
        taken = await self.taken(asked_since, asked_until)
        starts = free_starts(self._plan, taken, since, until, self._now, self._quantity)
        return Found(starts, taken)

    async def taken(self, since: int, until: int) -> TakenBy:
        """What is taken in a window, its buffers and the whole local days it touches."""
        plan = self._plan
        first, last = since - plan.before, until + plan.duration + plan.after
        for resource in plan.resources:
            if resource.daily_maximum is not None:
                first = min(first, midnight(resource.zone, day_at(resource.zone, since)))
                last = max(last, midnight(resource.zone, day_at(resource.zone, until) + 1))
        names = [resource.id for resource in plan.resources]
        return await repository.taken_between(self._connection, names, first, last, self._stale)

    async def next_after(self, instant: int) -> int | None:
        """The first free start at or after an instant, as far as the horizon goes."""
        since, span = max(instant, self._bounds.earliest), _MONTH
        while since < self._bounds.latest:
            found = await self.free(since, since + span)
            if found.starts:
                return found.starts[0]
            since, span = since + span, span * 2
        return None

    async def nearest(self, wanted: int, count: int) -> list[int]:
        """The free starts closest to a wanted time, in the order of time."""
        found: Found = Found((), {})
        for days in _AROUND:
            found = await self.free(wanted - days * DAY, wanted + days * DAY)
            if len(found.starts) >= count or self._covers(wanted, days):
                break
        return nearest(found.starts, wanted, count)

    def _covers(self, wanted: int, days: int) -> bool:
        return wanted - days * DAY <= self._bounds.earliest and wanted + days * DAY >= self._bounds.latest
