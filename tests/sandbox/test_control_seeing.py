"""Seeing the inbox and the calendars, and moving the clock."""

from collections.abc import AsyncIterator

import pytest

from sandbox.google.accounts import SERVICE_ACCOUNT
from tests.support.google_sandbox import CALENDAR, lesson
from tests.support.whole_sandbox import Outside, whole_sandbox

INVITATION = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with whole_sandbox() as running:
        yield running


async def test_mails_are_listed_newest_first_and_found_by_recipient_and_subject(outside: Outside) -> None:
    await outside.mail("Confirmed")
    await outside.mail("New booking", to="piano@example.com")
    await outside.mail("Reminder")

    async def subjects(**query: str) -> list[str]:
        found = (await outside.control.get("/control/mails", params=query)).json()
        return [mail["subject"] for mail in found]

    assert await subjects() == ["Reminder", "New booking", "Confirmed"]
    assert await subjects(to="ANN@example.com") == ["Reminder", "Confirmed"]
    assert await subjects(to="ann", subject="confirm") == ["Confirmed"]


async def test_a_mail_is_read_whole_as_html_and_as_invitation(outside: Outside) -> None:
    await outside.mail("Confirmed", ics=INVITATION)
    (listed,) = (await outside.control.get("/control/mails")).json()
    path = f"/control/mails/{listed['id']}"
    whole = (await outside.control.get(path)).json()
    assert whole["text"].strip() == "Confirmed."
    assert "Subject: Confirmed" in whole["raw"]
    html = await outside.control.get(f"{path}/html")
    assert "<h1>Confirmed</h1>" in html.text
    assert html.headers["content-security-policy"].startswith("sandbox ")
    ics = await outside.control.get(f"{path}/calendar.ics")
    assert ics.text == INVITATION
    assert ics.headers["content-type"] == "text/calendar; method=REQUEST; charset=utf-8"


@pytest.mark.parametrize("path", ["mails/none", "mails/none/html", "mails/none/calendar.ics", "nonsense"])
async def test_what_is_not_there_is_a_problem_with_a_next_step(outside: Outside, path: str) -> None:
    answer = await outside.control.get(f"/control/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["next"]


async def test_a_mail_without_an_invitation_says_so(outside: Outside) -> None:
    await outside.mail("Reminder")
    (listed,) = (await outside.control.get("/control/mails")).json()
    answer = await outside.control.get(f"/control/mails/{listed['id']}/calendar.ics")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_calendar_shows_live_events_in_order_and_deleted_ones_on_request(outside: Outside) -> None:
    client = outside.google()
    events = client.api.events()
    for hour, event_id in ((14, "hour14"), (9, "hour09"), (11, "hour11")):
        await client.call(events.insert(calendarId=CALENDAR, body=lesson(hour, id=event_id)))
    await client.call(events.delete(calendarId=CALENDAR, eventId="hour11"))
    live = (await outside.control.get("/control/calendar")).json()
    every = (await outside.control.get("/control/calendar", params={"deleted": "true"})).json()
    assert [event["id"] for event in live] == ["hour09", "hour14"]
    assert [event["status"] for event in every] == ["confirmed", "cancelled", "confirmed"]
    assert live[0]["calendar"] == CALENDAR


async def test_there_are_no_texts_yet(outside: Outside) -> None:
    assert (await outside.control.get("/control/texts")).json() == []


async def test_the_clock_moves_forward_only(outside: Outside) -> None:
    before = (await outside.control.get("/control/clock")).json()["now"]
    after = (await outside.control.post("/control/clock", json={"advance_seconds": 1860})).json()["now"]
    assert (before, after) == ("2026-11-23T09:00:00+00:00", "2026-11-23T09:31:00+00:00")
    back = await outside.control.post("/control/clock", json={"advance_seconds": -1})
    assert (back.status_code, back.json()["code"]) == (422, "invalid_request")


async def test_a_reset_forgets_everything_but_the_service_account_and_the_time(outside: Outside) -> None:
    await outside.mail("Confirmed")
    client = outside.google()
    await client.call(client.api.events().insert(calendarId=CALENDAR, body=lesson()))
    await outside.control.post("/control/clock", json={"advance_seconds": 60})
    now = (await outside.control.post("/control/reset")).json()["now"]
    assert now == "2026-11-23T09:01:00+00:00"
    assert (await outside.control.get("/control/mails")).json() == []
    assert (await outside.control.get("/control/calendar")).json() == []
    await client.call(client.api.events().insert(calendarId=CALENDAR, body=lesson()))


async def test_the_service_account_file_is_handed_out(outside: Outside) -> None:
    info = (await outside.control.get("/control/google/credentials")).json()
    assert info["client_email"] == SERVICE_ACCOUNT
    assert info["token_uri"] == f"{outside.base_url}/google/token"


async def test_the_control_api_describes_itself(outside: Outside) -> None:
    described = (await outside.control.get("/control/openapi.json")).json()
    ways = {f"{verb} {path}" for path, verbs in described["paths"].items() for verb in verbs}
    assert {"post /control/pay", "get /control/mails", "post /control/faults"} <= ways
    assert not any("/stripe/" in way or "/google/calendar" in way for way in ways)
