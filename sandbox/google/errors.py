"""Refusals in the shape the Calendar API writes them."""

from typing import Any

from fastapi.responses import JSONResponse


class CalendarError(Exception):
    """Google says no."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.location = location
        self.headers = headers

    def response(self) -> JSONResponse:
        """The answer on the wire."""
        detail: dict[str, Any] = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.location:
            detail["locationType"], detail["location"] = self.location
        error = {"errors": [detail], "code": self.status, "message": self.message}
        return JSONResponse({"error": error}, status_code=self.status, headers=self.headers)


def not_found() -> CalendarError:
    """There is no such calendar, event or channel."""
    return CalendarError(404, "notFound", "Not Found")


def invalid(message: str, location: str | None = None) -> CalendarError:
    """A value makes no sense."""
    return CalendarError(400, "invalid", message, location=("parameter", location) if location else None)


def required(message: str) -> CalendarError:
    """Something needed was left out."""
    return CalendarError(400, "required", message)


def duplicate() -> CalendarError:
    """The id was used before, even if that event has been deleted since."""
    return CalendarError(409, "duplicate", "The requested identifier already exists.")


def deleted() -> CalendarError:
    """The event was deleted before."""
    return CalendarError(410, "deleted", "Resource has been deleted")


def condition_not_met() -> CalendarError:
    """The event has changed since the caller read it."""
    return CalendarError(412, "conditionNotMet", "Precondition Failed", location=("header", "If-Match"))


def full_sync_required() -> CalendarError:
    """The sync token is too old to tell what changed since."""
    message = "Sync token is no longer valid, a full sync is required."
    where = ("parameter", "syncToken")
    return CalendarError(410, "fullSyncRequired", message, domain="calendar", location=where)


def time_range_empty() -> CalendarError:
    """The end is not after the start."""
    where = ("parameter", "timeMax")
    message = "The specified time range is empty."
    return CalendarError(400, "timeRangeEmpty", message, domain="calendar", location=where)


def bad_credentials() -> CalendarError:
    """The access token is unknown or has run out."""
    return CalendarError(401, "authError", "Invalid Credentials", location=("header", "Authorization"))


def no_invitations() -> CalendarError:
    """A bare service account may not invite anybody."""
    message = "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority."
    return CalendarError(403, "forbiddenForServiceAccounts", message, domain="calendar")


def backend_error(status: int) -> CalendarError:
    """Google is having trouble."""
    return CalendarError(status, "backendError", "Backend Error" if status == 500 else "Service Unavailable")
