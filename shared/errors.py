"""What can go wrong, in three families.

HoldfastError
  Refusal        the business says no          4xx with a code; never retried; never logged as an error
    BadRequest   the question makes no sense   422
    NotFound     there is no such thing        404
    Forbidden    not for this caller           401 or 403
  Outage         the world is down             503, or the work is done again later
(anything else)  a bug                         500, or a dead letter, and an alert
"""

from collections.abc import Sequence
from typing import Any


class HoldfastError(Exception):
    """The root of all errors that Holdfast raises on purpose."""


class Refusal(HoldfastError):
    """The business says no: a stable code, a plain sentence, and what can be done next."""

    status = 409

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        next_steps: list[dict[str, str]] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or type(self).status
        self.next_steps = next_steps or []
        self.extra = extra

    def problem(self) -> dict[str, Any]:
        """The body of an `application/problem+json` answer (RFC 9457)."""
        return {
            "type": f"urn:holdfast:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "code": self.code,
            "detail": self.message,
            "next": self.next_steps,
            **self.extra,
        }


class BadRequest(Refusal):
    """The question makes no sense as it was asked."""

    status = 422


class NotFound(Refusal):
    """There is no such thing, or not for this caller."""

    status = 404


class Forbidden(Refusal):
    """The caller may not do this."""

    status = 403


class Outage(HoldfastError):
    """Something outside is down or busy; the same work may succeed later."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class Misconfigured(HoldfastError):
    """A setting, file or server is not as it must be; the message says what to do."""


def own_complaints(errors: Sequence[Any]) -> list[Any]:
    """Without the complaints that a list is empty only because its entries were refused."""
    return [
        one
        for one in errors
        if one["type"] != "too_short"
        or not any(other["loc"][: len(one["loc"])] == one["loc"] for other in errors if other is not one)
    ]
