"""Production does not start with open doors."""

import pytest
from pydantic import ValidationError

from services.gateway.settings import Settings
from shared.errors import Misconfigured
from tests.support.gateway import settings_for

PRODUCTION = {
    "environment": "production",
    "public_url": "https://book.example",
    "internal_key": "0f3c9a1b5d7e2468",
    "secret": "8642e7d5b1a9c3f0",
    "operator_key": "hk_op_9a1b5d7e24680f3c",
}


def test_production_starts_with_secrets_of_its_own() -> None:
    assert settings_for(**PRODUCTION).over_https


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("operator_key", ""),
        ("operator_key", "hk_op_short"),
        ("internal_key", "development-only-key"),
        ("secret", "development-only-secret"),
        ("public_url", ""),
        ("public_url", "http://book.example"),
        ("sandbox_url", "http://127.0.0.1:8105"),
    ],
)
def test_production_refuses_and_names_the_setting(setting: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"HOLDFAST_{setting.upper()}"):
        settings_for(**{**PRODUCTION, setting: value})


def test_development_starts_with_nothing_set_and_no_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLDFAST_OPERATOR_KEY", raising=False)
    settings = Settings()
    assert (settings.operator_key, settings.site) == ("", "http://127.0.0.1:8000")


def test_a_trusted_proxy_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValidationError):
        settings_for(trusted_proxies=["everybody"])
