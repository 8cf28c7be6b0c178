"""What RFC 5546 and the big calendars ask of an invitation; no package checks it."""

import re
from email.message import EmailMessage

from icalendar import Calendar, Component, Event

_UTC = re.compile(rb"DT(START|END|STAMP):\d{8}T\d{6}Z")
_FOR_ALL = ("UID", "DTSTAMP", "DTSTART", "SEQUENCE", "ORGANIZER", "ATTENDEE", "SUMMARY")


def complaints_about(raw: bytes, method: str, sender: str) -> list[str]:
    """Why calendars would not take this as an invitation of that method from that sender."""
    calendar = Calendar.from_ical(raw)
    events = calendar.walk("VEVENT")
    found = _about_the_text(raw) + _about_the_calendar(calendar, method)
    if len({str(event["UID"]) for event in events if "UID" in event}) != 1:
        found.append("an iTIP message speaks of exactly one UID")
    for event in events:
        found += _about_an_event(event, method, sender)
    return found


def complaints_about_mail(mail: EmailMessage) -> list[str]:
    """Why mail programs would not show the mail's invitation."""
    parts = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    found = []
    if parts[:3] != ["text/plain", "text/html", "text/calendar"]:
        found.append(f"the alternatives are in the wrong order: {parts}")
    if mail.get_content_type() != "multipart/mixed":
        found.append("attachments belong in multipart/mixed")
    inline = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    method = inline.get_param("method")
    if inline.get_content_disposition() == "attachment":
        found.append("the inline invitation must be no attachment")
    if inline.get_content_charset() != "utf-8":
        found.append("the charset of the invitation must be named")
    body = inline.get_payload(decode=True)
    assert isinstance(body, bytes)
    sender = mail["From"].addresses[0].addr_spec
    return found + complaints_about(body, str(method), sender)


def _about_the_text(raw: bytes) -> list[str]:
    lines = raw.split(b"\r\n")
    found = [f"a line of {len(line)} octets" for line in lines if len(line) > 75]
    if b"\n" in raw.replace(b"\r\n", b""):
        found.append("a line that does not end in CRLF")
    found += [f"not in UTC: {line!r}" for line in lines if line[:2] == b"DT" and not _UTC.fullmatch(line)]
    return found


def _about_the_calendar(calendar: Component, method: str) -> list[str]:
    found = []
    if str(calendar.get("VERSION")) != "2.0" or "PRODID" not in calendar:
        found.append("VERSION 2.0 and PRODID are required")
    if str(calendar.get("METHOD")) != method:
        found.append(f"METHOD is {calendar.get('METHOD')}, the mail says {method}")
    if calendar.walk("VTIMEZONE"):
        found.append("UTC times need no VTIMEZONE")
    return found


def _about_an_event(event: Component, method: str, sender: str) -> list[str]:
    assert isinstance(event, Event)
    found = [f"{name} is missing" for name in _FOR_ALL if name not in event]
    if found:
        return found
    if str(event["ORGANIZER"]) != f"mailto:{sender}":
        found.append(f"the organizer is {event['ORGANIZER']}, the mail comes from {sender}")
    if not str(event["ATTENDEE"]).startswith("mailto:"):
        found.append("the attendee is no mailto: address")
    if (str(event.get("STATUS")) == "CANCELLED") != (method == "CANCEL"):
        found.append(f"STATUS {event.get('STATUS')} does not fit METHOD {method}")
    return found
