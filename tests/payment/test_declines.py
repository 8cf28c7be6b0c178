"""Refused cards in words that a customer may read."""

import pytest

from services.payment.providers.stripe_declines import decline


@pytest.mark.parametrize(
    ("code", "decline_code", "reason"),
    [
        ("card_declined", "insufficient_funds", "insufficient_funds"),
        ("expired_card", "expired_card", "expired_card"),
        ("expired_card", None, "expired_card"),
        ("incorrect_cvc", "incorrect_cvc", "incorrect_details"),
        ("card_declined", "authentication_required", "authentication_failed"),
        ("payment_intent_authentication_failure", None, "authentication_failed"),
        ("card_declined", "card_velocity_exceeded", "limit_exceeded"),
        ("processing_error", "processing_error", "processing_error"),
        ("card_declined", "currency_not_supported", "card_not_supported"),
        ("card_declined", "generic_decline", "card_declined"),
        ("card_declined", "something_new", "card_declined"),
        (None, None, "card_declined"),
    ],
)
def test_a_decline_has_a_stable_reason(code: str | None, decline_code: str | None, reason: str) -> None:
    assert decline(code, decline_code).reason == reason


@pytest.mark.parametrize(
    "secret", ["fraudulent", "lost_card", "stolen_card", "pickup_card", "merchant_blacklist"]
)
def test_what_a_thief_must_not_learn_reads_as_a_plain_refusal(secret: str) -> None:
    found = decline("card_declined", secret)
    assert (found.reason, found.code) == ("card_declined", secret)
