"""PaymentIntents: one payment from its first thought to its end."""

import re
from typing import Any

from sandbox.stripe import charging, payment_methods
from sandbox.stripe.account import Account, kind, public
from sandbox.stripe.amounts import check_amount, checked_currency
from sandbox.stripe.confirming import check_owner, confirm
from sandbox.stripe.errors import ParameterError, StripeError, no_such, too_small, unexpected_state
from sandbox.stripe.lists import equal, listing
from sandbox.stripe.parameters import merged
from sandbox.stripe.timers import cancel_timer
from sandbox.world import Condition, Document

_CANCELLABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)
_COPIED = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_NULL = (
    "application",
    "application_fee_amount",
    "canceled_at",
    "cancellation_reason",
    "customer_account",
    "last_payment_error",
    "latest_charge",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration_details",
    "processing",
    "review",
    "source",
    "transfer_data",
)
_CLAUSE = re.compile(r"""^(status|currency|amount|metadata\[["']([^"']+)["']\])\s*:\s*["']?([^"']*)["']?$""")


def begin(account: Account, params: dict[str, Any]) -> Document:
    """A new intent, written on the log."""
    currency = checked_currency(params["currency"])
    check_amount(params["amount"], currency)
    if "customer" in params:
        account.load("customer", params["customer"], "customer")
    intent = account.new(
        "payment_intent",
        **dict.fromkeys(_NULL),
        **{field: params.get(field) for field in _COPIED},
        amount=params["amount"],
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        automatic_payment_methods=_automatic(params),
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method=params.get("confirmation_method", "automatic"),
        currency=currency,
        customer=params.get("customer"),
        excluded_payment_method_types=params.get("excluded_payment_method_types"),
        metadata=merged({}, params.get("metadata")),
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        status="requires_payment_method",
    )
    if "allowed_payment_method_types" in params:
        intent["allowed_payment_method_types"] = params["allowed_payment_method_types"]
    intent["client_secret"] = account.world.new_id(f"{intent['id']}_secret_")
    account.save(intent)
    account.emit("payment_intent.created", intent)
    return intent


def create(account: Account, params: dict[str, Any]) -> Document:
    intent = begin(account, params)
    if params.get("confirm"):
        return confirm(account, intent, params)
    refused = {"off_session", "error_on_requires_action", "return_url", "mandate_data"} & params.keys()
    for name in sorted(refused):
        raise ParameterError(f"You cannot use `{name}` without `confirm=true`.", param=name)
    return _choose_method(account, intent, params)


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return _load(account, id)


def update(account: Account, params: dict[str, Any], id: str) -> Document:
    intent = _load(account, id)
    fixed = {"amount", "currency", "capture_method", "payment_method", "payment_method_data"} & params.keys()
    if fixed and intent["status"] not in (
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
    ):
        name = sorted(fixed)[0]
        message = (
            f"This PaymentIntent's {name} could not be updated because it has a status of "
            f"{intent['status']}. You may only update it before it is confirmed."
        )
        raise unexpected_state(public(intent), message, param=name)
    currency = checked_currency(str(params.get("currency", intent["currency"])))
    if "amount" in params or "currency" in params:
        amount = params["amount"] if "amount" in params else intent["amount"]
        check_amount(amount, currency)
        intent.update(amount=amount, currency=currency)
    changed = (*_COPIED, "capture_method", "customer", "excluded_payment_method_types")
    intent.update({field: params[field] for field in changed if field in params})
    intent["metadata"] = merged(intent["metadata"], params.get("metadata"))
    account.save(intent)
    return _choose_method(account, intent, params)


def list_all(account: Account, params: dict[str, Any]) -> Document:
    return listing(account, "payment_intent", params, "/v1/payment_intents", *equal(params, "customer"))


