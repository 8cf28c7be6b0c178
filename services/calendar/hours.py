"""Local opening hours as intervals of UTC seconds, right on the days the clocks change.

Days count from 1970-01-01. A wall time is the seconds that a local clock shows since then. A wall time that
the clocks skip means the moment of the change; one that they show twice means its first showing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 86_400
_EPOCH = datetime.combine(date(1970, 1, 1), time())
_EPOCH_ORDINAL = _EPOCH.toordinal()

OpenTimes = tuple[tuple[int, int], ...]


class Window(NamedTuple):
    """Open from one instant to another. `anchor` is the wall time that the step grid starts from."""

    opens: int
    closes: int
    anchor: int
    clocks_change: bool


class Blocked(NamedTuple):
    """Days, the first and the last included, on which nothing is offered."""

    first: int
    last: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Hours:
    """When a resource is open: wall seconds of the day per weekday, dates with more, dates with none."""

    zone: ZoneInfo
    weekly: tuple[OpenTimes, ...]
    extra: Mapping[int, OpenTimes] = field(default_factory=dict)
    blocked: tuple[Blocked, ...] = ()

    def on(self, day: int) -> OpenTimes:
        """The open times of a day. 1970-01-01 was a Thursday."""
        times = self.weekly[(day + 3) % 7]
        more = self.extra.get(day)
        return tuple(sorted({*times, *more})) if more else times


def day_number(day: date) -> int:
    """A date as the number of its day."""
    return day.toordinal() - _EPOCH_ORDINAL


def date_of(day: int) -> date:
    """The date of a day's number."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


def offset_at(zone: ZoneInfo, instant: int) -> int:
    """Seconds that the zone's clocks are ahead of UTC at an instant."""
    return _seconds(datetime.fromtimestamp(instant, zone))


def day_at(zone: ZoneInfo, instant: int) -> int:
    """The local day of an instant."""
    return (instant + offset_at(zone, instant)) // DAY


def midnight(zone: ZoneInfo, day: int) -> int:
    """The instant at which a local day begins."""
    return instant_of(zone, day * DAY)


def instant_of(zone: ZoneInfo, wall: int) -> int:
    """The instant at which local clocks show a wall time."""
    naive = _EPOCH + timedelta(seconds=wall)
    before = _seconds(naive.replace(tzinfo=zone))
    after = _seconds(naive.replace(tzinfo=zone, fold=1))
    if before >= after:
        return wall - before
    return change_between(zone, wall - after, wall - before)


def change_between(zone: ZoneInfo, start: int, end: int) -> int:
    """The first instant after `start` at which the offset is the one of `end`."""
    target = offset_at(zone, end)
    while end - start > 1:
        middle = (start + end) // 2
        if offset_at(zone, middle) == target:
            end = middle
        else:
            start = middle
    return end


def windows(hours: Hours, first_day: int, last_day: int) -> list[Window]:
    """The open windows that begin on the days from the first to the last, in order."""
    found: list[Window] = []
    offset = _midnight_offset(hours.zone, first_day)
    for day in range(first_day, last_day + 1):
        following = _midnight_offset(hours.zone, day + 1)
        for opens, closes in hours.on(day):
            anchor, end = day * DAY + opens, day * DAY + closes
            if offset == following and closes <= DAY:
                found.append(Window(anchor - offset, end - offset, anchor, False))
            else:
                found.extend(_window_over_a_change(hours.zone, anchor, end))
        offset = following
    return found


def grid(window: Window, zone: ZoneInfo, step: int) -> Iterator[range]:
    """The starts inside a window, in steps that local clocks show from the opening on."""
    if not window.clocks_change:
        yield range(window.opens, window.closes, step)
        return
    change = change_between(zone, window.opens, window.closes)
    for start, end in ((window.opens, change), (change, window.closes)):
        first = start + (window.anchor - start - offset_at(zone, start)) % step
        yield range(first, end, step)


def _window_over_a_change(zone: ZoneInfo, anchor: int, end: int) -> Iterator[Window]:
    opens, closes = instant_of(zone, anchor), instant_of(zone, end)
    if opens < closes:
        yield Window(opens, closes, anchor, offset_at(zone, opens) != offset_at(zone, closes))


def _midnight_offset(zone: ZoneInfo, day: int) -> int:
    return _seconds((_EPOCH + timedelta(days=day)).replace(tzinfo=zone))


def _seconds(local: datetime) -> int:
    offset = local.utcoffset() or timedelta()
    return offset.days * DAY + offset.seconds


def seconds_of(instant: datetime) -> int:
    """An aware time as whole UTC seconds."""
    return int(instant.timestamp())


def time_of(seconds: int) -> datetime:
    """UTC seconds as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)
