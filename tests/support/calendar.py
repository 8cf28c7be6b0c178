"""What the tests of the calendar speak in: resources, schedules, plans and local times."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from services.calendar.availability import free_starts
from services.calendar.hours import seconds_of
from services.calendar.plan import MOST_UNITS, Plan, plan_of
from services.calendar.taken import Taken
from shared.events.values import OpenHours, Resource, Schedule

_numbers = count()


def every_day(*times: str) -> tuple[OpenHours, ...]:
    """Open hours like `09:00-17:00` on all seven days."""
    return on_weekdays(range(7), *times)


def on_weekdays(weekdays: Iterable[int], *times: str) -> tuple[OpenHours, ...]:
    """Open hours like `09:00-17:00` on the given weekdays; 0 is Monday."""
    return tuple(
        OpenHours(weekday=day, opens=opens, closes=closes)
        for day in weekdays
        for opens, closes in (one.split("-") for one in times)
    )


def resource(id: str = "consulting.ada", *, zone: str = "Europe/Berlin", **fields: Any) -> Resource:
    """A resource that is open from nine to five every day unless told otherwise."""
    fields.setdefault("weekly_hours", every_day("09:00-17:00"))
    return Resource(id=id, name=id.title(), timezone=zone, **fields)


def schedule(id: str = "consulting.advice", **fields: Any) -> Schedule:
    """An offering of an hour on the hour unless told otherwise."""
    given = {"title": "Advice", "resources": ("consulting.ada",), "duration": 60, "step": 60, **fields}
    return Schedule(id=id, **given)


def plan(*resources: Resource, **fields: Any) -> Plan:
    """The plan of one offering that the given resources serve."""
    serving = resources or (resource(),)
    fields.setdefault("resources", tuple(one.id for one in serving))
    counted = {one.id for one in serving if one.capacity > MOST_UNITS}
    return plan_of(schedule(**fields), {one.id: one for one in serving}, counted)


def at(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> int:
    """The instant of a local time like `2026-03-29 09:00`, in UTC seconds."""
    return seconds_of(moment(text, zone, fold))


def moment(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> datetime:
    """The same as an aware UTC time."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return local.astimezone(UTC)


def taken(start: int, plan: Plan, *, unit: int | None = 0, units: int = 1, **fields: Any) -> Taken:
    """A hold of a start of the plan, with its buffers."""
    whole = {
        "quantity": units,
        "offering": plan.offering,
        "session": f"it_{next(_numbers)}",
        **fields,
    }
    end = start + plan.duration
    return Taken(start - plan.before, end + plan.after, start, unit, units, **whole)


def clock_times(plan: Plan, day: str, now: int, *holds: Taken) -> list[str]:
    """The free starts of a local date as the resource's clocks show them, with the offset."""
    zone = plan.resources[0].zone
    first = datetime.fromisoformat(day)
    since = seconds_of(first.replace(tzinfo=zone))
    until = seconds_of((first + timedelta(days=1)).replace(tzinfo=zone))
    found = free_starts(plan, {plan.resources[0].id: holds}, since, until, now)
    return [datetime.fromtimestamp(start, zone).strftime("%H:%M%z") for start in found]


def hours_of_day(times: Sequence[str]) -> list[str]:
    """Clock times without their offsets."""
    return [time[:5] for time in times]
