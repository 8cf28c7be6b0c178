"""Stripe's objects as the port's snapshots."""

from typing import Any

import stripe

from services.payment.providers.port import (
    AttemptState,
    CustomerAction,
    Decline,
    DisputeSnapshot,
    PaymentSnapshot,
    ProviderRefs,
    RefundSnapshot,
    RefundState,
)
from services.payment.providers.stripe_amounts import decode
from services.payment.providers.stripe_declines import decline

Fields = dict[str, Any]

_INTENT_STATES: dict[str, AttemptState] = {
    "requires_payment_method": "action_required",
    "requires_confirmation": "action_required",
    "requires_action": "action_required",
    "processing": "processing",
    "requires_capture": "authorized",
    "succeeded": "succeeded",
    "canceled": "cancelled",
}
_REFUND_STATES: dict[str, RefundState] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}


def read_session(session: stripe.StripeObject) -> PaymentSnapshot:
    """A Checkout Session; its payment, once there is one, has the last word about money."""
    fields: Fields = session.to_dict()
    refs = ProviderRefs(session=fields["id"], intent=_id_of(fields.get("payment_intent")))
    intent = fields.get("payment_intent")
    paid = _of_intent(intent) if isinstance(intent, dict) else None
    if paid is not None and (paid.state in ("authorized", "succeeded") or fields["status"] == "complete"):
        return _under_session(paid, fields, refs)
    state: AttemptState = {"open": "action_required", "expired": "expired"}.get(  # type: ignore[assignment]
        fields["status"], "processing"
    )
    return PaymentSnapshot(
        refs=refs,
        state=state,
        amount=decode(fields["amount_total"] or 0, fields["currency"]),
        decline=paid.decline if paid else None,
        action=CustomerAction("redirect", url=fields["url"]) if fields.get("url") else None,
        attempt_id=_attempt_of(fields),
        provider_state=f"session {fields['status']}",
    )


def _under_session(paid: PaymentSnapshot, session: Fields, refs: ProviderRefs) -> PaymentSnapshot:
    return PaymentSnapshot(
        refs=refs,
        state=paid.state,
        amount=paid.amount,
        authorized=paid.authorized,
        captured=paid.captured,
        refunded=paid.refunded,
        decline=paid.decline,
        attempt_id=_attempt_of(session) or paid.attempt_id,
        provider_state=paid.provider_state,
    )


def read_intent(intent: stripe.StripeObject) -> PaymentSnapshot:
    """A PaymentIntent."""
    return _of_intent(intent.to_dict())


def _of_intent(fields: Fields) -> PaymentSnapshot:
    state = _INTENT_STATES[fields["status"]]
    currency = fields["currency"]
    charge = fields.get("latest_charge")
    refunded = charge["amount_refunded"] if isinstance(charge, dict) and state == "succeeded" else 0
    reserved = fields["amount"] if state in ("authorized", "succeeded") else 0
    if state == "authorized":
        reserved = fields["amount_capturable"]
    return PaymentSnapshot(
        refs=ProviderRefs(intent=fields["id"]),
        state=state,
        amount=decode(fields["amount"], currency),
        authorized=decode(reserved, currency).amount,
        captured=decode(fields["amount_received"] or 0, currency).amount,
        refunded=decode(refunded, currency).amount,
        decline=_decline_of(fields) if state == "action_required" else None,
        attempt_id=_attempt_of(fields),
        provider_state=f"payment_intent {fields['status']}",
    )


def is_form(intent: stripe.StripeObject) -> bool:
    """True when the payment was made for our own card form."""
    return bool((intent.to_dict().get("metadata") or {}).get("shown_as") == "form")


def read_dispute(dispute: stripe.StripeObject) -> DisputeSnapshot:
    """A Dispute."""
    fields: Fields = dispute.to_dict()
    return DisputeSnapshot(
        ref=fields["id"],
        intent_ref=_id_of(fields.get("payment_intent")),
        amount=decode(fields["amount"], fields["currency"]),
        status=fields["status"],
    )


def read_refund(refund: stripe.StripeObject) -> RefundSnapshot:
    """A Refund."""
    fields: Fields = refund.to_dict()
    return RefundSnapshot(
        ref=fields["id"],
        state=_REFUND_STATES[fields["status"] or "pending"],
        amount=decode(fields["amount"], fields["currency"]),
        refund_id=(fields.get("metadata") or {}).get("refund_id"),
        intent_ref=_id_of(fields.get("payment_intent")),
        failure=fields.get("failure_reason"),
    )


def _attempt_of(fields: Fields) -> str | None:
    found = (fields.get("metadata") or {}).get("attempt_id")
    return str(found) if found else None


def _id_of(value: Any) -> str | None:
    found = value["id"] if isinstance(value, dict) else value
    return str(found) if found else None


def _decline_of(fields: Fields) -> Decline | None:
    error = fields.get("last_payment_error")
    return decline(error.get("code"), error.get("decline_code")) if error else None
