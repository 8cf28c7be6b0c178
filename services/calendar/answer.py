"""The answer to an availability question, in the visitor's time: slots, and what became of every day."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from services.calendar.hours import DAY, date_of, midnight, offset_at
from services.calendar.reasons import Code, Reason

DayStatus = Literal["free", "full", "closed", "past", "too_soon", "too_far", "blocked"]

_STATUS: dict[Code, DayStatus] = {
    "taken": "full",
    "daily_maximum": "full",
    "too_many": "full",
    "off_grid": "closed",
    "closed": "closed",
    "blocked": "blocked",
    "too_soon": "too_soon",
    "too_far": "too_far",
    "past": "past",
}


@dataclass(frozen=True, slots=True)
class Day:
    """What a date of the visitor's calendar offers: how many starts, or why none."""

    date: str
    status: DayStatus
    reason: str | None
    count: int


def by_day(
    starts: Sequence[int],
    zone: ZoneInfo,
    first_day: int,
    last_day: int,
    why_empty: Callable[[int, int], Reason],
) -> list[Day]:
    """The free starts counted per date of the zone; a date without any gets its reason."""
    days = []
    begins = midnight(zone, first_day)
    for day in range(first_day, last_day + 1):
        ends = midnight(zone, day + 1)
        count = bisect_left(starts, ends) - bisect_left(starts, begins)
        name = date_of(day).isoformat()
        if count:
            days.append(Day(name, "free", None, count))
        else:
            reason = why_empty(begins, ends)
            days.append(Day(name, _STATUS[reason.code], reason.sentence, 0))
        begins = ends
    return days


def written(instants: Sequence[int], zone: ZoneInfo) -> list[str]:
    """The instants, given in order, as RFC 3339 with the offset that the zone has then."""
    return [text for offset, group in _by_offset(instants, zone) for text in _written(group, offset)]


def _by_offset(instants: Sequence[int], zone: ZoneInfo) -> Iterator[tuple[int, Sequence[int]]]:
    """Clocks change twice a year: one look per day is enough, but for the days of a change."""
    for _, group in groupby(instants, key=lambda instant: instant // DAY):
        day = list(group)
        first, last = offset_at(zone, day[0]), offset_at(zone, day[-1])
        if first == last:
            yield first, day
        else:
            for instant in day:
                yield offset_at(zone, instant), (instant,)


def _written(instants: Sequence[int], offset: int) -> Iterator[str]:
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset) // 60, 60)
    suffix = f"{sign}{hours:02d}:{minutes:02d}"
    for instant in instants:
        local = datetime.fromtimestamp(instant + offset, UTC)
        yield local.isoformat()[:19] + suffix
