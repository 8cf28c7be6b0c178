"""events.list: filters, pages and sync tokens."""

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.google.errors import CalendarError, full_sync_required, invalid, time_range_empty
from sandbox.google.event import resource, tombstone
from sandbox.google.times import instant, moment_of, stamp
from sandbox.world import Document

_MOST = 2500
_NEVER_SYNCABLE = (
    "ical_uid",
    "order_by",
    "private_extended_property",
    "shared_extended_property",
    "q",
    "updated_min",
)
_NEVER_WITH_SYNC = (*_NEVER_SYNCABLE, "time_min", "time_max")
Key = list[str | int]
_WORD = re.compile(r"\w+")


class ListQuery(BaseModel):
    """The query parameters of events.list that the sandbox heeds."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    ical_uid: str | None = Field(None, alias="iCalUID")
    max_results: int = Field(250, ge=1)
    order_by: str | None = None
    page_token: str | None = None
    private_extended_property: list[str] = []
    shared_extended_property: list[str] = []
    q: str | None = None
    show_deleted: bool | None = None
    single_events: bool = False
    sync_token: str | None = None
    time_max: str | None = None
    time_min: str | None = None
    time_zone: str | None = None
    updated_min: str | None = None

    def given(self, names: tuple[str, ...]) -> bool:
        """Whether any of these parameters was sent."""
        return any(getattr(self, name) for name in names)


def page(calendar: Document, documents: list[Document], query: ListQuery, now: datetime) -> dict[str, Any]:
    """One page of a calendar's events."""
    _check(query)
    since = _since(calendar, query)
    place = _unpacked(query.page_token, "pageToken") if query.page_token else {}
    wanted = [document for document in documents if _wanted(document, calendar, query, since)]
    wanted.sort(key=lambda document: _key(document, calendar, query, since))
    rest = [d for d in wanted if _key(d, calendar, query, since) > place.get("after", [])]
    size = min(query.max_results, _MOST)
    until = place.get("until", calendar["changes"])
    answer = _frame(calendar, now) | {"items": [_item(d, calendar, query, since) for d in rest[:size]]}
    if len(rest) > size:
        last = _key(rest[size - 1], calendar, query, since)
        answer["nextPageToken"] = _packed({"after": last, "until": until})
    elif not query.given(_NEVER_SYNCABLE):
        answer["nextSyncToken"] = _packed({"epoch": calendar["epoch"], "change": until})
    return answer


def _frame(calendar: Document, now: datetime) -> dict[str, Any]:
    return {
        "kind": "calendar#events",
        "etag": f'"p{calendar["changes"]}{calendar["epoch"]}"',
        "summary": calendar["summary"],
        "description": "",
        "updated": stamp(now),
        "timeZone": calendar["timeZone"],
        "accessRole": "owner",
        "defaultReminders": [{"method": "popup", "minutes": 10}],
    }


def _check(query: ListQuery) -> None:
    if query.sync_token and (query.given(_NEVER_WITH_SYNC) or query.show_deleted is False):
        message = "Sync token cannot be used with this combination of query parameters."
        raise CalendarError(400, "badRequest", message, location=("parameter", "syncToken"))
    if query.order_by == "startTime" and not query.single_events:
        message = "The requested ordering is not available for the particular query."
        raise CalendarError(400, "badRequest", message, location=("parameter", "orderBy"))
    if query.order_by not in (None, "startTime", "updated"):
        raise CalendarError(400, "invalidParameter", "Invalid value for: orderBy")
    bounds = [instant(text, "timeMin") for text in (query.time_min, query.time_max) if text]
    if len(bounds) == 2 and bounds[0] >= bounds[1]:
        raise time_range_empty()


def _since(calendar: Document, query: ListQuery) -> int | None:
    if not query.sync_token:
        return None
    token = _unpacked(query.sync_token, "syncToken")
    if token.get("epoch") != calendar["epoch"]:
        raise full_sync_required()
    change: int = token["change"]
    return change


def _wanted(document: Document, calendar: Document, query: ListQuery, since: int | None) -> bool:
    if since is not None:
        return bool(document["change"] > since)
    gone = document["event"]["status"] == "cancelled"
    if gone and not query.show_deleted and not query.updated_min:
        return False
    return _in_time(document, calendar, query) and _tagged(document, query) and _mentions(document, query)


def _in_time(document: Document, calendar: Document, query: ListQuery) -> bool:
    event, zone = document["event"], calendar["timeZone"]
    if query.time_min and moment_of(event["end"], "end", zone) <= instant(query.time_min, "timeMin"):
        return False
    if query.time_max and moment_of(event["start"], "start", zone) >= instant(query.time_max, "timeMax"):
        return False
    updated = instant(event["updated"], "updated")
    return not query.updated_min or updated >= instant(query.updated_min, "updatedMin")


def _tagged(document: Document, query: ListQuery) -> bool:
    if query.ical_uid and query.ical_uid != f"{document['id']}@google.com":
        return False
    tags = document["event"].get("extendedProperties", {})
    wanted = {"private": query.private_extended_property, "shared": query.shared_extended_property}
    for group, constraints in wanted.items():
        for constraint in constraints:
            name, sign, value = constraint.partition("=")
            if not sign:
                raise invalid("Invalid extended property constraint.", f"{group}ExtendedProperty")
            if tags.get(group, {}).get(name) != value:
                return False
    return True


def _mentions(document: Document, query: ListQuery) -> bool:
    if not query.q:
        return True
    event = document["event"]
    said = [event.get(name) or "" for name in ("summary", "description", "location")]
    said += [document["calendar"]]
    for guest in event.get("attendees", []):
        said += [guest.get("email", ""), guest.get("displayName", "")]
    words = _WORD.findall(" ".join(said).casefold())
    return all(any(word.startswith(term) for word in words) for term in _WORD.findall(query.q.casefold()))


def _key(document: Document, calendar: Document, query: ListQuery, since: int | None) -> Key:
    if since is not None:
        return [document["change"], document["id"]]
    if query.order_by == "startTime":
        start = moment_of(document["event"]["start"], "start", calendar["timeZone"])
        return [start.isoformat(), document["id"]]
    if query.order_by == "updated":
        return [document["event"]["updated"], document["id"]]
    return [document["event"]["created"], document["id"]]


def _item(document: Document, calendar: Document, query: ListQuery, since: int | None) -> dict[str, Any]:
    if since is not None and document["event"]["status"] == "cancelled" and not query.show_deleted:
        return tombstone(document)
    return resource(document, calendar["timeZone"], query.time_zone)


def _packed(token: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode()


def _unpacked(text: str, parameter: str) -> dict[str, Any]:
    try:
        token = json.loads(base64.urlsafe_b64decode(text))
    except (ValueError, binascii.Error) as mistake:
        raise invalid(f"Invalid value for: {parameter}", parameter) from mistake
    if not isinstance(token, dict):
        raise invalid(f"Invalid value for: {parameter}", parameter)
    return token
