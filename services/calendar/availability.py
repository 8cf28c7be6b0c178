"""Which starts of an offering are free: a sweep over intervals of the asked window and nothing else.

All arithmetic is on whole UTC seconds. Nobody should trust the answer when it comes to taking a slot: the
database decides that.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.calendar.hours import Window, day_at, grid, midnight, windows
from services.calendar.plan import Plan, PlannedResource
from services.calendar.taken import Span, Taken, impossible, joinable, merged

TakenBy = Mapping[str, Sequence[Taken]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The starts that notice and horizon leave: from `earliest` (included) to `latest` (excluded)."""

    earliest: int
    latest: int


def bounds_of(plan: Plan, resource: PlannedResource, now: int) -> Bounds:
    """Notice is time that passes, whatever the clocks do; the horizon ends with a local day."""
    last_day = day_at(resource.zone, now) + plan.horizon_days
    return Bounds(max(now + plan.notice, now + 1), midnight(resource.zone, last_day + 1))


def widest_bounds(plan: Plan, now: int) -> Bounds:
    """What notice and horizon leave on any of the plan's resources."""
    every = [bounds_of(plan, resource, now) for resource in plan.resources]
    return Bounds(
        min((bounds.earliest for bounds in every), default=now),
        max((bounds.latest for bounds in every), default=now),
    )


def free_starts(plan: Plan, taken: TakenBy, since: int, until: int, now: int, quantity: int = 1) -> list[int]:
    """The free starts from `since` (included) to `until` (excluded), in order."""
    found = [
        free_on(plan, resource, taken.get(resource.id, ()), since, until, now, quantity)
        for resource in plan.resources
    ]
    return _together(found)


def free_on(
    plan: Plan,
    resource: PlannedResource,
    taken: Sequence[Taken],
    since: int,
    until: int,
    now: int,
    quantity: int = 1,
) -> list[int]:
    """The free starts on one resource."""
    bounds = bounds_of(plan, resource, now)
    since, until = max(since, bounds.earliest), min(until, bounds.latest)
    if since >= until or quantity > plan.largest(resource):
        return []
    closed = blocked_spans(plan, resource, since, until)
    full = impossible(plan, resource, taken, quantity)
    starts = starts_between(plan, resource, since, until, merged([*closed, *full]))
    joining = joinable(plan, resource, taken, quantity)
    if not joining:
        return starts
    offered = starts_between(plan, resource, since, until, closed)
    return sorted({*starts, *(start for start in offered if start in joining)})


def open_starts(plan: Plan, since: int, until: int, *, mind_blocked: bool) -> list[int]:
    """The starts that the opening hours have room for, whatever is taken, and whenever it is asked."""
    found = []
    for resource in plan.resources:
        closed = blocked_spans(plan, resource, since, until) if mind_blocked else []
        found.append(starts_between(plan, resource, since, until, closed))
    return _together(found)


def starts_between(
    plan: Plan, resource: PlannedResource, since: int, until: int, impossible: Sequence[Span]
) -> list[int]:
    """The starts on the grid of the opening hours, without the impossible ones."""
    found: list[int] = []
    highs = [high for _, high in impossible]
    around = _windows_around(plan, resource, since, until)
    for window, end in _with_end_of_run(around):
        last = min(window.closes, end - plan.duration + 1, until)
        for starts in grid(window, resource.zone, plan.step):
            _add_possible(found, _clipped(starts, since, last), impossible, highs)
    if any(later.opens < earlier.closes for earlier, later in pairwise(around)):
        return sorted(set(found))
    return found


def blocked_spans(plan: Plan, resource: PlannedResource, since: int, until: int) -> list[Span]:
    """The starts that would touch a blocked date, near the asked window."""
    first, last = day_at(resource.zone, since), day_at(resource.zone, until + plan.duration)
    spans = []
    for blocked in resource.hours.blocked:
        if blocked.first <= last and blocked.last >= first:
            start = midnight(resource.zone, max(blocked.first, first))
            end = midnight(resource.zone, min(blocked.last, last) + 1)
            spans.append((start - plan.duration + 1, end))
    return merged(spans)


def _windows_around(plan: Plan, resource: PlannedResource, since: int, until: int) -> list[Window]:
    # A window that began the day before may still be open; a long session needs the hours after `until`.
    first = day_at(resource.zone, since) - 1
    last = day_at(resource.zone, until + plan.duration)
    found = windows(resource.hours, first, last)
    return [window for window in found if window.closes > since]


def _with_end_of_run(found: Sequence[Window]) -> Iterator[tuple[Window, int]]:
    """Every window with the end of the unbroken opening it belongs to: midnight is no break."""
    runs = _runs(found)
    run = 0
    for window in found:
        while runs[run][1] <= window.opens:
            run += 1
        yield window, runs[run][1]


def _runs(found: Sequence[Window]) -> list[Span]:
    return merged([(window.opens, window.closes) for window in found])


def is_open(plan: Plan, resource: PlannedResource, start: int) -> bool:
    """Whether the resource is open from the start to the end of what the plan offers."""
    runs = _runs(_windows_around(plan, resource, start, start + 1))
    return any(opens <= start and start + plan.duration <= closes for opens, closes in runs)


def _clipped(starts: range, since: int, last: int) -> range:
    first = max(0, -((starts.start - since) // starts.step)) if starts.start < since else 0
    return range(starts.start + first * starts.step, min(starts.stop, last), starts.step)


def _add_possible(found: list[int], starts: range, impossible: Sequence[Span], highs: Sequence[int]) -> None:
    start, stop, step = starts.start, starts.stop, starts.step
    at = bisect_right(highs, start)
    while start < stop:
        low, high = impossible[at] if at < len(impossible) else (stop, stop)
        if start < low:
            free = range(start, min(low, stop), step)
            found.extend(free)
            start = free[-1] + step
        elif start < high:
            start += -(-(high - start) // step) * step
        else:
            at += 1


def _together(found: Sequence[Sequence[int]]) -> list[int]:
    if len(found) == 1:
        return list(found[0])
    return sorted(set().union(*found))


def nearest(starts: Sequence[int], wanted: int, count: int) -> list[int]:
    """The starts closest to the wanted one, in the order of time."""
    at = bisect_left(starts, wanted)
    around = starts[max(0, at - count) : at + count]
    return sorted(sorted(around, key=lambda start: abs(start - wanted))[:count])
