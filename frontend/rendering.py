"""Turns the JSON of the public API into pages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from fastapi.responses import HTMLResponse
from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from frontend.asked import is_required
from frontend.policy import page_headers
from shared.money import Money

HERE = Path(__file__).parent
STATIC = HERE / "static"

MEETING_METHODS = {
    "zoom": "Zoom",
    "teams": "Microsoft Teams",
    "google_meet": "Google Meet",
    "phone": "Phone call",
    "in_person": "In person",
}

PROBLEMS = {
    404: ("There is nothing here", "The address may be mistyped, or what it led to is no longer offered."),
    500: ("Something went wrong on our side", "It was noted. This page booked nothing and charged nothing."),
    503: ("One moment, please", "A part of the system does not answer. Nothing is lost: try again soon."),
}


def render(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """The page as an answer, with the headers of its kind."""
    page = _templates.get_template(template).render(**context)
    return HTMLResponse(page, status_code=status, headers=dict(headers or page_headers()))


def problem_page(status: int, detail: str | None = None) -> HTMLResponse:
    """A plain page that says what went wrong and what can be done."""
    title, usual = PROBLEMS.get(status, (HTTPStatus(status).phrase, "This page cannot be shown."))
    return render("problem.html", status=status, number=status, title=title, detail=detail or usual)


def money(value: Mapping[str, Any]) -> str:
    return Money(amount=value["amount"], currency=value["currency"]).words()


def duration(minutes: int) -> str:
    """How long something takes, as people say it: `1 hour 30 minutes`."""
    hours, rest = divmod(minutes, 60)
    parts = [_counted(hours, "hour"), _counted(rest, "minute")]
    return " ".join(part for part in parts if part)


def _counted(number: int, unit: str) -> str:
    if not number:
        return ""
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def city(zone: str) -> str:
    """The place that a time zone is named after: `America/New_York` is New York."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def day(instant: str, zone: str) -> str:
    return format_date(_local(instant, zone), "EEEE d MMMM y", locale="en_GB")


def clock(instant: str, zone: str) -> str:
    return format_time(_local(instant, zone), "HH:mm", locale="en_GB")


def _local(instant: str, zone: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))


def notice(minutes: int) -> str:
    """How early one must book, in words."""
    span = timedelta(minutes=minutes)
    return _counted(span.days, "day") if span.days and not span.seconds else duration(minutes)


def held_for(minutes: float) -> str:
    """How long a hold lasts, in words. Catalogs may say fractions of a minute."""
    return duration(round(minutes)) if minutes >= 1 else f"{round(minutes * 60)} seconds"


def fill(sentence: str, words: Mapping[str, str]) -> str:
    """The sentence with its `{names}` replaced."""
    return sentence.format_map(words).strip()


def meeting(method: str) -> str:
    return MEETING_METHODS.get(method, method.replace("_", " ").capitalize())


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (money, duration, city, day, clock, notice, held_for, meeting, fill, is_required)
    environment.filters.update({each.__name__: each for each in filters})
    return environment


_templates = _environment()
