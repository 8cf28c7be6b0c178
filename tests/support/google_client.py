"""The real Google client, pointed at the sandbox, with the discovery document watching."""

import asyncio
from typing import Any

import httplib2
import requests
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpRequest

from tests.support.discovery import check_exchange

SCOPES = ["https://www.googleapis.com/auth/calendar"]


class WatchedTransport:
    """Sends over requests, and holds every exchange against the discovery document.

    google-auth's own session asks a public Google host about regions; this one talks to the sandbox only.
    """

    def __init__(self, credentials: Credentials, timeout: float = 5) -> None:
        self._credentials = credentials
        self._session = requests.Session()
        self._timeout = timeout
        self.seen: list[str] = []

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        answer = self._sent(method, uri, body, dict(headers or {}))
        if answer.status_code == 401:
            self._credentials.refresh(Request(self._session))
            answer = self._sent(method, uri, body, dict(headers or {}))
        sent = body.encode() if isinstance(body, str) else body
        content_type = answer.headers.get("content-type", "")
        self.seen.append(check_exchange(method, uri, sent, answer.status_code, answer.content, content_type))
        status = {"status": str(answer.status_code)}
        return httplib2.Response({k.lower(): v for k, v in answer.headers.items()} | status), answer.content

    def close(self) -> None:
        self._session.close()

    def _sent(self, method: str, uri: str, body: Any, headers: dict[str, str]) -> requests.Response:
        if not self._credentials.valid:
            self._credentials.refresh(Request(self._session))
        self._credentials.apply(headers)
        return self._session.request(method, uri, data=body, headers=headers, timeout=self._timeout)


class GoogleClient:
    """What Holdfast's calendar service would use, one call at a time."""

    def __init__(self, base_url: str, credentials: Credentials, timeout: float = 5) -> None:
        self.transport = WatchedTransport(credentials, timeout)
        endpoint = {"api_endpoint": f"{base_url}/google/calendar/v3/"}
        self.api = build("calendar", "v3", http=self.transport, client_options=endpoint)

    def close(self) -> None:
        """Hang up."""
        self.transport.close()

    async def call(self, request: HttpRequest) -> Any:
        """The answer to a request."""
        return await asyncio.to_thread(request.execute, num_retries=0)

    async def refused(self, request: HttpRequest) -> HttpError:
        """The refusal of a request that must not work."""
        try:
            await self.call(request)
        except HttpError as refusal:
            return refusal
        raise AssertionError("the call was not refused")

    async def worked(self, request: HttpRequest) -> bool:
        """Whether a request was not refused."""
        try:
            await self.call(request)
        except HttpError:
            return False
        return True


def service_credentials(info: dict[str, Any], subject: str | None = None) -> Credentials:
    """A service account's credentials; with a subject it acts for somebody."""
    made: Credentials = service_account.Credentials.from_service_account_info(
        info, scopes=SCOPES, subject=subject
    )
    return made


def reason(refusal: HttpError) -> tuple[int, str]:
    """The status and Google's reason for it."""
    return refusal.status_code, refusal.error_details[0]["reason"]
