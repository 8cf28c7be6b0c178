"""What a browser may do with a publishable key: only what the client secret opens."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.errors import StripeError, missing, no_such
from sandbox.stripe.forms import Form
from sandbox.stripe.parameters import Fields
from sandbox.world import Document

Operation = Callable[..., Document]

_SHOWN = {
    "payment_intent": (
        "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at",
        "cancellation_reason", "capture_method", "client_secret", "confirmation_method", "created",
        "currency", "description", "last_payment_error", "livemode", "next_action", "payment_method",
        "payment_method_types", "processing", "receipt_email", "setup_future_usage", "shipping", "source",
        "status",
    ),
    "setup_intent": (
        "id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret", "created",
        "description", "last_setup_error", "livemode", "next_action", "payment_method",
        "payment_method_types", "status", "usage",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Browser:
    """What a publishable key may send, and what is done with it."""

    accepts: Fields
    does: Operation


def admitted(
    account: Account, allowed: Browser | None, ids: dict[str, str], form: Form
) -> tuple[Operation, dict[str, Any]]:
    """The operation a publishable key may have done; refused without the right client secret."""
    if allowed is None:
        raise StripeError(
            "This API call cannot be made with a publishable API key. Please use a secret API key.",
            status=401,
            code="secret_key_required",
        )
    params = allowed.accepts.read(form)
    if "id" in ids:
        _check_secret(account, ids["id"], params)
    return allowed.does, params


def _check_secret(account: Account, id: str, params: dict[str, Any]) -> None:
    object = "setup_intent" if id.startswith("seti_") else "payment_intent"
    intent = account.peek(object, id)
    if intent is None:
        raise no_such(object, id, "intent")
    if "client_secret" not in params:
        raise missing("client_secret")
    if not hmac.compare_digest(intent["client_secret"], params["client_secret"]):
        raise StripeError(
            f"The client_secret provided does not match any associated {object} on this account.",
            code=f"{object}_invalid_parameter",
            param="client_secret",
        )


def as_seen_by_browser(document: Document) -> Document:
    """The object without what only the business may know."""
    shown = _SHOWN.get(document["object"])
    return document if shown is None else {field: document[field] for field in shown if field in document}
