"""A production run refuses whatever would take no real money."""

from typing import Any

import pytest

from services.payment.settings import Settings
from shared.errors import Misconfigured

LIVE = {
    "environment": "production",
    "internal_key": "k" * 32,
    "secret": "s" * 32,
    "public_url": "https://book.example.com",
    "stripe_secret_key": "sk_live_1",
    "stripe_publishable_key": "pk_live_1",
    "stripe_webhook_secret": "whsec_1",
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "PUBLISHABLE_KEY", "WEBHOOK_SECRET", "API_BASE"):
        monkeypatch.delenv(f"HOLDFAST_STRIPE_{name}", raising=False)
    monkeypatch.delenv("HOLDFAST_SANDBOX_URL", raising=False)


def test_live_keys_start_and_go_to_stripe() -> None:
    settings = Settings(**LIVE)  # type: ignore[arg-type]
    assert settings.stripe_account().api_base is None
    assert settings.stripe_account().script_url == "https://js.stripe.com/endive/stripe.js"
    assert settings.is_live


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"stripe_secret_key": "sk_test_1"}, "HOLDFAST_STRIPE_SECRET_KEY is a test key"),
        ({"stripe_secret_key": "rk_test_1"}, "HOLDFAST_STRIPE_SECRET_KEY is a test key"),
        ({"stripe_publishable_key": "pk_test_1"}, "HOLDFAST_STRIPE_PUBLISHABLE_KEY is a test key"),
        ({"stripe_api_base": "http://127.0.0.1:8105/stripe"}, "HOLDFAST_STRIPE_API_BASE is set"),
        ({"stripe_webhook_secret": ""}, "HOLDFAST_STRIPE_WEBHOOK_SECRET"),
        ({"stripe_secret_key": ""}, "HOLDFAST_STRIPE_SECRET_KEY"),
        ({"sandbox_url": "http://127.0.0.1:8105"}, "HOLDFAST_SANDBOX_URL is set"),
    ],
)
def test_production_refuses_to_start_and_says_what_to_do(wrong: dict[str, Any], names: str) -> None:
    with pytest.raises(Misconfigured, match=names):
        Settings(**{**LIVE, **wrong})


def test_without_keys_the_sandbox_is_the_provider() -> None:
    account = Settings(sandbox_url="http://127.0.0.1:8000/sandbox").stripe_account()
    assert account.api_base == "http://127.0.0.1:8000/sandbox/stripe"
    assert account.script_url == "http://127.0.0.1:8000/sandbox/stripe/js/stripe.js"
    assert account.secret_key.startswith("sk_test_")


def test_a_test_key_of_ones_own_goes_to_the_real_stripe() -> None:
    settings = Settings(stripe_secret_key="sk_test_mine", sandbox_url="http://127.0.0.1:8105")
    assert settings.stripe_account().api_base is None
    assert not settings.is_live


def test_two_webhook_secrets_are_both_known_while_one_replaces_the_other() -> None:
    account = Settings(stripe_webhook_secret="whsec_old, whsec_new").stripe_account()
    assert account.webhook_secrets == ("whsec_old", "whsec_new")
