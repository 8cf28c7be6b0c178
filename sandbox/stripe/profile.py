"""The account itself."""

from typing import Any

from sandbox.stripe.account import Account
from sandbox.world import Document


def retrieve(account: Account, params: dict[str, Any]) -> Document:
    return {
        "id": "acct_sandbox",
        "object": "account",
        "business_profile": {"name": account.settings.business_name},
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": account.settings.business_name}},
        "type": "standard",
    }
