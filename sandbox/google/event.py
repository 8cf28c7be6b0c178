"""One event: what a caller may write into it, and how it reads."""

import base64
import re
from typing import Any

from sandbox.google.errors import invalid, required, time_range_empty
from sandbox.google.times import moment_of, shown
from sandbox.world import Document

_ID = re.compile(r"[a-v0-9]{5,1024}")
_STATUSES = ("confirmed", "tentative", "cancelled")
_WRITABLE = frozenset(
    {
        "anyoneCanAddSelf",
        "attachments",
        "attendees",
        "colorId",
        "description",
        "end",
        "extendedProperties",
        "guestsCanInviteOthers",
        "guestsCanModify",
        "guestsCanSeeOtherGuests",
        "location",
        "reminders",
        "sequence",
        "source",
        "start",
        "status",
        "summary",
        "transparency",
        "visibility",
    }
)


def checked_id(event_id: str) -> str:
    """A client's own event id: base32hex letters, 5 to 1024 of them."""
    if not _ID.fullmatch(event_id):
        raise invalid("Invalid resource id value.")
    return event_id


def written_part(body: dict[str, Any]) -> dict[str, Any]:
    """The fields a caller may set; the rest of a body is ignored, as Google does."""
    if body.get("recurrence"):
        raise invalid("Recurring events are not known to the sandbox; write single events.")
    return {name: value for name, value in body.items() if name in _WRITABLE}


def merged(target: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Patch semantics: objects merge, null removes, lists are replaced whole."""
    result = dict(target)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = value
    return result


def check(event: dict[str, Any], zone: str) -> None:
    """Refuse what makes no sense in a calendar kept in this zone."""
    start, end = event.get("start"), event.get("end")
    if not isinstance(end, dict) or not end:
        raise required("Missing end time.")
    if not isinstance(start, dict) or not start:
        raise required("Missing start time.")
    if bool(start.get("dateTime")) != bool(end.get("dateTime")):
        raise invalid("Start and end times must either both be date or both be dateTime.")
    if moment_of(start, "start", zone) > moment_of(end, "end", zone):
        raise time_range_empty()
    if event.get("status", "confirmed") not in _STATUSES:
        raise invalid("Invalid value for: status")


def times_differ(before: dict[str, Any], after: dict[str, Any], zone: str) -> bool:
    """Whether the event was moved."""
    return any(moment_of(before[edge], edge, zone) != moment_of(after[edge], edge, zone) for edge in _EDGES)


_EDGES = ("start", "end")


def resource(document: Document, zone: str, wanted_zone: str | None = None) -> dict[str, Any]:
    """An event as the API shows it."""
    event: dict[str, Any] = dict(document["event"])
    for edge in _EDGES:
        event[edge] = shown(event[edge], edge, zone, wanted_zone or zone)
    if attendees := event.get("attendees"):
        event["attendees"] = [{"responseStatus": "needsAction"} | guest for guest in attendees]
    owner = {"email": document["calendar"], "self": True}
    fixed = {
        "kind": "calendar#event",
        "etag": etag(document),
        "id": document["id"],
        "iCalUID": f"{document['id']}@google.com",
        "htmlLink": _link(document),
        "eventType": "default",
        "creator": {"email": document["creator"]},
        "organizer": owner,
    }
    return {"reminders": {"useDefault": True}} | event | fixed


def tombstone(document: Document) -> dict[str, Any]:
    """All that a sync tells about an event that is gone."""
    return {"kind": "calendar#event", "etag": etag(document), "id": document["id"], "status": "cancelled"}


def etag(document: Document) -> str:
    """The version of an event."""
    return f'"{document["epoch"]}{document["change"]}"'


def _link(document: Document) -> str:
    key = base64.urlsafe_b64encode(f"{document['id']} {document['calendar']}".encode()).decode()
    return f"https://www.google.com/calendar/event?eid={key.rstrip('=')}"
