"""Cards: made from test numbers, kept with a customer."""

import hashlib
from typing import Any

from sandbox.stripe.account import Account, public
from sandbox.stripe.cards import CARDS, Card, checks_out, named
from sandbox.stripe.errors import ParameterError, StripeError, card_error, missing
from sandbox.stripe.lists import equal, listing
from sandbox.stripe.parameters import merged
from sandbox.world import Document

_NOBODY: Document = {
    "address": {
        "city": None,
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    },
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


def card_of(method: Document) -> Card:
    """The test card behind a payment method."""
    return CARDS[method["_number"]]


def make(account: Account, data: dict[str, Any]) -> Document:
    """A payment method from a test number or a ready-made token."""
    details = data.get("card")
    if details is None:
        raise missing("card")
    card = _card(account, details)
    month, year = details.get("exp_month", 12), details.get("exp_year", account.world.now().year + 3)
    return account.save(
        account.new(
            "payment_method",
            type="card",
            allow_redisplay=data.get("allow_redisplay", "unspecified"),
            billing_details={**_NOBODY, **data.get("billing_details", {})},
            card=_public_card(
                card, month, year, "pass" if details.get("cvc") or "token" in details else None
            ),
            customer=None,
            customer_account=None,
            metadata=merged({}, data.get("metadata")),
            _number=card.number,
            _set_up=False,
        )
    )


def resolve(account: Account, id: str) -> Document:
    """The payment method of that id; a ready-made `pm_card_…` becomes a new one."""
    if id.startswith("pm_card_") and named(id) is not None:
        return make(account, {"type": "card", "card": {"token": id}})
    return account.load("payment_method", id, "payment_method")


def attach_to(account: Account, method: Document, customer: str) -> Document:
    """Keep a payment method with a customer."""
    account.load("customer", customer, "customer")
    card = card_of(method)
    if method["customer"] == customer:
        return method
    if method["customer"] is not None:
        raise StripeError(
            "The payment method you provided has already been attached to a customer.", param="payment_method"
        )
    if card.decline is not None and not card.attaches:
        raise card_error(
            card.decline.message,
            code=card.decline.code,
            decline_code=card.decline.decline_code,
            payment_method=public(method),
        )
    method["customer"] = customer
    account.save(method)
    account.emit("payment_method.attached", method)
    return method


def create(account: Account, params: dict[str, Any]) -> Document:
    if "customer" in params:
        raise ParameterError(
            "The customer parameter cannot be used when creating a PaymentMethod. Create it, then attach it.",
            param="customer",
        )
    return make(account, params)


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return account.load("payment_method", id, "payment_method")


def update(account: Account, params: dict[str, Any], id: str) -> Document:
    method = account.load("payment_method", id, "payment_method")
    if method["customer"] is None:
        raise StripeError(
            "You must save this PaymentMethod to a customer before you can update it.", param="payment_method"
        )
    method["metadata"] = merged(method["metadata"], params.get("metadata"))
    method["billing_details"] |= params.get("billing_details", {})
    method["card"] |= params.get("card", {})
    method["allow_redisplay"] = params.get("allow_redisplay", method["allow_redisplay"])
    account.save(method)
    account.emit("payment_method.updated", method)
    return method


def attach(account: Account, params: dict[str, Any], id: str) -> Document:
    return attach_to(account, resolve(account, id), params["customer"])


def detach(account: Account, params: dict[str, Any], id: str) -> Document:
    method = account.load("payment_method", id, "payment_method")
    if method["customer"] is None:
        raise StripeError(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    before = method["customer"]
    method["customer"] = None
    account.save(method)
    account.emit("payment_method.detached", method, {"customer": before})
    return method


def list_all(account: Account, params: dict[str, Any]) -> Document:
    if "customer" not in params:
        raise missing("customer")
    return listing(
        account, "payment_method", params, "/v1/payment_methods", *equal(params, "customer", "type")
    )


def list_of_customer(account: Account, params: dict[str, Any], customer: str) -> Document:
    account.load("customer", customer, "customer")
    url = f"/v1/customers/{customer}/payment_methods"
    return listing(
        account, "payment_method", params, url, ("customer", "=", customer), *equal(params, "type")
    )


def _card(account: Account, details: dict[str, Any]) -> Card:
    if "token" in details:
        card = named(details["token"])
        if card is None:
            raise ParameterError(
                f"No such token: '{details['token']}'", code="resource_missing", param="card[token]"
            )
        return card
    if "number" not in details:
        raise missing("card[number]")
    number = "".join(details["number"].split())
    if not number.isdecimal() or not checks_out(number):
        raise card_error("Your card number is incorrect.", code="incorrect_number", param="number")
    if number not in CARDS:
        raise card_error(
            "Your card was declined. This is a sandbox and takes no real card: use a test card.",
            code="card_declined",
            decline_code="test_mode_live_card",
        )
    _check_expiry(account, details)
    return CARDS[number]


def _check_expiry(account: Account, details: dict[str, Any]) -> None:
    today = account.world.now()
    month, year = details.get("exp_month"), details.get("exp_year")
    if month is None or year is None:
        raise missing("card[exp_month]" if month is None else "card[exp_year]")
    if year < 100:
        year += 2000
        details["exp_year"] = year
    if year < today.year or year > today.year + 50:
        raise card_error(
            "Your card's expiration year is invalid.", code="invalid_expiry_year", param="exp_year"
        )
    if (year, month) < (today.year, today.month):
        raise card_error(
            "Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month"
        )
    code = details.get("cvc")
    if code is not None and (not code.isdecimal() or len(code) not in (3, 4)):
        raise card_error("Your card's security code is invalid.", code="invalid_cvc", param="cvc")


def _public_card(card: Card, month: int, year: int, code_check: str | None) -> Document:
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": code_check},
        "country": "US",
        "display_brand": "american_express" if card.brand == "amex" else card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
