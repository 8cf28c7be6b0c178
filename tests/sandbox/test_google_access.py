"""Who may call the sandbox's Google, and which calendars there are."""

from collections.abc import AsyncIterator

import httpx
import pytest
from google.auth import jwt
from google.auth.crypt import RSASigner
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials

from sandbox.google import google_credentials
from sandbox.settings import GoogleSettings
from tests.support.google_client import reason, service_credentials
from tests.support.google_sandbox import CALENDAR, GoogleSandbox, google_sandbox, lesson

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
async def google() -> AsyncIterator[GoogleSandbox]:
    async with google_sandbox(GoogleSettings(calendars=("hall@example.com",))) as sandbox:
        yield sandbox


async def grant(google: GoogleSandbox, **form: str) -> httpx.Response:
    async with httpx.AsyncClient() as browser:
        return await browser.post(f"{google.base_url}/google/token", data=form)


async def test_calendars_of_the_sandbox_domain_exist_when_first_used(google: GoogleSandbox) -> None:
    client = google.client()
    calendars = client.api.calendars()
    assert (await client.call(calendars.get(calendarId=CALENDAR)))["id"] == CALENDAR
    assert (await client.call(calendars.get(calendarId="hall@example.com")))["timeZone"] == "UTC"
    unknown = await client.refused(calendars.get(calendarId="stranger@example.com"))
    assert reason(unknown) == (404, "notFound")


async def test_the_calendar_list_names_what_exists_and_the_callers_own(google: GoogleSandbox) -> None:
    client = google.client(subject="owner@sandbox.holdfast.test")
    await client.call(client.api.calendars().get(calendarId=CALENDAR))
    entries = (await client.call(client.api.calendarList().list()))["items"]
    assert {entry["id"] for entry in entries} == {
        CALENDAR,
        "hall@example.com",
        "owner@sandbox.holdfast.test",
    }
    own = await client.call(client.api.calendarList().get(calendarId="primary"))
    assert (own["id"], own["primary"]) == ("owner@sandbox.holdfast.test", True)


async def test_an_event_in_an_unknown_calendar_or_of_an_unknown_id_is_not_found(
    google: GoogleSandbox,
) -> None:
    client = google.client()
    events = client.api.events()
    for calendar in (CALENDAR, "stranger@example.com"):
        refusal = await client.refused(events.get(calendarId=calendar, eventId="nothing"))
        assert reason(refusal) == (404, "notFound")


async def test_an_unknown_token_is_refused(google: GoogleSandbox) -> None:
    client = google.client_with(Credentials("made-up"))
    with pytest.raises(RefreshError):
        await client.call(client.api.calendars().get(calendarId=CALENDAR))
    async with httpx.AsyncClient() as browser:
        address = f"{google.base_url}/google/calendar/v3/calendars/primary"
        answer = await browser.get(address, headers={"Authorization": "Bearer made-up"})
    assert answer.status_code == 401
    assert answer.json()["error"]["errors"][0]["reason"] == "authError"


async def test_a_token_runs_out_after_an_hour_and_the_client_gets_another(google: GoogleSandbox) -> None:
    client = google.client()
    request = client.api.calendars().get(calendarId=CALENDAR)
    await client.call(request)
    google.world.advance(3600)
    assert (await client.call(request))["id"] == CALENDAR
    assert len(google.world.all("google.token")) == 2


async def test_a_service_account_may_speak_for_itself_without_a_token(google: GoogleSandbox) -> None:
    credentials = service_credentials(google_credentials(google.world, google.base_url))
    client = google.client_with(credentials.with_always_use_jwt_access(True))  # type: ignore[attr-defined]
    await client.call(client.api.calendars().get(calendarId=CALENDAR))
    assert google.world.all("google.token") == []


async def test_a_bare_service_account_may_not_invite_anybody(google: GoogleSandbox) -> None:
    body = lesson(id="bk0001", attendees=[{"email": "ann@example.com"}])
    bare, delegated = google.client(), google.client(subject="owner@sandbox.holdfast.test")
    refusal = await bare.refused(bare.api.events().insert(calendarId=CALENDAR, body=body))
    assert reason(refusal) == (403, "forbiddenForServiceAccounts")
    written = await delegated.call(delegated.api.events().insert(calendarId=CALENDAR, body=body))
    assert written["attendees"] == [{"email": "ann@example.com", "responseStatus": "needsAction"}]


async def test_a_person_who_connected_a_calendar_gets_tokens_by_refresh(google: GoogleSandbox) -> None:
    credentials = Credentials(
        None,
        refresh_token="1//sandbox",
        token_uri=f"{google.base_url}/google/token",
        client_id="client",
        client_secret="secret",
    )
    client = google.client_with(credentials)
    own = await client.call(client.api.calendars().get(calendarId="primary"))
    assert own["id"] == "owner@sandbox.holdfast.test"


async def test_a_revoked_refresh_token_is_an_invalid_grant(google: GoogleSandbox) -> None:
    answer = await grant(google, grant_type="refresh_token", refresh_token="revoked", client_id="client")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def claims(**change: object) -> dict[str, object]:
    claim = {"iss": "holdfast@sandbox.iam.gserviceaccount.com", "iat": 1000, "exp": 4600}
    scope = {
        "aud": "https://oauth2.googleapis.com/token",
        "scope": "https://www.googleapis.com/auth/calendar",
    }
    return {name: value for name, value in (claim | scope | change).items() if value is not None}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"aud": "https://example.com"}, "invalid_grant"),
        ({"exp": 9999}, "invalid_grant"),
        ({"iss": "somebody@example.com"}, "invalid_grant"),
        ({"scope": None}, "invalid_scope"),
    ],
)
async def test_an_assertion_of_the_wrong_shape_is_refused(
    google: GoogleSandbox, change: dict[str, object], error: str
) -> None:
    signer = RSASigner.from_service_account_info(google_credentials(google.world, google.base_url))
    assertion = jwt.encode(signer, claims(**change)).decode()
    answer = await grant(google, grant_type=BEARER, assertion=assertion)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_an_assertion_that_was_tampered_with_is_refused(google: GoogleSandbox) -> None:
    signer = RSASigner.from_service_account_info(google_credentials(google.world, google.base_url))
    genuine, other = (jwt.encode(signer, claims(sub=name)).decode() for name in ("a@b.test", "c@d.test"))
    forged = ".".join([*other.split(".")[:2], genuine.split(".")[2]])
    answer = await grant(google, grant_type=BEARER, assertion=forged)
    assert answer.json()["error_description"] == "Invalid JWT Signature."


async def test_the_service_account_file_stays_the_same(google: GoogleSandbox) -> None:
    first = google_credentials(google.world, google.base_url)
    assert google_credentials(google.world, google.base_url + "/") == first
