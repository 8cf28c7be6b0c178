"""Charges: each attempt to take money from a card, failed ones too."""

from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.lists import equal, listing
from sandbox.stripe.parameters import merged
from sandbox.world import Document


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return account.load("charge", id)


def update(account: Account, params: dict[str, Any], id: str) -> Document:
    charge = account.load("charge", id)
    changed = ("description", "receipt_email", "shipping", "transfer_group", "customer")
    before = {field: charge[field] for field in (*changed, "metadata") if field in params}
    charge.update({field: params[field] for field in changed if field in params})
    charge["metadata"] = merged(charge["metadata"], params.get("metadata"))
    account.save(charge)
    account.emit("charge.updated", charge, before)
    return charge


def list_all(account: Account, params: dict[str, Any]) -> Document:
    return listing(account, "charge", params, "/v1/charges", *equal(params, "customer", "payment_intent"))
