"""What can be done with events."""

from dataclasses import dataclass
from typing import Any

from sandbox.google.accounts import Account
from sandbox.google.calendars import Calendars
from sandbox.google.errors import condition_not_met, deleted, duplicate, invalid, no_invitations, not_found
from sandbox.google.event import check, checked_id, etag, merged, times_differ, written_part
from sandbox.google.meet import conference, video_link
from sandbox.google.times import stamp
from sandbox.world import Document, World

EVENT = "google.event"
Body = dict[str, Any]
_BASE32HEX = "0123456789abcdefghijklmnopqrstuv"


@dataclass(frozen=True)
class Write:
    """How a caller wants an event written."""

    account: Account
    conferences: bool = False
    if_match: str | None = None


class Events:
    """Every event of every calendar."""

    def __init__(self, world: World, calendars: Calendars) -> None:
        self._world = world
        self._calendars = calendars

    def insert(self, calendar: Document, body: Body, write: Write) -> Document:
        """Write a new event, under the caller's id when there is one."""
        event_id = checked_id(body["id"]) if body.get("id") else self._fresh_id()
        if self._world.get(EVENT, _key(calendar["id"], event_id)):
            raise duplicate()
        event = self._completed(merged({}, written_part(body)), body, None, write)
        document = {
            "calendar": calendar["id"],
            "id": event_id,
            "epoch": calendar["epoch"],
            "creator": write.account.email,
            "event": {"status": "confirmed", "sequence": 0, "created": stamp(self._world.now())} | event,
        }
        return self._stored(calendar, document)

    def get(self, calendar: Document, event_id: str) -> Document:
        """The event of that id, deleted or not."""
        document = self._world.get(EVENT, _key(calendar["id"], event_id))
        if document is None:
            raise not_found()
        return document

    def patch(self, calendar: Document, event_id: str, body: Body, write: Write) -> Document:
        """Change the named fields only."""
        document = self.get(calendar, event_id)
        return self._changed(calendar, document, merged(document["event"], written_part(body)), body, write)

    def update(self, calendar: Document, event_id: str, body: Body, write: Write) -> Document:
        """Replace everything a caller may write."""
        document = self.get(calendar, event_id)
        kept = ("created", "sequence", "conferenceData", "hangoutLink")
        event = {name: document["event"][name] for name in kept if name in document["event"]}
        return self._changed(calendar, document, merged(event, written_part(body)), body, write)

    def delete(self, calendar: Document, event_id: str, write: Write) -> None:
        """Cancel an event; its id stays taken."""
        document = self.get(calendar, event_id)
        if document["event"]["status"] == "cancelled":
            raise deleted()
        self._changed(calendar, document, document["event"] | {"status": "cancelled"}, {}, write)

    def of(self, calendar_id: str) -> list[Document]:
        """Every event of a calendar, deleted ones too, in the order they came."""
        return self._world.find(EVENT, ("calendar", "=", calendar_id))

    def _changed(
        self, calendar: Document, document: Document, event: Body, body: Body, write: Write
    ) -> Document:
        if write.if_match not in (None, "*", etag(document)):
            raise condition_not_met()
        before = document["event"]
        lasting = {"status": "confirmed", "sequence": before["sequence"]}
        event = lasting | self._completed(event, body, before, write)
        check(event, calendar["timeZone"])
        event["sequence"] = _next_sequence(before, event, calendar["timeZone"])
        return self._stored(calendar, document | {"event": event})

    def _completed(self, event: Body, body: Body, before: Body | None, write: Write) -> Body:
        if body.get("attendees") and write.account.bare_service_account:
            raise no_invitations()
        if write.conferences and "conferenceData" in body:
            earlier = (before or {}).get("conferenceData")
            held = conference(self._world, write.account, body["conferenceData"], earlier)
            event = merged(event, {"conferenceData": None, "hangoutLink": None})
            event = merged(event, {"conferenceData": held, "hangoutLink": video_link(held)})
        return event

    def _stored(self, calendar: Document, document: Document) -> Document:
        check(document["event"], calendar["timeZone"])
        with self._world.transaction():
            document = document | {"change": self._calendars.next_change(calendar["id"])}
            document["event"]["updated"] = stamp(self._world.now())
            self._world.put(EVENT, _key(calendar["id"], document["id"]), document)
        return document

    def _fresh_id(self) -> str:
        return "".join(_BASE32HEX[ord(letter) % 32] for letter in self._world.new_id("", 26))


def _next_sequence(before: Body, after: Body, zone: str) -> int:
    """A significant change counts up by itself; a caller may count further, never back."""
    current: int = before["sequence"]
    wanted: int = after.get("sequence", current)
    if wanted < current:
        raise invalid(
            "Invalid sequence value. The specified sequence number is below the current sequence number"
            " of the resource. Re-fetch the resource and use its sequence number on the following request."
        )
    significant = before["status"] != after["status"] or times_differ(before, after, zone)
    return current + 1 if significant and wanted == current else wanted


def _key(calendar_id: str, event_id: str) -> str:
    return f"{calendar_id}/{event_id}"
