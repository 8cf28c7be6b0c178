"""What the rules of an offering say against a start, whatever is taken."""

from collections.abc import Iterable

from services.calendar.availability import Bounds, blocked_spans, bounds_of, is_open, starts_between
from services.calendar.hours import Blocked, day_at
from services.calendar.plan import Plan, PlannedResource
from services.calendar.reasons import CLOSED, PAST, Reason, blocked, off_grid, too_far, too_many, too_soon


def rules_against(
    plan: Plan, resource: PlannedResource, start: int, now: int, quantity: int, *, promised: bool = False
) -> Reason | None:
    """What the rules say against a start, whatever is taken. Notice and horizon do not bind a promise."""
    if start <= now:
        return PAST
    if quantity > plan.largest(resource):
        return too_many(plan.largest(resource))
    against = None if promised else bounds_against(plan, bounds_of(plan, resource, now), start)
    return against or hours_against(plan, resource, start)


def bounds_against(plan: Plan, bounds: Bounds, start: int) -> Reason | None:
    """What notice and horizon say against a start."""
    if start < bounds.earliest:
        return too_soon(plan)
    return too_far(plan) if start >= bounds.latest else None


def hours_against(plan: Plan, resource: PlannedResource, start: int) -> Reason | None:
    """What opening hours, blocked dates and the step grid say against a start."""
    closed = blocked_spans(plan, resource, start, start + 1)
    if starts_between(plan, resource, start, start + 1, closed):
        return None
    if any(low <= start < high for low, high in closed):
        return blocked(blocking(plan, [resource], start, start + 1))
    if is_open(plan, resource, start):
        return off_grid(plan)
    return CLOSED


def blocking(plan: Plan, resources: Iterable[PlannedResource], start: int, end: int) -> Blocked | None:
    """The blocked dates that keep a span of time from being offered."""
    for resource in resources:
        first, last = day_at(resource.zone, start), day_at(resource.zone, end - 1 + plan.duration)
        for span in resource.hours.blocked:
            if span.first <= last and span.last >= first:
                return span
    return None
