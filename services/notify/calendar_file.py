"""Calendar files: iTIP invitations for mails (RFC 5546), and a plain file to download (RFC 5545)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from icalendar import Calendar, Event, vCalAddress

from shared.events.values import Item

PRODUCT = "-//Holdfast//Bookings//EN"
Method = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True)
class Entry:
    """One item in somebody's calendar. The uid is for life; the sequence grows with every change."""

    item: Item
    uid: str
    sequence: int
    issued_at: datetime
    summary: str
    description: str = ""
    location: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Party:
    """Somebody with a name and an address."""

    name: str
    email: str


def invitation(entry: Entry, method: Method, organizer: Party, attendee: Party) -> bytes:
    """The iTIP message of one item: RFC 5546 allows one UID per message.

    Google ignores an invitation whose organizer is not the sender of the mail.
    """
    event = _event(entry, cancelled=method == "CANCEL")
    event.organizer = _address(organizer)
    guest = _address(attendee)
    # Who books has said yes already, and nobody reads answers to the sending address.
    guest.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    event.attendees = [guest]
    return _calendar([event], method)


def download(entries: Sequence[Entry]) -> bytes:
    """All items in one file without a method: whoever opens it owns the copy."""
    return _calendar([_event(entry, cancelled=False) for entry in entries], None)


def _event(entry: Entry, *, cancelled: bool) -> Event:
    # UTC times need no VTIMEZONE, and calendars show them in their owner's zone.
    event = Event.new(
        uid=entry.uid,
        stamp=_utc(entry.issued_at),
        start=_utc(entry.item.starts_at),
        end=_utc(entry.item.ends_at),
        sequence=entry.sequence,
        summary=entry.summary,
        description=entry.description or None,
        location=entry.location,
        url=entry.url,
    )
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return event


def _calendar(events: Sequence[Event], method: Method | None) -> bytes:
    # Calendar.new() would give the file a random UID of its own, another one at every try.
    calendar = Calendar(prodid=PRODUCT, version="2.0")
    if method:
        calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.email}")
    address.params["CN"] = party.name
    return address
