"""The window and the zone of an availability question, checked."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from services.calendar.hours import day_at, day_number, midnight, seconds_of
from shared.errors import BadRequest
from shared.runtime import Runtime

DAYS_SHOWN = 30
MOST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Window:
    """Days of the visitor's calendar, the first and the last included."""

    zone: ZoneInfo
    first_day: int
    last_day: int

    @property
    def since(self) -> int:
        """The instant at which the first day begins."""
        return midnight(self.zone, self.first_day)

    @property
    def until(self) -> int:
        """The instant at which the last day is over."""
        return midnight(self.zone, self.last_day + 1)


def zone_named(name: str) -> ZoneInfo:
    """The zone of an IANA name."""
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        raise BadRequest(
            "bad_timezone", f"{name!r} is no time zone. Use a name like Europe/Berlin."
        ) from error


def window_of(first: str | None, last: str | None, zone: ZoneInfo, runtime: Runtime) -> Window:
    """The days asked for: from today, thirty days on, unless told otherwise."""
    first_day = _day(first, "from") if first else day_at(zone, seconds_of(runtime.now()))
    last_day = _day(last, "to") if last else first_day + DAYS_SHOWN
    if last_day < first_day:
        raise BadRequest("bad_window", "`to` is before `from`.")
    if last_day - first_day >= MOST_DAYS:
        raise BadRequest("bad_window", f"At most {MOST_DAYS} days can be asked for at once.")
    return Window(zone, first_day, last_day)


def _day(text: str, name: str) -> int:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("bad_window", f"`{name}` must be a date like 2026-03-29.") from error
    if not 1971 <= day.year <= 9000:
        raise BadRequest("bad_window", f"`{name}` lies outside of any calendar.")
    return day_number(day)
