"""Google Calendar through its real client, against the sandbox on loopback."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from sandbox.faults import arm
from sandbox.google import GOOGLE_FAULTS, google_credentials
from services.calendar.outside_event import outside_event
from services.calendar.sources.google import ForeignEvent, GoogleCalendar, event_id
from services.calendar.sources.port import OutsideEvent
from shared.errors import Misconfigured, Outage
from tests.support.booking_facts import facts
from tests.support.calendar_service import NOON
from tests.support.google_sandbox import CALENDAR, GoogleSandbox, google_sandbox

FAULTS = {fault.name: fault for fault in GOOGLE_FAULTS}


@pytest.fixture
async def google() -> AsyncIterator[GoogleSandbox]:
    async with google_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def source(google: GoogleSandbox) -> GoogleCalendar:
    return connect(google)


def connect(google: GoogleSandbox, timeout: float = 10.0) -> GoogleCalendar:
    key = json.dumps(google_credentials(google.world, google.base_url))
    return GoogleCalendar(key, f"{google.base_url}/google/calendar/v3", timeout)


def lesson(item_id: str = "it_1", **changes: Any) -> OutsideEvent:
    found = facts(item_id, **changes)
    return outside_event(found, found.items[0])


def break_it(google: GoogleSandbox, name: str, seconds: float | None = None) -> None:
    arm(google.world, FAULTS[name], 1, seconds)


async def shown(google: GoogleSandbox) -> list[dict[str, Any]]:
    """What the calendar shows, as its owner's own client sees it."""
    client = google.client()
    answer = await client.call(client.api.events().list(calendarId=CALENDAR))
    events: list[dict[str, Any]] = answer["items"]
    return events


def moment_of(event: dict[str, Any], end: str) -> datetime:
    return datetime.fromisoformat(event[end]["dateTime"])


async def test_an_event_shows_the_customer_the_times_and_the_item_it_belongs_to(
    google: GoogleSandbox, source: GoogleCalendar
) -> None:
    assert await source.put(CALENDAR, lesson(address="Main Street 1", postcode="10115")) == event_id("it_1")
    (event,) = await shown(google)
    assert event["summary"] == "Advice: Grace Hopper"
    assert event["location"] == "Main Street 1, 10115"
    assert (moment_of(event, "start"), moment_of(event, "end")) == (NOON, NOON + timedelta(hours=1))
    assert event["start"]["timeZone"] == "Europe/Berlin"
    assert event["extendedProperties"]["private"]["holdfastItem"] == "it_1"
    assert "Notes: &lt;b&gt;Cobol&lt;/b&gt;" in event["description"].splitlines()
    assert "attendees" not in event


async def test_writing_twice_leaves_one_event(google: GoogleSandbox, source: GoogleCalendar) -> None:
    await source.put(CALENDAR, lesson())
    (first,) = await shown(google)
    await source.put(CALENDAR, lesson())
    assert await shown(google) == [first]


async def test_a_changed_booking_changes_its_event_and_leaves_what_people_added(
    google: GoogleSandbox, source: GoogleCalendar
) -> None:
    await source.put(CALENDAR, lesson(address="Main Street 1"))
    client = google.client()
    noted = client.api.events().patch(calendarId=CALENDAR, eventId=event_id("it_1"), body={"colorId": "5"})
    await client.call(noted)
    later = NOON + timedelta(days=1)
    await source.put(CALENDAR, lesson(starts_at=later, ends_at=later + timedelta(hours=1)))
    (event,) = await shown(google)
    assert moment_of(event, "start") == later
    assert event["colorId"] == "5"
    assert "location" not in event


async def test_removing_is_done_when_the_event_is_gone_was_gone_or_never_was(
    google: GoogleSandbox, source: GoogleCalendar
) -> None:
    await source.put(CALENDAR, lesson())
    for key in ("it_1", "it_1", "it_2"):
        await source.remove(CALENDAR, key)
    assert await shown(google) == []


