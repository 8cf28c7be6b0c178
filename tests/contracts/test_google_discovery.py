"""The sandbox's Google against Google's own description of the Calendar API."""

from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import ValidationError

from sandbox.google import google_routes
from sandbox.settings import GoogleSettings
from tests.support.discovery import check_exchange, methods
from tests.support.google_client import GoogleClient
from tests.support.google_sandbox import CALENDAR, google_sandbox, lesson, world_at

OWNER = "owner@sandbox.holdfast.test"
BASE = "http://sandbox/google/calendar/v3"
JSON = "application/json"


def spoken() -> set[str]:
    """The ids of the methods the sandbox has a route for."""
    found = set()
    for route in google_routes(world_at(), GoogleSettings()).routes:
        if not isinstance(route, APIRoute) or route.path == "/token":
            continue
        path = route.path.removeprefix("/calendar/v3/").replace("{", "").replace("}", "")
        verb = next(iter(route.methods or ()))
        matching = [m["id"] for m in methods() if m["httpMethod"] == verb and m["pattern"].fullmatch(path)]
        assert matching, f"the Calendar API has no {verb} {route.path}"
        found.add(matching[0])
    return found


async def write_and_read(client: GoogleClient) -> None:
    events = client.api.events()
    body = lesson(
        id="bk0001",
        description="Grand piano",
        location="Old Mill",
        attendees=[{"email": "ann@example.com", "displayName": "Ann"}],
        extendedProperties={"private": {"bookingId": "bk_1"}},
        reminders={"useDefault": False, "overrides": [{"method": "email", "minutes": 60}]},
        conferenceData={
            "createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}
        },
    )
    await client.call(events.insert(calendarId=CALENDAR, body=body, conferenceDataVersion=1))
    all_day = {"start": {"date": "2026-11-24"}, "end": {"date": "2026-11-25"}, "id": "d00001"}
    await client.call(events.insert(calendarId=CALENDAR, body=all_day, sendUpdates="none"))
    await client.call(events.get(calendarId=CALENDAR, eventId="bk0001", timeZone="Asia/Tokyo"))
    await client.call(events.patch(calendarId=CALENDAR, eventId="bk0001", body={"summary": "Concert"}))
    await client.call(events.update(calendarId=CALENDAR, eventId="bk0001", body=lesson(12)))


async def list_and_sync(client: GoogleClient) -> None:
    events = client.api.events()
    window = {"timeMin": "2026-11-24T00:00:00Z", "timeMax": "2026-11-26T00:00:00Z"}
    query: dict[str, Any] = {"singleEvents": True, "orderBy": "startTime", "maxResults": 1}
    await client.call(events.list(calendarId=CALENDAR, **window, **query))
    token = (await client.call(events.list(calendarId=CALENDAR)))["nextSyncToken"]
    await client.call(events.delete(calendarId=CALENDAR, eventId="bk0001"))
    await client.call(events.list(calendarId=CALENDAR, syncToken=token))
    items = [{"id": CALENDAR}, {"id": "stranger@example.com"}]
    await client.call(client.api.freebusy().query(body=window | {"items": items}))


async def watch_and_stop(client: GoogleClient) -> None:
    body = {"id": "channel-1", "type": "web_hook", "address": "https://localhost/changed"}
    opened = await client.call(client.api.events().watch(calendarId=CALENDAR, body=body))
    closing = {"id": opened["id"], "resourceId": opened["resourceId"]}
    await client.call(client.api.channels().stop(body=closing))


async def test_every_method_the_sandbox_answers_speaks_as_google_describes_it() -> None:
    async with google_sandbox() as google:
        client = google.client(subject=OWNER)
        await client.call(client.api.calendars().get(calendarId=CALENDAR))
        await client.call(client.api.calendarList().list())
        await client.call(client.api.calendarList().get(calendarId="primary"))
        await write_and_read(client)
        await list_and_sync(client)
        await watch_and_stop(client)
    assert set(client.transport.seen) == spoken()


def test_the_judge_refuses_a_parameter_google_does_not_know() -> None:
    with pytest.raises(AssertionError, match="has no parameter colour"):
        check_exchange("GET", f"{BASE}/calendars/c/events?colour=red", None, 200, b"{}", JSON)


def test_the_judge_refuses_a_request_field_google_does_not_know() -> None:
    with pytest.raises(AssertionError, match="colour"):
        check_exchange("POST", f"{BASE}/calendars/c/events", b'{"colour": "red"}', 200, b"{}", JSON)


@pytest.mark.parametrize(
    "answer", [b'{"colour": "red"}', b'{"sequence": "1"}', b'{"start": {"dateTime": "tomorrow"}}']
)
def test_the_judge_refuses_an_answer_google_would_not_give(answer: bytes) -> None:
    with pytest.raises(AssertionError, match=r"answer of calendar\.events\.get"):
        check_exchange("GET", f"{BASE}/calendars/c/events/e", None, 200, answer, JSON)


def test_the_judge_refuses_an_error_without_a_reason() -> None:
    with pytest.raises(ValidationError):
        check_exchange("GET", f"{BASE}/calendars/c/events/e", None, 404, b'{"error": "no"}', JSON)
