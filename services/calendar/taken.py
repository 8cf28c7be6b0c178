"""Which starts are impossible because of what is already taken, as merged intervals of UTC seconds.

A hold keeps its buffers: it takes its resource from `start` to `end`, both included in the range the database
guards. A start is impossible from `lo` (included) to `hi` (excluded).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from services.calendar.hours import day_at, midnight
from services.calendar.plan import Plan, PlannedResource

Span = tuple[int, int]

# Capacities that count people count them in steps of five minutes.
TICK = 300


class Taken(NamedTuple):
    """What one hold or allocation takes of a resource. `unit` is empty where people are counted."""

    start: int
    end: int
    starts_at: int
    unit: int | None
    units: int
    quantity: int
    offering: str
    session: str


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants in as few intervals as possible, in order."""
    result: list[Span] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1]:
            if high > result[-1][1]:
                result[-1] = (result[-1][0], high)
        elif high > low:
            result.append((low, high))
    return result


def impossible(plan: Plan, resource: PlannedResource, taken: Sequence[Taken], quantity: int) -> list[Span]:
    """Where no start of the plan finds room on the resource."""
    spans = _without_room(plan, resource, taken, quantity)
    if plan.seats > 1:
        spans.extend(_full_starts(plan, taken, quantity))
    if resource.daily_maximum is not None:
        spans.extend(_full_days(resource, taken, resource.daily_maximum))
    return merged(spans)


def joinable(plan: Plan, resource: PlannedResource, taken: Sequence[Taken], quantity: int) -> set[int]:
    """Starts of sessions that others booked already and that have seats left."""
    if not plan.shares(resource):
        return set()
    seated = _seated(plan, taken)
    return {start for start, count in seated.items() if count + quantity <= plan.seats}


def _without_room(plan: Plan, resource: PlannedResource, taken: Sequence[Taken], quantity: int) -> list[Span]:
    if resource.counted:
        return [_reach(plan, span) for span in _crowded(taken, plan.capacity(resource) - quantity)]
    if plan.shares(resource) or resource.capacity == 1:
        return [_reach(plan, (hold.start, hold.end)) for hold in taken]
    return _no_free_unit(plan, resource.capacity, taken, quantity)


def _reach(plan: Plan, span: Span) -> Span:
    """The starts whose own taken time would touch the span."""
    return span[0] - plan.duration - plan.after + 1, span[1] + plan.before


def _no_free_unit(plan: Plan, capacity: int, taken: Sequence[Taken], quantity: int) -> list[Span]:
    changes: list[tuple[int, int, Taken]] = []
    for hold in taken:
        low, high = _reach(plan, (hold.start, hold.end))
        changes += ((low, 1, hold), (high, -1, hold))
    changes.sort(key=itemgetter(0, 1))
    uses = [0] * capacity
    spans: list[Span] = []
    full_since: int | None = None
    for at, change, hold in changes:
        first = hold.unit or 0
        for unit in range(first, min(first + hold.units, capacity)):
            uses[unit] += change
        room = _has_run(uses, quantity)
        if not room and full_since is None:
            full_since = at
        elif room and full_since is not None:
            spans.append((full_since, at))
            full_since = None
    return spans


def _has_run(uses: Sequence[int], quantity: int) -> bool:
    run = 0
    for used in uses:
        run = 0 if used else run + 1
        if run >= quantity:
            return True
    return False


def _crowded(taken: Sequence[Taken], most: int) -> list[Span]:
    """Where more than `most` people are there already, in whole ticks."""
    changes: Counter[int] = Counter()
    for hold in taken:
        changes[hold.start // TICK * TICK] += hold.quantity
        changes[-(-hold.end // TICK) * TICK] -= hold.quantity
    spans: list[Span] = []
    present, since = 0, None
    for at in sorted(changes):
        present += changes[at]
        if present > most and since is None:
            since = at
        elif present <= most and since is not None:
            spans.append((since, at))
            since = None
    return spans


def _seated(plan: Plan, taken: Sequence[Taken]) -> Counter[int]:
    seated: Counter[int] = Counter()
    for hold in taken:
        if hold.offering == plan.offering:
            seated[hold.starts_at] += hold.quantity
    return seated


def _full_starts(plan: Plan, taken: Sequence[Taken], quantity: int) -> list[Span]:
    seated = _seated(plan, taken)
    return [(start, start + 1) for start, count in seated.items() if count + quantity > plan.seats]


def full_days(resource: PlannedResource, taken: Sequence[Taken], most: int) -> set[int]:
    """Local days with as many sessions as the resource accepts. Those who share a session count once."""
    sessions = {(hold.session, hold.starts_at) for hold in taken}
    per_day = Counter(day_at(resource.zone, starts_at) for _, starts_at in sessions)
    return {day for day, count in per_day.items() if count >= most}


def _full_days(resource: PlannedResource, taken: Sequence[Taken], most: int) -> list[Span]:
    zone = resource.zone
    return [(midnight(zone, day), midnight(zone, day + 1)) for day in full_days(resource, taken, most)]
