"""Why a start or a day is not offered. Made once for a window, asked as often as there are days or starts."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from services.calendar.availability import (
    Bounds,
    TakenBy,
    blocked_spans,
    bounds_of,
    free_on,
    open_starts,
    starts_between,
    widest_bounds,
)
from services.calendar.hours import day_at
from services.calendar.plan import Plan, PlannedResource
from services.calendar.reasons import (
    DAY_IS_FULL,
    DAY_PAST,
    FULLY_BOOKED,
    NOT_TODAY,
    PAST,
    TAKEN,
    Reason,
    blocked,
    closest,
    too_far,
    too_many,
    too_soon,
)
from services.calendar.rules import blocking, bounds_against, hours_against
from services.calendar.taken import full_days


class DayReasons:
    """Explains days without a free start."""

    def __init__(self, plan: Plan, since: int, until: int, now: int) -> None:
        self._plan = plan
        self._since = since
        self._until = until
        self._now = now

    @cached_property
    def _open(self) -> Sequence[int]:
        return open_starts(self._plan, self._since, self._until, mind_blocked=False)

    @cached_property
    def _unblocked(self) -> Sequence[int]:
        return open_starts(self._plan, self._since, self._until, mind_blocked=True)

    @cached_property
    def _bounds(self) -> Bounds:
        return widest_bounds(self._plan, self._now)

    def of(self, start: int, end: int) -> Reason:
        """Why a day from `start` to `end` has no free start."""
        if end <= self._now:
            return DAY_PAST
        if not _between(self._open, start, end):
            return NOT_TODAY
        offered = _between(self._unblocked, start, end)
        if not offered:
            return blocked(blocking(self._plan, self._plan.resources, start, end))
        earliest, latest = self._bounds.earliest, self._bounds.latest
        if _between(offered, earliest, latest):
            return FULLY_BOOKED
        if offered[-1] >= latest:
            return too_far(self._plan)
        return too_soon(self._plan) if offered[-1] > self._now else DAY_PAST


def _between(starts: Sequence[int], start: int, end: int) -> Sequence[int]:
    return starts[bisect_left(starts, start) : bisect_left(starts, end)]


@dataclass(frozen=True, slots=True)
class _OnResource:
    """What one resource offers in the window, with and without what is taken."""

    resource: PlannedResource
    bounds: Bounds
    free: frozenset[int]
    allowed: frozenset[int]
    full_days: frozenset[int]


class StartReasons:
    """Explains starts that are not free."""

    def __init__(
        self, plan: Plan, taken: TakenBy, since: int, until: int, now: int, quantity: int = 1
    ) -> None:
        self._plan = plan
        self._now = now
        self._quantity = quantity
        self._on = [self._look(resource, taken, since, until) for resource in plan.resources]

    def _look(self, resource: PlannedResource, taken: TakenBy, since: int, until: int) -> _OnResource:
        plan, holds, most = self._plan, taken.get(resource.id, ()), resource.daily_maximum
        closed = blocked_spans(plan, resource, since, until)
        return _OnResource(
            resource=resource,
            bounds=bounds_of(plan, resource, self._now),
            free=frozenset(free_on(plan, resource, holds, since, until, self._now, self._quantity)),
            allowed=frozenset(starts_between(plan, resource, since, until, closed)),
            full_days=frozenset(() if most is None else full_days(resource, holds, most)),
        )

    def of(self, start: int) -> Reason | None:
        """Why a start in the window is not offered; nothing when it is."""
        reasons: list[Reason] = []
        for one in self._on:
            if start in one.free:
                return None
            reasons.append(self._on_resource(one, start))
        return closest(reasons)

    def _on_resource(self, one: _OnResource, start: int) -> Reason:
        if start <= self._now:
            return PAST
        largest = self._plan.largest(one.resource)
        if self._quantity > largest:
            return too_many(largest)
        against = bounds_against(self._plan, one.bounds, start)
        if against is None and start not in one.allowed:
            against = hours_against(self._plan, one.resource, start)
        if against is not None:
            return against
        return DAY_IS_FULL if day_at(one.resource.zone, start) in one.full_days else TAKEN
