"""Events at the sandbox's Google, through the real client."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.google_client import reason
from tests.support.google_sandbox import CALENDAR, GoogleSandbox, google_sandbox, lesson


@pytest.fixture
async def google() -> AsyncIterator[GoogleSandbox]:
    async with google_sandbox() as sandbox:
        yield sandbox


async def insert(google: GoogleSandbox, body: dict[str, Any], **options: Any) -> Any:
    client = google.client()
    return await client.call(client.api.events().insert(calendarId=CALENDAR, body=body, **options))


async def test_an_event_is_kept_under_the_id_its_writer_chose(google: GoogleSandbox) -> None:
    written = await insert(google, lesson(id="bk0001", extendedProperties={"private": {"bookingId": "bk_1"}}))
    client = google.client()
    read = await client.call(client.api.events().get(calendarId=CALENDAR, eventId="bk0001"))
    assert read == written
    assert read["status"] == "confirmed"
    assert read["sequence"] == 0
    assert read["extendedProperties"]["private"]["bookingId"] == "bk_1"


async def test_writing_the_same_id_again_is_refused_as_a_duplicate(google: GoogleSandbox) -> None:
    await insert(google, lesson(id="bk0001"))
    client = google.client()
    again = client.api.events().insert(calendarId=CALENDAR, body=lesson(id="bk0001"))
    assert reason(await client.refused(again)) == (409, "duplicate")


@pytest.mark.parametrize("event_id", ["abcd", "UPPER1", "with-dash", "wxyz12"])
async def test_an_id_outside_base32hex_is_refused(google: GoogleSandbox, event_id: str) -> None:
    client = google.client()
    request = client.api.events().insert(calendarId=CALENDAR, body=lesson(id=event_id))
    assert reason(await client.refused(request)) == (400, "invalid")


async def test_an_event_without_an_id_is_given_one(google: GoogleSandbox) -> None:
    first, second = await insert(google, lesson()), await insert(google, lesson())
    assert first["id"] != second["id"]


async def test_deleting_twice_says_it_is_gone(google: GoogleSandbox) -> None:
    await insert(google, lesson(id="bk0001"))
    client = google.client()
    events = client.api.events()
    await client.call(events.delete(calendarId=CALENDAR, eventId="bk0001"))
    again = await client.refused(events.delete(calendarId=CALENDAR, eventId="bk0001"))
    assert reason(again) == (410, "deleted")
    read = await client.call(events.get(calendarId=CALENDAR, eventId="bk0001"))
    assert read["status"] == "cancelled"


async def test_a_deleted_id_stays_taken_until_the_event_is_revived(google: GoogleSandbox) -> None:
    await insert(google, lesson(id="bk0001"))
    client = google.client()
    events = client.api.events()
    await client.call(events.delete(calendarId=CALENDAR, eventId="bk0001"))
    again = await client.refused(events.insert(calendarId=CALENDAR, body=lesson(id="bk0001")))
    assert reason(again) == (409, "duplicate")
    revival = {"status": "confirmed"}
    revived = await client.call(events.patch(calendarId=CALENDAR, eventId="bk0001", body=revival))
    assert (revived["status"], revived["summary"]) == ("confirmed", "Tuning")


async def test_an_update_revives_a_deleted_event(google: GoogleSandbox) -> None:
    await insert(google, lesson(id="bk0001"))
    client = google.client()
    events = client.api.events()
    await client.call(events.delete(calendarId=CALENDAR, eventId="bk0001"))
    whole = events.update(calendarId=CALENDAR, eventId="bk0001", body=lesson(15))
    assert (await client.call(whole))["status"] == "confirmed"


async def test_a_patch_merges_objects_and_replaces_lists(google: GoogleSandbox) -> None:
    tags = {"private": {"bookingId": "bk_1", "item": "it_1"}}
    await insert(google, lesson(id="bk0001", location="Hall", extendedProperties=tags))
    client = google.client()
    change = {"extendedProperties": {"private": {"item": "it_2"}}, "location": None}
    request = client.api.events().patch(calendarId=CALENDAR, eventId="bk0001", body=change)
    patched = await client.call(request)
    assert patched["extendedProperties"]["private"] == {"bookingId": "bk_1", "item": "it_2"}
    assert "location" not in patched
    assert patched["summary"] == "Tuning"


async def test_an_update_forgets_what_is_not_sent(google: GoogleSandbox) -> None:
    await insert(google, lesson(id="bk0001", location="Hall"))
    client = google.client()
    request = client.api.events().update(calendarId=CALENDAR, eventId="bk0001", body=lesson())
    assert "location" not in await client.call(request)


async def test_moving_an_event_counts_its_sequence_up_and_renaming_does_not(google: GoogleSandbox) -> None:
    await insert(google, lesson(id="bk0001"))
    client = google.client()
    events = client.api.events()
    renamed = events.patch(calendarId=CALENDAR, eventId="bk0001", body={"summary": "Concert"})
    assert (await client.call(renamed))["sequence"] == 0
    moved = events.patch(calendarId=CALENDAR, eventId="bk0001", body=lesson(14))
    assert (await client.call(moved))["sequence"] == 1


async def test_a_sequence_never_goes_back(google: GoogleSandbox) -> None:
    await insert(google, lesson(id="bk0001", sequence=3))
    client = google.client()
    back = client.api.events().patch(calendarId=CALENDAR, eventId="bk0001", body={"sequence": 2})
    assert reason(await client.refused(back)) == (400, "invalid")


async def test_a_change_against_an_old_version_is_refused(google: GoogleSandbox) -> None:
    written = await insert(google, lesson(id="bk0001"))
    client = google.client()
    events = client.api.events()
    first = events.patch(calendarId=CALENDAR, eventId="bk0001", body={"summary": "Concert"})
    first.headers["If-Match"] = written["etag"]
    changed = await client.call(first)
    assert changed["etag"] != written["etag"]
    second = events.patch(calendarId=CALENDAR, eventId="bk0001", body={"summary": "Late"})
    second.headers["If-Match"] = written["etag"]
    assert reason(await client.refused(second)) == (412, "conditionNotMet")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"end": None}, "required"),
        ({"start": None}, "required"),
        ({"start": {"dateTime": "2026-11-24T10:00:00"}}, "required"),
        ({"end": {"date": "2026-11-25"}}, "invalid"),
        ({"start": {"dateTime": "2026-11-24T20:00:00Z"}}, "timeRangeEmpty"),
        ({"start": {"dateTime": "2026-11-24T10:00:00", "timeZone": "Mars/Dome"}}, "invalid"),
        ({"status": "maybe"}, "invalid"),
    ],
)
async def test_an_event_that_makes_no_sense_is_refused(
    google: GoogleSandbox, change: dict[str, Any], expected: str
) -> None:
    client = google.client()
    body = {name: value for name, value in (lesson() | change).items() if value is not None}
    request = client.api.events().insert(calendarId=CALENDAR, body=body)
    assert reason(await client.refused(request)) == (400, expected)


async def test_a_local_time_is_read_in_its_own_zone(google: GoogleSandbox) -> None:
    zone = "America/New_York"
    start = {"dateTime": "2026-11-24T10:00:00", "timeZone": zone}
    end = {"dateTime": "2026-11-24T11:00:00", "timeZone": zone}
    written = await insert(google, lesson(start=start, end=end))
    assert written["start"] == {"dateTime": "2026-11-24T15:00:00Z", "timeZone": zone}


async def test_a_meet_link_is_made_for_a_person_once_per_request(google: GoogleSandbox) -> None:
    client = google.client(subject="owner@sandbox.holdfast.test")
    wanted = {"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    events = client.api.events()
    body = lesson(id="bk0001", conferenceData=wanted)
    first = await client.call(events.insert(calendarId=CALENDAR, body=body, conferenceDataVersion=1))
    assert first["hangoutLink"].startswith("https://meet.google.com/")
    assert first["conferenceData"]["createRequest"]["status"]["statusCode"] == "success"
    change = {"conferenceData": wanted}
    again = events.patch(calendarId=CALENDAR, eventId="bk0001", body=change, conferenceDataVersion=1)
    assert (await client.call(again))["hangoutLink"] == first["hangoutLink"]


async def test_without_the_version_parameter_the_conference_is_dropped(google: GoogleSandbox) -> None:
    wanted = {"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    assert "conferenceData" not in await insert(google, lesson(conferenceData=wanted))


async def test_a_bare_service_account_gets_no_meet_link(google: GoogleSandbox) -> None:
    wanted = {"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    client = google.client()
    body = lesson(conferenceData=wanted)
    request = client.api.events().insert(calendarId=CALENDAR, body=body, conferenceDataVersion=1)
    assert reason(await client.refused(request)) == (400, "invalid")