def search(account: Account, params: dict[str, Any]) -> Document:
    """Enough of Stripe's query language to look a payment up: clauses joined by AND."""
    conditions: list[Condition] = []
    wanted: dict[str, str] = {}
    for clause in re.split(r"\s+AND\s+", params["query"].strip()):
        found = _CLAUSE.match(clause)
        if found is None:
            raise ParameterError(f"We were unable to parse your search query: {clause}", param="query")
        field, key, value = found.groups()
        if key is not None:
            wanted[key] = value
        else:
            conditions.append((field, "=", int(value) if field == "amount" else value))
    limit = params.get("limit", 10)
    every = account.world.find(kind("payment_intent"), *conditions, newest_first=True)
    matching = [
        one for one in every if all(one["metadata"].get(key) == value for key, value in wanted.items())
    ]
    return {
        "object": "search_result",
        "data": matching[:limit],
        "has_more": len(matching) > limit,
        "next_page": None,
        "url": "/v1/payment_intents/search",
    }


def confirm_one(account: Account, params: dict[str, Any], id: str) -> Document:
    return confirm(account, _load(account, id), params)


def confirm_by_customer(account: Account, params: dict[str, Any], id: str) -> Document:
    return confirm(account, _load(account, id), params, by_customer=True)


def capture(account: Account, params: dict[str, Any], id: str) -> Document:
    intent = _load(account, id)
    if intent["status"] != "requires_capture":
        raise unexpected_state(public(intent), _why_not_captured(intent))
    if params.get("final_capture") is False:
        raise StripeError("Multiple captures are not enabled for this PaymentIntent.", param="final_capture")
    amount = params["amount_to_capture"] if "amount_to_capture" in params else intent["amount_capturable"]
    if amount < 1:
        raise too_small("amount")
    if amount > intent["amount_capturable"]:
        raise StripeError(
            f"The payment could not be captured because the requested capture amount ({amount}) is greater "
            f"than the amount you can capture for this payment ({intent['amount_capturable']}).",
            code="amount_too_large",
            param="amount_to_capture",
            payment_intent=public(intent),
        )
    intent["metadata"] = merged(intent["metadata"], params.get("metadata"))
    return charging.capture(account, intent, amount)


def cancel(account: Account, params: dict[str, Any], id: str) -> Document:
    intent = _load(account, id)
    for session in account.find("checkout.session", ("payment_intent", "=", id)):
        if session["status"] == "open":
            message = (
                "You cannot cancel this PaymentIntent because it was created by a Checkout Session that "
                "is still open. Expire the Checkout Session instead."
            )
            raise unexpected_state(public(intent), message)
    return cancelled(account, intent, params.get("cancellation_reason"))


def cancelled(account: Account, intent: Document, reason: str | None) -> Document:
    """End the intent; what was reserved goes back to the customer."""
    if intent["status"] not in _CANCELLABLE:
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            f"PaymentIntent with one of the following statuses may be canceled: {', '.join(_CANCELLABLE)}."
        )
        raise unexpected_state(public(intent), message)
    intent.update(
        status="canceled",
        canceled_at=account.timestamp(),
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
    )
    account.save(intent)
    cancel_timer(account, "hold_lapses", intent["id"])
    account.emit("payment_intent.canceled", intent)
    return intent


def _load(account: Account, id: str) -> Document:
    intent = account.peek("payment_intent", id)
    if intent is None:
        raise no_such("payment_intent", id, "intent")
    return intent


def _choose_method(account: Account, intent: Document, params: dict[str, Any]) -> Document:
    if "payment_method_data" in params:
        method = payment_methods.make(account, params["payment_method_data"])
    elif "payment_method" in params:
        method = payment_methods.resolve(account, params["payment_method"])
    else:
        return intent
    check_owner(method, intent["customer"])
    intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)
    return account.save(intent)


def _why_not_captured(intent: Document) -> str:
    if intent["status"] == "succeeded":
        return "This PaymentIntent could not be captured because it has already been captured."
    return (
        f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a "
        "PaymentIntent with one of the following statuses may be captured: requires_capture."
    )


def _automatic(params: dict[str, Any]) -> Document | None:
    chosen = params.get("automatic_payment_methods")
    if "allowed_payment_method_types" in params:
        if chosen is not None:
            raise ParameterError(
                "You may only specify one of these parameters: allowed_payment_method_types, "
                "automatic_payment_methods.",
                param="allowed_payment_method_types",
            )
        return None
    return {"allow_redirects": "always", "enabled": True, **(chosen or {})}
