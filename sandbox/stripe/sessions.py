"""Checkout Sessions: the hosted page a customer pays on."""

from datetime import UTC, datetime
from typing import Any

from sandbox.stripe import intents
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import check_amount, checked_currency
from sandbox.stripe.errors import ParameterError, StripeError, missing
from sandbox.stripe.lists import as_list, equal, listing
from sandbox.stripe.parameters import merged
from sandbox.stripe.timers import cancel_timer, set_timer
from sandbox.world import Document

_SHORTEST = 30 * 60
_LONGEST = 24 * 3600
_NULL = (
    "after_expiration",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer_account",
    "customer_details",
    "invoice",
    "invoice_creation",
    "origin_context",
    "payment_intent",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "subscription",
    "wallet_options",
)
_COPIED = (
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer",
    "customer_email",
    "integration_identifier",
    "locale",
    "submit_type",
    "success_url",
)


def create(account: Account, params: dict[str, Any]) -> Document:
    _check(account, params)
    items = [_line(account, item) for item in params["line_items"]]
    currency = items[0]["currency"]
    if any(item["currency"] != currency for item in items):
        raise StripeError("All line items must have the same currency.", param="line_items")
    total = sum(item["amount_total"] for item in items)
    check_amount(total, currency, "line_items")
    session = _new(account, params, total, currency)
    session["url"] = f"{account.settings.base_url}/c/pay/{session['id']}"
    session["_line_items"] = items
    session["_intent"] = params.get("payment_intent_data", {})
    account.save(session)
    set_timer(account, "session_expires", session["id"], session["expires_at"])
    return session


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return account.load("checkout.session", id, "session")


def update(account: Account, params: dict[str, Any], id: str) -> Document:
    session = account.load("checkout.session", id, "session")
    session["metadata"] = merged(session["metadata"], params.get("metadata"))
    return account.save(session)


def list_all(account: Account, params: dict[str, Any]) -> Document:
    wanted = equal(params, "customer", "payment_intent", "payment_link", "status")
    if "customer_details" in params:
        wanted.append(("customer_details.email", "=", params["customer_details"]["email"]))
    return listing(account, "checkout.session", params, "/v1/checkout/sessions", *wanted)


def line_items(account: Account, params: dict[str, Any], id: str) -> Document:
    session = account.load("checkout.session", id, "session")
    return items_of(session, limit=params.get("limit", 10))


def items_of(session: Document, limit: int = 100) -> Document:
    """The session's lines as a list."""
    lines = session["_line_items"]
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return as_list(lines[:limit], url, has_more=len(lines) > limit)


def expire(account: Account, params: dict[str, Any], id: str) -> Document:
    session = account.load("checkout.session", id, "session")
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
            f"status of `{session['status']}`."
        )
    return lapse(account, session)


def lapse(account: Account, session: Document) -> Document:
    """Close the page: nobody can pay here any more."""
    session.update(status="expired", url=None)
    account.save(session)
    cancel_timer(account, "session_expires", session["id"])
    if session["payment_intent"] is not None:
        intent = account.load("payment_intent", session["payment_intent"])
        if intent["status"] != "canceled":
            intents.cancelled(account, intent, "expired")
    account.emit("checkout.session.expired", session)
    return session


def intent_of(account: Account, session: Document) -> Document:
    """The intent behind the page, begun at the first attempt to pay."""
    if session["payment_intent"] is not None:
        intent = account.load("payment_intent", session["payment_intent"])
        if intent["status"] != "canceled":
            return intent
    begun = {"amount": session["amount_total"], "currency": session["currency"], **session["_intent"]}
    if session["customer"] is not None:
        begun["customer"] = session["customer"]
    intent = intents.begin(account, begun)
    account.save(session | {"payment_intent": intent["id"]})
    session["payment_intent"] = intent["id"]
    return intent


def _check(account: Account, params: dict[str, Any]) -> None:
    for name in ("mode", "line_items", "success_url"):
        if name not in params:
            raise missing(name)
    if params["mode"] != "payment":
        raise ParameterError(f"The sandbox has no page for mode={params['mode']} yet.", param="mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise ParameterError("The sandbox only has the hosted page.", param="ui_mode")
    for name in ("success_url", "cancel_url"):
        if not params.get(name, "http://").startswith(("http://", "https://")):
            raise ParameterError("Not a valid URL", code="url_invalid", param=name)
    _check_customer(account, params)
    _check_expiry(account, params)


def _check_customer(account: Account, params: dict[str, Any]) -> None:
    if "customer" in params and "customer_email" in params:
        raise ParameterError(
            "You may only specify one of these parameters: customer, customer_email.", param="customer"
        )
    if "customer" in params:
        account.load("customer", params["customer"], "customer")
    email = params.get("customer_email", "@")
    if "@" not in email:
        raise ParameterError(f"Invalid email address: {email}", code="email_invalid", param="customer_email")


def _check_expiry(account: Account, params: dict[str, Any]) -> None:
    if "expires_at" not in params:
        return
    ahead = params["expires_at"] - account.timestamp()
    if ahead < _SHORTEST:
        raise ParameterError(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            param="expires_at",
        )
    if ahead > _LONGEST:
        raise ParameterError(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )


def _line(account: Account, item: dict[str, Any]) -> Document:
    price = item["price_data"]
    if "product_data" not in price:
        raise missing("line_items[0][price_data][product_data]")
    if "unit_amount" not in price:
        raise missing("line_items[0][price_data][unit_amount]")
    currency = checked_currency(price["currency"])
    quantity = item.get("quantity", 1)
    total = price["unit_amount"] * quantity
    product = price["product_data"]
    return {
        "id": account.world.new_id("li_"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": product["name"],
        "metadata": item.get("metadata", {}),
        "price": _price(account, price, currency),
        "quantity": quantity,
        "_about": product.get("description"),
    }


def _price(account: Account, price: dict[str, Any], currency: str) -> Document:
    return {
        "id": account.world.new_id("price_"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": account.timestamp(),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": account.world.new_id("prod_", 14),
        "recurring": None,
        "tax_behavior": price.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": price["unit_amount"],
        "unit_amount_decimal": str(price["unit_amount"]),
    }


def _new(account: Account, params: dict[str, Any], total: int, currency: str) -> Document:
    return account.new(
        "checkout.session",
        **dict.fromkeys(_NULL),
        **{field: params.get(field) for field in _COPIED},
        adaptive_pricing={"enabled": False},
        amount_subtotal=total,
        amount_total=total,
        branding_settings=_branding(account, params),
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        currency=currency,
        custom_fields=[],
        custom_text={
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        }
        | (params.get("custom_text") or {}),
        customer_creation=params.get("customer_creation", "if_required"),
        discounts=[],
        expires_at=params.get("expires_at", account.timestamp() + _LONGEST),
        metadata=merged({}, params.get("metadata")),
        mode="payment",
        payment_method_collection="if_required",
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        payment_status="unpaid",
        phone_number_collection=params.get("phone_number_collection", {"enabled": False}),
        redirect_on_completion="always",
        shipping_options=[],
        status="open",
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        ui_mode="hosted_page",
    )


def _branding(account: Account, params: dict[str, Any]) -> Document:
    chosen = {key: value for key, value in params.get("branding_settings", {}).items() if value is not None}
    return {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0b5fd0",
        "display_name": account.settings.business_name,
        "font_family": "default",
        "icon": None,
        "logo": None,
        **chosen,
    }


def opened_until(session: Document) -> datetime:
    """When the page closes by itself."""
    return datetime.fromtimestamp(session["expires_at"], UTC)
