"""Google Calendar as a source, through a service account with which the calendar is shared."""

import base64
import hashlib
import html
import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import anyio.to_thread
import httplib2
import requests
from anyio import CapacityLimiter
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from services.calendar.sources.port import OutsideEvent
from shared.errors import Misconfigured, Outage

SCOPES = ["https://www.googleapis.com/auth/calendar.events"]
TIMEOUT = 10.0
AT_ONCE = 4

_OVER_THE_LIMIT = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"}

T = TypeVar("T")


class ForeignEvent(Exception):
    """The id that belongs to a booked item is used by an event that somebody else made."""


def event_id(key: str) -> str:
    """The id an item's event has on every calendar. Google wants base32hex letters and digits."""
    return base64.b32hexencode(hashlib.sha256(key.encode()).digest()).decode().lower().rstrip("=")


class GoogleCalendar:
    """Writes events as a service account. It invites nobody: without delegation Google refuses attendees."""

    def __init__(self, key: str, api_base: str, timeout: float = TIMEOUT) -> None:
        try:
            self._credentials = service_account.Credentials.from_service_account_info(
                json.loads(key), scopes=SCOPES
            )
        except ValueError as error:
            raise Misconfigured(f"HOLDFAST_GOOGLE_CREDENTIALS is no service account key: {error}") from error
        self._refreshing = threading.Lock()
        self._timeout = timeout
        endpoint = {"api_endpoint": api_base.rstrip("/") + "/"}
        # The description of the API comes with the client: building asks nobody.
        self._api = build(
            "calendar", "v3", http=httplib2.Http(), client_options=endpoint, cache_discovery=False
        )
        self._limiter: CapacityLimiter | None = None

    async def put(self, calendar: str, event: OutsideEvent) -> str:
        """Have exactly one event for the key, as given."""
        return await self._in_thread(partial(self._put, calendar, event))

    async def remove(self, calendar: str, key: str) -> None:
        """Have no event for the key."""
        await self._in_thread(partial(self._remove, calendar, event_id(key)))

    async def _in_thread(self, work: Callable[["_Transport"], T]) -> T:
        # Made here because a limiter belongs to the loop that is running.
        self._limiter = self._limiter or CapacityLimiter(AT_ONCE)
        return await anyio.to_thread.run_sync(self._speak, work, limiter=self._limiter)

    def _speak(self, work: Callable[["_Transport"], T]) -> T:
        # Sessions are not safe to share between threads, and calls are few: each has its own.
        with requests.Session() as session:
            try:
                return work(_Transport(session, self._credentials, self._refreshing, self._timeout))
            except (requests.RequestException, GoogleAuthError) as error:
                raise Outage(f"Google Calendar cannot be reached: {error}") from error
            except HttpError as error:
                outage = _outage(error)
                if outage is None:
                    raise
                raise outage from error

    def _put(self, calendar: str, event: OutsideEvent, transport: "_Transport") -> str:
        body = _body(event)
        events = self._api.events()
        try:
            created = events.insert(calendarId=calendar, body=body).execute(http=transport, num_retries=0)
            return str(created["id"])
        except HttpError as error:
            if error.status_code != 409:
                raise
        # It was written before: the answer was lost, or the booking has changed, or it was removed since.
        found = events.get(calendarId=calendar, eventId=body["id"]).execute(http=transport, num_retries=0)
        if not _is_ours(found, event.key):
            raise ForeignEvent(f"{calendar} has an event {body['id']} that is not of {event.key}")
        if not _shows(found, body):
            change = {name: value for name, value in body.items() if name != "id"}
            request = events.patch(calendarId=calendar, eventId=body["id"], body=change)
            request.execute(http=transport, num_retries=0)
        return str(body["id"])

    def _remove(self, calendar: str, id: str, transport: "_Transport") -> None:
        try:
            request = self._api.events().delete(calendarId=calendar, eventId=id, sendUpdates="none")
            request.execute(http=transport, num_retries=0)
        except HttpError as error:
            # 404: it was never there. 410: it is gone already.
            if error.status_code not in (404, 410):
                raise


class _Transport:
    """What the client sends through: `requests`, because httplib2 shared by threads loses calls.

    google-auth's own session would do, but it also asks a public host about regions.
    """

    def __init__(
        self,
        session: requests.Session,
        credentials: service_account.Credentials,
        refreshing: threading.Lock,
        timeout: float,
    ) -> None:
        self._session = session
        self._credentials = credentials
        self._refreshing = refreshing
        self._timeout = timeout

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        """One exchange; a token that Google no longer takes is fetched anew once."""
        sent = self._sent(uri, method, body, headers, refresh=False)
        if sent.status_code == 401:
            sent = self._sent(uri, method, body, headers, refresh=True)
        known = {name.lower(): value for name, value in sent.headers.items()}
        return httplib2.Response({**known, "status": str(sent.status_code)}), sent.content

    def _sent(self, uri: str, method: str, body: Any, headers: Any, *, refresh: bool) -> requests.Response:
        authorized = dict(headers or {})
        with self._refreshing:
            if refresh or not self._credentials.valid:
                self._credentials.refresh(partial(Request(self._session), timeout=self._timeout))
            self._credentials.apply(authorized)
        return self._session.request(method, uri, data=body, headers=authorized, timeout=self._timeout)


def _body(event: OutsideEvent) -> dict[str, Any]:
    zone = ZoneInfo(event.timezone)
    body = {
        "id": event_id(event.key),
        "status": "confirmed",
        "summary": event.title,
        # Google shows descriptions as HTML, and these lines were typed by strangers.
        "description": "\n".join(html.escape(line, quote=False) for line in event.lines),
        "location": event.location,
        "start": {"dateTime": event.starts_at.astimezone(zone).isoformat(), "timeZone": event.timezone},
        "end": {"dateTime": event.ends_at.astimezone(zone).isoformat(), "timeZone": event.timezone},
    }
    written = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return body | {"extendedProperties": {"private": {"holdfastItem": event.key, "holdfastContent": written}}}


def _private(found: dict[str, Any]) -> dict[str, str]:
    private: dict[str, str] = found.get("extendedProperties", {}).get("private", {})
    return private


def _is_ours(found: dict[str, Any], key: str) -> bool:
    return _private(found).get("holdfastItem") == key


def _shows(found: dict[str, Any], body: dict[str, Any]) -> bool:
    same = _private(found).get("holdfastContent") == _private(body)["holdfastContent"]
    return same and found.get("status") != "cancelled"


def _outage(error: HttpError) -> Outage | None:
    """Google's refusals that time or a person can mend are outages; the others are our mistakes."""
    reason = _reason(error)
    if error.status_code >= 500 or error.status_code == 429 or reason in _OVER_THE_LIMIT:
        return Outage(f"Google Calendar: {error.status_code} {reason}", retry_after=_retry_after(error))
    if error.status_code in (401, 403, 404):
        return Outage(
            f"Google Calendar: {error.status_code} {reason}. Share the calendar with the service account, "
            "with the right to change events."
        )
    return None


def _reason(error: HttpError) -> str:
    details = error.error_details
    if isinstance(details, list) and details and isinstance(details[0], dict):
        return str(details[0].get("reason", ""))
    return str(error.reason)


def _retry_after(error: HttpError) -> float | None:
    written = error.resp.get("retry-after", "")
    return float(written) if written.isdigit() else None
