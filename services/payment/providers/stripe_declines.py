"""Why Stripe says a card was refused, in words that a customer may read."""

from services.payment.providers.port import Decline, DeclineReason

_REASONS: dict[DeclineReason, str] = {
    "insufficient_funds": "insufficient_funds withdrawal_count_limit_exceeded",
    "expired_card": "expired_card invalid_expiry_month invalid_expiry_year",
    "incorrect_details": (
        "incorrect_cvc invalid_cvc incorrect_number invalid_number incorrect_zip incorrect_pin invalid_pin "
        "incorrect_address invalid_account"
    ),
    "authentication_failed": (
        "authentication_required payment_intent_authentication_failure authentication_not_handled "
        "offline_pin_required online_or_offline_pin_required approve_with_id "
        "mobile_device_authentication_required"
    ),
    "card_not_supported": (
        "card_not_supported currency_not_supported not_permitted service_not_allowed "
        "transaction_not_allowed restricted_card invalid_amount"
    ),
    "limit_exceeded": "card_velocity_exceeded pin_try_exceeded",
    "processing_error": (
        "processing_error issuer_not_available reenter_transaction try_again_later duplicate_transaction"
    ),
}
# Never tell a thief that the card is known as lost, stolen or suspected: the rest is a plain refusal.
_BY_CODE = {code: reason for reason, codes in _REASONS.items() for code in codes.split()}


def decline(code: str | None, decline_code: str | None) -> Decline:
    """The decline that Stripe describes by an error code and the bank's decline code."""
    exact = decline_code or code or "card_declined"
    reason = _BY_CODE.get(exact) or (_BY_CODE.get(code or "") if not decline_code else None)
    return Decline(reason or "card_declined", exact)
