"""Times in words: the customer's zone first, the business's beside it when the clocks differ."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_skeleton, format_time, get_timezone_location, get_timezone_name

from services.notify.wording import Reader
from shared.events.values import BookingFacts, Item


@dataclass(frozen=True)
class When:
    """An item's time for one reader."""

    day: str
    hours: str
    place: str
    elsewhere: str | None
    short: str


def when_for_customer(item: Item, facts: BookingFacts, reader: Reader) -> When:
    """The time as the customer's clock shows it, and the business's when it shows another."""
    home = _zone(item.timezone)
    away = _zone(facts.customer.timezone or item.timezone, home)
    elsewhere = None
    if item.starts_at.astimezone(home).utcoffset() != item.starts_at.astimezone(away).utcoffset():
        elsewhere = reader.say(
            "time.business",
            business=facts.business.name,
            when=_beside(item, home, away, reader),
            place=_place(item.starts_at, home, reader),
        )
    return _when(item, away, reader, elsewhere)


def when_for_business(item: Item, reader: Reader) -> When:
    """The time as the business's clock shows it."""
    return _when(item, _zone(item.timezone), reader, None)


def _when(item: Item, zone: ZoneInfo, reader: Reader, elsewhere: str | None) -> When:
    start, end = item.starts_at.astimezone(zone), item.ends_at.astimezone(zone)
    return When(
        day=_day(start, reader),
        hours=_hours(start, end, reader),
        place=_place(item.starts_at, zone, reader),
        elsewhere=elsewhere,
        short=reader.say("time.short", day=_short_day(start, reader), start=_clock(start, reader)),
    )


def _beside(item: Item, home: ZoneInfo, away: ZoneInfo, reader: Reader) -> str:
    start, end = item.starts_at.astimezone(home), item.ends_at.astimezone(home)
    hours = _hours(start, end, reader)
    if start.date() != end.date() or start.date() == item.starts_at.astimezone(away).date():
        return hours
    return f"{_day(start, reader)}, {hours}"


def _hours(start: datetime, end: datetime, reader: Reader) -> str:
    hours = {"start": _clock(start, reader), "end": _clock(end, reader)}
    if start.date() == end.date():
        return reader.say("time.hours", **hours)
    days = {"first_day": _short_day(start, reader), "last_day": _short_day(end, reader)}
    return reader.say("time.days", **days, **hours)


def _day(moment: datetime, reader: Reader) -> str:
    return format_date(moment, "full", locale=reader.locale)


def _short_day(moment: datetime, reader: Reader) -> str:
    return format_skeleton("MMMEd", moment, locale=reader.locale)


def _clock(moment: datetime, reader: Reader) -> str:
    # CLDR puts U+202F before AM and PM, which older mail programs show as a box.
    return format_time(moment, "short", locale=reader.locale).replace("\u202f", "\u00a0")


def _place(moment: datetime, zone: ZoneInfo, reader: Reader) -> str:
    """`London time`; zones without a city go by their own name (`Coordinated Universal Time`)."""
    if "/" not in zone.key or zone.key.startswith("Etc/"):
        return get_timezone_name(moment.astimezone(zone), width="long", locale=reader.locale)
    city = get_timezone_location(zone, locale=reader.locale, return_city=True)
    return reader.say("time.place", city=city.rpartition("/")[2])


def _zone(name: str, otherwise: ZoneInfo | None = None) -> ZoneInfo:
    """A browser may name a zone that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise or ZoneInfo("UTC")
