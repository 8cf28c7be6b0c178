"""What a mail carries: calendar files, read as a calendar program reads them."""

import base64
from typing import Any, cast

from icalendar import Calendar

from tests.support.installation import Json
from tests.support.outside import Outside


async def invitations(outside: Outside, mail: Json) -> list[Json]:
    """The events in a mail's calendar files, each of which must be valid."""
    whole = await outside.mail(mail["id"])
    files = [one for one in whole["attachments"] if one["filename"].endswith(".ics")]
    return [only_event(base64.b64decode(one["content"]).decode()) for one in files]


def only_event(ics: str) -> Json:
    """The one event of a calendar file."""
    calendar = Calendar.from_ical(ics)
    found = calendar.walk("VEVENT")
    assert len(found) == 1
    event = cast(Any, found[0])
    assert not calendar.errors + event.errors
    return {
        "method": calendar.get("METHOD"),
        "uid": str(event["UID"]),
        "start": event["DTSTART"].dt,
        "end": event["DTEND"].dt,
    }
