"""freebusy.query: when calendars are taken."""

from datetime import datetime
from typing import Any

from sandbox.google.accounts import Account
from sandbox.google.calendars import Calendars
from sandbox.google.errors import CalendarError, required, time_range_empty
from sandbox.google.events import Events
from sandbox.google.times import instant, moment_of, written
from sandbox.world import Document

_MOST_CALENDARS = 50
Span = tuple[datetime, datetime]


def free_busy(calendars: Calendars, events: Events, account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """The busy times of each asked calendar; one that cannot be read says so inside a good answer."""
    window = _window(body)
    zone = body.get("timeZone") or "UTC"
    names = [item["id"] for item in body.get("items", [])]
    if len(names) > min(_MOST_CALENDARS, body.get("calendarExpansionMax", _MOST_CALENDARS)):
        raise CalendarError(
            400, "tooManyCalendarsRequested", "Too many calendars requested", domain="calendar"
        )
    answers: dict[str, Any] = {}
    for name in names:
        calendar = calendars.find(name, account)
        if calendar is None:
            answers[name] = {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
        else:
            answers[name] = {"busy": _busy(calendar, events.of(calendar["id"]), window, zone)}
    edges = {"timeMin": written(window[0]), "timeMax": written(window[1])}
    return {"kind": "calendar#freeBusy", **edges, "calendars": answers}


def _window(body: dict[str, Any]) -> Span:
    for edge in ("timeMin", "timeMax"):
        if not body.get(edge):
            raise required(f"Missing {edge} parameter.")
    window = instant(body["timeMin"], "timeMin"), instant(body["timeMax"], "timeMax")
    if window[0] >= window[1]:
        raise time_range_empty()
    return window


def _busy(calendar: Document, documents: list[Document], window: Span, zone: str) -> list[dict[str, str]]:
    taken = [document["event"] for document in documents if _takes_time(document)]
    spans = sorted(_span(event, calendar["timeZone"]) for event in taken)
    merged: list[Span] = []
    for start, end in spans:
        start, end = max(start, window[0]), min(end, window[1])
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return [{"start": written(start, zone), "end": written(end, zone)} for start, end in merged]


def _takes_time(document: Document) -> bool:
    event: dict[str, str] = document["event"]
    return event["status"] != "cancelled" and event.get("transparency") != "transparent"


def _span(event: dict[str, Any], zone: str) -> Span:
    return moment_of(event["start"], "start", zone), moment_of(event["end"], "end", zone)
