"""Reading many events at once, and only what changed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.google_client import GoogleClient, reason
from tests.support.google_sandbox import CALENDAR, GoogleSandbox, google_sandbox, lesson


@pytest.fixture
async def google() -> AsyncIterator[GoogleSandbox]:
    async with google_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def client(google: GoogleSandbox) -> GoogleClient:
    client = google.client()
    for hour in (9, 11, 13):
        body = lesson(hour, id=f"hour{hour:02}", extendedProperties={"private": {"hour": str(hour)}})
        await client.call(client.api.events().insert(calendarId=CALENDAR, body=body))
    return client


async def listed(client: GoogleClient, **query: Any) -> Any:
    return await client.call(client.api.events().list(calendarId=CALENDAR, **query))


async def ids(client: GoogleClient, **query: Any) -> list[str]:
    return [event["id"] for event in (await listed(client, **query))["items"]]


async def test_a_window_holds_what_overlaps_it_and_nothing_that_only_touches(client: GoogleClient) -> None:
    window = {"timeMin": "2026-11-24T10:00:00Z", "timeMax": "2026-11-24T13:00:00Z"}
    assert await ids(client, **window) == ["hour11"]


async def test_an_empty_window_is_refused(client: GoogleClient) -> None:
    window = {"timeMin": "2026-11-24T10:00:00Z", "timeMax": "2026-11-24T10:00:00Z"}
    refusal = await client.refused(client.api.events().list(calendarId=CALENDAR, **window))
    assert reason(refusal) == (400, "timeRangeEmpty")


async def test_a_window_without_an_offset_is_refused(client: GoogleClient) -> None:
    request = client.api.events().list(calendarId=CALENDAR, timeMin="2026-11-24T10:00:00")
    assert reason(await client.refused(request)) == (400, "badRequest")


async def test_an_event_is_found_by_its_private_tag(client: GoogleClient) -> None:
    assert await ids(client, privateExtendedProperty=["hour=13"]) == ["hour13"]
    assert await ids(client, privateExtendedProperty=["hour=13", "hour=9"]) == []


async def test_an_event_is_found_by_words_and_by_its_calendar_uid(client: GoogleClient) -> None:
    await client.call(
        client.api.events().patch(calendarId=CALENDAR, eventId="hour11", body={"location": "Old Mill"})
    )
    assert await ids(client, q="old tuning") == ["hour11"]
    assert await ids(client, iCalUID="hour09@google.com") == ["hour09"]


async def test_deleted_events_are_listed_only_on_request(client: GoogleClient) -> None:
    await client.call(client.api.events().delete(calendarId=CALENDAR, eventId="hour11"))
    assert await ids(client) == ["hour09", "hour13"]
    assert await ids(client, showDeleted=True) == ["hour09", "hour11", "hour13"]


async def test_pages_join_without_gap_when_an_event_goes_in_between(client: GoogleClient) -> None:
    events = client.api.events()
    request = events.list(calendarId=CALENDAR, maxResults=1)
    seen = []
    while request is not None:
        answer = await client.call(request)
        seen += [event["id"] for event in answer["items"]]
        if len(seen) == 1:
            await client.call(events.delete(calendarId=CALENDAR, eventId="hour09"))
        assert ("nextSyncToken" in answer) != ("nextPageToken" in answer)
        request = events.list_next(request, answer)
    assert seen == ["hour09", "hour11", "hour13"]
    assert await ids(client, syncToken=answer["nextSyncToken"]) == ["hour09"]


async def test_a_sync_tells_only_what_changed_and_deletions_as_bare_tombstones(client: GoogleClient) -> None:
    token = (await listed(client))["nextSyncToken"]
    events = client.api.events()
    await client.call(events.delete(calendarId=CALENDAR, eventId="hour09"))
    await client.call(events.patch(calendarId=CALENDAR, eventId="hour13", body={"summary": "Later"}))
    changes = await listed(client, syncToken=token)
    assert [(event["id"], event["status"]) for event in changes["items"]] == [
        ("hour09", "cancelled"),
        ("hour13", "confirmed"),
    ]
    assert "summary" not in changes["items"][0]
    assert await ids(client, syncToken=changes["nextSyncToken"]) == []


async def test_a_sync_token_from_before_a_reset_asks_for_everything_again(
    google: GoogleSandbox, client: GoogleClient
) -> None:
    token = (await listed(client))["nextSyncToken"]
    google.world.reset()
    request = client.api.events().list(calendarId=CALENDAR, syncToken=token)
    assert reason(await client.refused(request)) == (410, "fullSyncRequired")


@pytest.mark.parametrize(
    "query",
    [{"q": "x"}, {"timeMin": "2026-11-24T10:00:00Z"}, {"orderBy": "updated"}, {"showDeleted": False}],
)
async def test_a_sync_token_takes_no_filter_beside_it(client: GoogleClient, query: dict[str, Any]) -> None:
    token = (await listed(client))["nextSyncToken"]
    request = client.api.events().list(calendarId=CALENDAR, syncToken=token, **query)
    assert reason(await client.refused(request)) == (400, "badRequest")


async def test_order_by_start_needs_single_events(client: GoogleClient) -> None:
    await client.call(client.api.events().insert(calendarId=CALENDAR, body=lesson(8, id="hour08")))
    ordered = await ids(client, orderBy="startTime", singleEvents=True)
    assert ordered == ["hour08", "hour09", "hour11", "hour13"]
    request = client.api.events().list(calendarId=CALENDAR, orderBy="startTime")
    assert (await client.refused(request)).status_code == 400


async def test_busy_times_are_joined_cut_to_the_window_and_leave_out_what_is_free(
    client: GoogleClient,
) -> None:
    events = client.api.events()
    await client.call(events.insert(calendarId=CALENDAR, body=lesson(10)))
    await client.call(events.insert(calendarId=CALENDAR, body=lesson(15, transparency="transparent")))
    body = {
        "timeMin": "2026-11-24T09:30:00Z",
        "timeMax": "2026-11-24T18:00:00Z",
        "items": [{"id": CALENDAR}, {"id": "stranger@example.com"}],
    }
    answer = await client.call(client.api.freebusy().query(body=body))
    assert answer["calendars"][CALENDAR]["busy"] == [
        {"start": "2026-11-24T09:30:00Z", "end": "2026-11-24T12:00:00Z"},
        {"start": "2026-11-24T13:00:00Z", "end": "2026-11-24T14:00:00Z"},
    ]
    assert answer["calendars"]["stranger@example.com"]["errors"][0]["reason"] == "notFound"


async def test_more_than_fifty_calendars_are_too_many(client: GoogleClient) -> None:
    window = {"timeMin": "2026-11-24T09:30:00Z", "timeMax": "2026-11-24T18:00:00Z"}
    body = window | {"items": [{"id": f"c{place}@sandbox.holdfast.test"} for place in range(51)]}
    assert (await client.refused(client.api.freebusy().query(body=body))).status_code == 400
