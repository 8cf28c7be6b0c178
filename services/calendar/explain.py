"""Why a start or a day is not offered: a stable code, and one plain sentence."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from services.calendar.availability import (
    Bounds,
    TakenBy,
    blocked_spans,
    bounds_of,
    free_on,
    is_open,
    open_starts,
    starts_between,
    widest_bounds,
)
from services.calendar.hours import DAY, Blocked, day_at
from services.calendar.plan import MINUTE, Plan, PlannedResource
from services.calendar.taken import Taken, full_days

Code = Literal[
    "taken",
    "daily_maximum",
    "too_many",
    "off_grid",
    "too_soon",
    "too_far",
    "blocked",
    "closed",
    "past",
]

# Of several resources the one that came closest to offering the start explains best.
_CLOSEST_FIRST: tuple[Code, ...] = (
    "taken",
    "daily_maximum",
    "too_many",
    "too_soon",
    "too_far",
    "past",
    "off_grid",
    "blocked",
    "closed",
)


class Reason(NamedTuple):
    """Why something is not offered."""

    code: Code
    sentence: str


CLOSED = Reason("closed", "There are no opening hours at this time.")
NOT_TODAY = Reason("closed", "Closed on this day.")
PAST = Reason("past", "This time has passed.")
DAY_PAST = Reason("past", "This day has passed.")
TAKEN = Reason("taken", "This time is already taken.")
FULLY_BOOKED = Reason("taken", "Everything on this day is taken.")
DAY_IS_FULL = Reason("daily_maximum", "No more bookings are accepted on this day.")


def why_not(plan: Plan, taken: TakenBy, start: int, now: int, quantity: int = 1) -> Reason | None:
    """Why a start is not offered; nothing when it is."""
    reasons: list[Reason] = []
    for resource in plan.resources:
        reason = why_not_on(plan, resource, taken.get(resource.id, ()), start, now, quantity)
        if reason is None:
            return None
        reasons.append(reason)
    return closest(reasons)


def closest(reasons: Iterable[Reason]) -> Reason:
    """The reason of the resource that came closest to offering a start."""
    return min(reasons, key=lambda one: _CLOSEST_FIRST.index(one.code), default=CLOSED)


def why_not_on(
    plan: Plan, resource: PlannedResource, taken: Sequence[Taken], start: int, now: int, quantity: int
) -> Reason | None:
    """Why one resource does not offer a start; nothing when it does."""
    against_rules = rules_against(plan, resource, start, now, quantity)
    if against_rules:
        return against_rules
    if start in free_on(plan, resource, taken, start, start + 1, now, quantity):
        return None
    if resource.daily_maximum is None:
        return TAKEN
    full = day_at(resource.zone, start) in full_days(resource, taken, resource.daily_maximum)
    return DAY_IS_FULL if full else TAKEN


def rules_against(
    plan: Plan, resource: PlannedResource, start: int, now: int, quantity: int, *, promised: bool = False
) -> Reason | None:
    """What the rules say against a start, whatever is taken. Notice and horizon do not bind a promise."""
    if start <= now:
        return PAST
    if quantity > plan.largest(resource):
        return Reason("too_many", f"At most {plan.largest(resource)} can be booked together.")
    bounds = bounds_of(plan, resource, now)
    if start < bounds.earliest and not promised:
        return too_soon(plan)
    if start >= bounds.latest and not promised:
        return too_far(plan)
    return _hours_against(plan, resource, start)


def _hours_against(plan: Plan, resource: PlannedResource, start: int) -> Reason | None:
    closed = blocked_spans(plan, resource, start, start + 1)
    if starts_between(plan, resource, start, start + 1, closed):
        return None
    if any(low <= start < high for low, high in closed):
        return blocked(_blocking(plan, [resource], start, start + 1))
    if is_open(plan, resource, start):
        return Reason("off_grid", f"Times are {plan.step // MINUTE} minutes apart, from the opening on.")
    return CLOSED


def too_soon(plan: Plan) -> Reason:
    return Reason("too_soon", f"This must be booked at least {duration_in_words(plan.notice)} ahead.")


def too_far(plan: Plan) -> Reason:
    return Reason("too_far", f"This can be booked at most {plan.horizon_days} days ahead.")


def blocked(span: Blocked | None) -> Reason:
    because = f": {span.reason}" if span and span.reason else ""
    return Reason("blocked", f"Not available on this day{because}.")


def duration_in_words(seconds: int) -> str:
    """`2 days`, `24 hours`, `90 minutes`: the largest unit that fits without a rest."""
    for size, word in ((DAY, "day"), (60 * MINUTE, "hour"), (MINUTE, "minute")):
        count, rest = divmod(seconds, size)
        if rest == 0 and (count > 1 or word != "day"):
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return f"{seconds} seconds"


class DayReasons:
    """Explains days without a free start. Made once for a window, asked day by day."""

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
            return blocked(_blocking(self._plan, self._plan.resources, start, end))
        earliest, latest = self._bounds.earliest, self._bounds.latest
        if _between(offered, earliest, latest):
            return FULLY_BOOKED
        if offered[-1] >= latest:
            return too_far(self._plan)
        return too_soon(self._plan) if offered[-1] > self._now else DAY_PAST


def _between(starts: Sequence[int], start: int, end: int) -> Sequence[int]:
    return starts[bisect_left(starts, start) : bisect_left(starts, end)]


def _blocking(plan: Plan, resources: Iterable[PlannedResource], start: int, end: int) -> Blocked | None:
    for resource in resources:
        first, last = day_at(resource.zone, start), day_at(resource.zone, end - 1 + plan.duration)
        for span in resource.hours.blocked:
            if span.first <= last and span.last >= first:
                return span
    return None
