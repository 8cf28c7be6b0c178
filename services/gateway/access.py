"""Who may see and do what: the operator's key and the customer's manage token."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers

from shared.errors import Forbidden

OPERATOR_PREFIX = "hk_op_"


@dataclass(frozen=True, slots=True)
class Access:
    """What a request shows about its caller."""

    operator: bool
    manage_token: str | None
    author: str

    @property
    def headers(self) -> Mapping[str, str]:
        """How a service is told. Nothing that the caller sent under these names gets through."""
        told: dict[str, str] = {}
        if self.operator:
            told["x-operator"] = "yes"
        if self.manage_token:
            told["x-manage-token"] = self.manage_token
        return told


class Doorkeeper:
    """Compares operator keys without telling how close a wrong one was."""

    def __init__(self, operator_key: str) -> None:
        self._key = operator_key.encode()

    def look(self, headers: Headers) -> Access:
        """What the headers show. A bearer that is no operator key is a manage token."""
        bearer = _bearer(headers)
        shown = headers.get("x-operator-key") or bearer or ""
        operator = self._opens(shown)
        token = headers.get("x-manage-token") or (None if operator or _looks_operator(bearer) else bearer)
        return Access(operator, token or None, _author(headers))

    def operator(self, headers: Headers) -> Access:
        """The operator, or a refusal that says what to send."""
        access = self.look(headers)
        if access.operator:
            return access
        if "authorization" in headers or "x-operator-key" in headers:
            raise Forbidden(
                "operators_only", "This is for operators, and the key shown is not the operator's."
            )
        raise Forbidden(
            "operator_key_needed",
            "This is for operators. Show the operator's key.",
            status=401,
            next_steps=[{"action": "send the header Authorization: Bearer <operator key>"}],
        )

    def _opens(self, shown: str) -> bool:
        # An empty key opens nothing: an installation without one has no operator.
        return bool(self._key) and hmac.compare_digest(shown.encode(), self._key)


def _bearer(headers: Headers) -> str | None:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def _looks_operator(bearer: str | None) -> bool:
    return bearer is not None and bearer.startswith(OPERATOR_PREFIX)


def _author(headers: Headers) -> str:
    name = "".join(letter for letter in headers.get("x-operator-name", "") if letter.isprintable())
    return name.strip()[:80] or "operator"
