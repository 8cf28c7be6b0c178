"""What an offering needs of whose time, parsed once so that availability can be asked many times."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from services.calendar.hours import DAY, Blocked, Hours, OpenTimes, day_number
from shared.events.values import Resource, Schedule

MINUTE = 60

# Reading what is taken looks back this far and no further, whatever the history.
LONGEST_TAKEN = 31 * DAY

# Above this many units a resource counts people instead of telling its units apart.
MOST_UNITS = 20


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """A resource that can serve an offering. `counted` resources have no units that could be told apart."""

    id: str
    hours: Hours
    capacity: int
    counted: bool
    daily_maximum: int | None

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its opening hours."""
        return self.hours.zone


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of an offering's slots. Durations are seconds; `seats` is how many may share one start."""

    offering: str
    title: str
    resources: tuple[PlannedResource, ...]
    duration: int
    step: int
    before: int
    after: int
    notice: int
    horizon_days: int
    seats: int

    def shares(self, resource: PlannedResource) -> bool:
        """Whether everyone at one start shares the whole resource, as in a class with one teacher."""
        return self.seats > resource.capacity and not resource.counted

    def capacity(self, resource: PlannedResource) -> int:
        """How many can be served at once."""
        return max(self.seats, resource.capacity)

    def largest(self, resource: PlannedResource) -> int:
        """How many one booking can be for."""
        return self.seats if self.seats > 1 else resource.capacity


def plan_of(schedule: Schedule, resources: Mapping[str, Resource], counted: Collection[str]) -> Plan:
    """The plan of an offering; a resource that the business no longer has takes no part."""
    taken = (schedule.buffer_before + schedule.duration + schedule.buffer_after) * MINUTE
    if not 0 < taken <= LONGEST_TAKEN or schedule.step <= 0:
        raise ValueError(f"{schedule.id} has a length or step that no calendar can hold")
    serving = [resources[name] for name in schedule.resources if name in resources]
    return Plan(
        offering=schedule.id,
        title=schedule.title,
        resources=tuple(_planned(resource, resource.id in counted) for resource in serving),
        duration=schedule.duration * MINUTE,
        step=schedule.step * MINUTE,
        before=schedule.buffer_before * MINUTE,
        after=schedule.buffer_after * MINUTE,
        notice=schedule.minimum_notice * MINUTE,
        horizon_days=schedule.horizon_days,
        seats=schedule.capacity,
    )


def _planned(resource: Resource, counted: bool) -> PlannedResource:
    return PlannedResource(
        id=resource.id,
        hours=hours_of(resource),
        capacity=resource.capacity,
        counted=counted,
        daily_maximum=resource.daily_maximum,
    )


def hours_of(resource: Resource) -> Hours:
    """The resource's opening hours with every written time parsed."""
    weekly: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for open_hours in resource.weekly_hours:
        weekly[open_hours.weekday].append(_open_times(open_hours.opens, open_hours.closes))
    extra: dict[int, OpenTimes] = {}
    for slot in resource.extra:
        day = _day(slot.date)
        extra[day] = (*extra.get(day, ()), _open_times(slot.opens, slot.closes))
    blocked = [Blocked(_day(span.first), _day(span.last), span.reason) for span in resource.blocked]
    return Hours(
        zone=ZoneInfo(resource.timezone),
        weekly=tuple(tuple(sorted(times)) for times in weekly),
        extra=extra,
        blocked=tuple(sorted(blocked, key=lambda span: (span.first, span.last))),
    )


def _open_times(opens: str, closes: str) -> tuple[int, int]:
    """Closing at or before the opening means on the following day."""
    start, end = _wall_seconds(opens), _wall_seconds(closes)
    return start, end if end > start else end + DAY


def _wall_seconds(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * MINUTE


def _day(text: str) -> int:
    return day_number(date.fromisoformat(text))