async def test_an_item_that_is_booked_again_gets_its_event_back(
    google: GoogleSandbox, source: GoogleCalendar
) -> None:
    await source.put(CALENDAR, lesson())
    await source.remove(CALENDAR, "it_1")
    await source.put(CALENDAR, lesson())
    (event,) = await shown(google)
    assert event["status"] == "confirmed"


async def test_an_answer_lost_after_the_event_was_written_does_not_double_it(
    google: GoogleSandbox, source: GoogleCalendar
) -> None:
    break_it(google, "error_after")
    with pytest.raises(Outage, match="500"):
        await source.put(CALENDAR, lesson())
    await source.put(CALENDAR, lesson())
    assert len(await shown(google)) == 1


async def test_silence_is_an_outage_and_the_event_is_not_doubled(google: GoogleSandbox) -> None:
    impatient = connect(google, timeout=0.3)
    break_it(google, "timeout_after", seconds=5)
    with pytest.raises(Outage, match="cannot be reached"):
        await impatient.put(CALENDAR, lesson())
    await impatient.put(CALENDAR, lesson())
    assert len(await shown(google)) == 1


@pytest.mark.parametrize(
    ("fault", "said", "retry_after"),
    [("down", "503", None), ("rate_limit", "429", 7.0), ("quota", "quotaExceeded", None)],
)
async def test_an_outage_says_what_google_said_and_when_to_come_back(
    google: GoogleSandbox, source: GoogleCalendar, fault: str, said: str, retry_after: float | None
) -> None:
    break_it(google, fault, seconds=7 if fault == "rate_limit" else None)
    with pytest.raises(Outage, match=said) as caught:
        await source.put(CALENDAR, lesson())
    assert caught.value.retry_after == retry_after
    assert await shown(google) == []


async def test_a_server_that_is_not_there_is_an_outage(google: GoogleSandbox) -> None:
    key = google_credentials(google.world, "http://127.0.0.1:9")
    nowhere = GoogleCalendar(json.dumps(key), "http://127.0.0.1:9/google/calendar/v3/", 1.0)
    with pytest.raises(Outage, match="cannot be reached"):
        await nowhere.put(CALENDAR, lesson())


async def test_a_calendar_that_is_not_shared_with_us_says_how_to_share_it(source: GoogleCalendar) -> None:
    with pytest.raises(Outage, match="Share the calendar with the service account"):
        await source.put("somebody@example.com", lesson())


async def test_an_event_that_somebody_else_made_under_the_items_id_is_left_alone(
    google: GoogleSandbox, source: GoogleCalendar
) -> None:
    client = google.client()
    times = {"start": {"dateTime": NOON.isoformat()}, "end": {"dateTime": NOON.isoformat()}}
    theirs = {"id": event_id("it_1"), "summary": "Dentist", **times}
    await client.call(client.api.events().insert(calendarId=CALENDAR, body=theirs))
    with pytest.raises(ForeignEvent):
        await source.put(CALENDAR, lesson())
    assert [event["summary"] for event in await shown(google)] == ["Dentist"]


async def test_an_event_that_google_finds_wrong_is_our_mistake_and_no_outage(source: GoogleCalendar) -> None:
    backwards = lesson(ends_at=NOON - timedelta(hours=1))
    with pytest.raises(HttpError):
        await source.put(CALENDAR, backwards)


async def test_a_token_that_google_no_longer_takes_is_fetched_anew(
    google: GoogleSandbox, source: GoogleCalendar
) -> None:
    await source.put(CALENDAR, lesson())
    google.world.advance(7200)
    await source.put(CALENDAR, lesson("it_2"))
    assert len(await shown(google)) == 2


def test_a_key_that_is_no_key_is_refused_at_the_start() -> None:
    with pytest.raises(Misconfigured, match="HOLDFAST_GOOGLE_CREDENTIALS"):
        GoogleCalendar("{}", "http://127.0.0.1:9/")


def test_event_ids_use_only_the_letters_that_google_allows() -> None:
    ids = {event_id(f"it_{number}") for number in range(100)}
    assert len(ids) == 100
    assert set("".join(ids)) <= set("0123456789abcdefghijklmnopqrstuv")
