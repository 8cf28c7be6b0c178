"""Google breaking in the ways it breaks."""

from collections.abc import AsyncIterator

import pytest
import requests

from sandbox.faults import arm
from sandbox.google import GOOGLE_FAULTS
from tests.support.google_client import GoogleClient, reason
from tests.support.google_sandbox import CALENDAR, GoogleSandbox, google_sandbox, lesson

BY_NAME = {fault.name: fault for fault in GOOGLE_FAULTS}


@pytest.fixture
async def google() -> AsyncIterator[GoogleSandbox]:
    async with google_sandbox() as sandbox:
        yield sandbox


def break_it(
    google: GoogleSandbox, name: str, count: int | None = None, seconds: float | None = None
) -> None:
    arm(google.world, BY_NAME[name], count, seconds)


async def stored(client: GoogleClient) -> list[str]:
    answer = await client.call(client.api.events().list(calendarId=CALENDAR))
    return [event["id"] for event in answer["items"]]


async def test_a_calendar_that_is_down_for_two_calls_works_on_the_third(google: GoogleSandbox) -> None:
    break_it(google, "down", count=2)
    client = google.client()
    request = client.api.events().insert(calendarId=CALENDAR, body=lesson(id="bk0001"))
    for _ in range(2):
        assert reason(await client.refused(request)) == (503, "backendError")
    await client.call(request)
    assert await stored(client) == ["bk0001"]


async def test_an_outage_lasts_as_long_as_it_was_told_to(google: GoogleSandbox) -> None:
    break_it(google, "down", seconds=60)
    client = google.client()
    request = client.api.events().list(calendarId=CALENDAR)
    for _ in range(3):
        assert (await client.refused(request)).status_code == 503
    google.world.advance(61)
    assert await stored(client) == []


async def test_an_error_after_success_leaves_the_event_written(google: GoogleSandbox) -> None:
    break_it(google, "error_after")
    client = google.client()
    assert await stored(client) == []
    request = client.api.events().insert(calendarId=CALENDAR, body=lesson(id="bk0001"))
    assert reason(await client.refused(request)) == (500, "backendError")
    assert reason(await client.refused(request)) == (409, "duplicate")
    assert await stored(client) == ["bk0001"]


async def test_silence_after_success_leaves_the_event_written(google: GoogleSandbox) -> None:
    break_it(google, "timeout_after")
    client = google.client()
    await stored(client)
    hasty = google.client(timeout=0.3)
    with pytest.raises(requests.exceptions.ReadTimeout):
        await hasty.call(hasty.api.events().insert(calendarId=CALENDAR, body=lesson(id="bk0001")))
    assert await stored(client) == ["bk0001"]


async def test_too_many_requests_say_when_to_come_back(google: GoogleSandbox) -> None:
    break_it(google, "rate_limit", seconds=7)
    client = google.client()
    refusal = await client.refused(client.api.events().list(calendarId=CALENDAR))
    assert reason(refusal) == (429, "rateLimitExceeded")
    assert refusal.resp["retry-after"] == "7"


async def test_a_used_up_quota_is_a_403(google: GoogleSandbox) -> None:
    break_it(google, "quota")
    client = google.client()
    refusal = await client.refused(client.api.events().list(calendarId=CALENDAR))
    assert reason(refusal) == (403, "quotaExceeded")


async def test_a_slow_calendar_still_answers(google: GoogleSandbox) -> None:
    break_it(google, "slow", seconds=0.2)
    client = google.client()
    assert await stored(client) == []
    assert google.world.armed() == []


async def test_a_forgotten_sync_token_asks_for_a_full_sync_once(google: GoogleSandbox) -> None:
    client = google.client()
    token = (await client.call(client.api.events().list(calendarId=CALENDAR)))["nextSyncToken"]
    break_it(google, "sync_expired")
    request = client.api.events().list(calendarId=CALENDAR, syncToken=token)
    assert reason(await client.refused(request)) == (410, "fullSyncRequired")
    await client.call(request)
