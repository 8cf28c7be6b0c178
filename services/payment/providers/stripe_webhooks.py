"""Stripe's hints: who signed them, when, and which object they speak of."""

import json
import re
from datetime import datetime
from typing import Any

import stripe

from services.payment.providers.port import BadSignature, ObjectKind, OldSignature, ProviderEvent
from shared.storable import storable

OLDEST_SECONDS = 300
# Stripe's own are a good deal shorter.
LONGEST_ID = 100
_ID = re.compile(rf"[A-Za-z0-9_]{{1,{LONGEST_ID}}}")

# `events.list` takes at most twenty types.
BACKFILLED = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refunded",
    "charge.expired",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)


def verify(raw: bytes, header: str | None, secrets: tuple[str, ...], now: datetime) -> ProviderEvent:
    """The event, when one of our secrets signed exactly these bytes not long ago."""
    if not any(_signed(raw, header, secret) for secret in secrets):
        raise BadSignature("no secret of ours signed this body")
    # Only age is judged: a clock of ours that is behind must not turn hints away.
    if now.timestamp() - _signed_at(header or "") > OLDEST_SECONDS:
        raise OldSignature("the signature is genuine but too old")
    try:
        event = json.loads(raw)
        if event["object"] != "event" or not storable(event):
            raise ValueError("no event that can be kept")
        return event_of(event)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadSignature(f"signed, but not an event: {error!r}") from error


def _signed(raw: bytes, header: str | None, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(raw, header, secret, tolerance=None))
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        # What Stripe never writes makes its library stumble: other characters, times that are no numbers.
        return False


def _signed_at(header: str) -> int:
    return int(next(part[2:] for part in header.split(",") if part.startswith("t=")))


def event_of(event: dict[str, Any]) -> ProviderEvent:
    """Which object an event is about. Nothing else of its body is believed."""
    about = event["data"]["object"]
    kind, ref = _route(str(event["type"]), about)
    return ProviderEvent(
        event_id=_id(event["id"]),
        type=str(event["type"]),
        object_kind=kind,
        object_ref=ref,
        live=bool(event["livemode"]),
        raw=json.dumps(event),
    )


def _id(said: Any) -> str:
    if not isinstance(said, str) or not _ID.fullmatch(said):
        raise ValueError(f"no id: {said!r:.100}")
    return said


_KINDS: dict[str, ObjectKind] = {
    "checkout.session": "session",
    "payment_intent": "intent",
    "refund": "refund",
    "dispute": "dispute",
}


def _route(type_: str, about: dict[str, Any]) -> tuple[ObjectKind, str]:
    # `payment_intent.created` races what creates it and says nothing that the answer did not say.
    if type_ in BACKFILLED:
        if about.get("object") == "charge" and about.get("payment_intent"):
            return "intent", _id(about["payment_intent"])
        if about.get("object") in _KINDS:
            return _KINDS[about["object"]], _id(about["id"])
    return "ignored", str(about.get("id", ""))[:LONGEST_ID]
