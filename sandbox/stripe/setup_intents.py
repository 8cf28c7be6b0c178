"""SetupIntents: keeping a card for later without charging it."""

from typing import Any

from sandbox.stripe import payment_methods
from sandbox.stripe.account import Account, public
from sandbox.stripe.confirming import check_owner
from sandbox.stripe.errors import StripeError, card_error, no_such, unexpected_state
from sandbox.stripe.lists import equal, listing
from sandbox.stripe.parameters import merged
from sandbox.stripe.payment_methods import card_of
from sandbox.world import Document

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_NULL = (
    "application",
    "cancellation_reason",
    "customer_account",
    "flow_directions",
    "last_setup_error",
    "latest_attempt",
    "mandate",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration_details",
    "single_use_mandate",
)


def create(account: Account, params: dict[str, Any]) -> Document:
    if "customer" in params:
        account.load("customer", params["customer"], "customer")
    chosen = {"allow_redirects": "always", "enabled": True, **params.get("automatic_payment_methods", {})}
    intent = account.new(
        "setup_intent",
        **dict.fromkeys(_NULL),
        automatic_payment_methods=None if "allowed_payment_method_types" in params else chosen,
        customer=params.get("customer"),
        description=params.get("description"),
        excluded_payment_method_types=params.get("excluded_payment_method_types"),
        metadata=merged({}, params.get("metadata")),
        payment_method_options={"card": {"mandate_options": None, "network": None}},
        payment_method_types=["card"],
        status="requires_payment_method",
        usage=params.get("usage", "off_session"),
    )
    intent["client_secret"] = account.world.new_id(f"{intent['id']}_secret_")
    account.save(intent)
    account.emit("setup_intent.created", intent)
    if params.get("confirm"):
        return _confirm(account, intent, params)
    method = _method(account, intent, params)
    if method is not None:
        intent.update(payment_method=method["id"], status="requires_confirmation")
        account.save(intent)
    return intent


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return _load(account, id)


def list_all(account: Account, params: dict[str, Any]) -> Document:
    wanted = equal(params, "customer", "payment_method")
    return listing(account, "setup_intent", params, "/v1/setup_intents", *wanted)


def confirm(account: Account, params: dict[str, Any], id: str) -> Document:
    return _confirm(account, _load(account, id), params)


def cancel(account: Account, params: dict[str, Any], id: str) -> Document:
    intent = _load(account, id)
    if intent["status"] not in _OPEN:
        message = f"You cannot cancel this SetupIntent because it has a status of {intent['status']}."
        raise unexpected_state(public(intent), message)
    reason = params.get("cancellation_reason")
    intent.update(status="canceled", cancellation_reason=reason, next_action=None)
    account.save(intent)
    account.emit("setup_intent.canceled", intent)
    return intent


def resolve(account: Account, intent: Document, *, approved: bool) -> Document:
    """The customer finished the bank's page."""
    method = account.load("payment_method", intent["payment_method"])
    intent.pop("_challenge", None)
    if approved:
        return _keep(account, intent, method, authenticated=True)
    error = {
        "code": "setup_intent_authentication_failure",
        "message": "The latest attempt to set up the payment method failed: authentication failed.",
        "type": "invalid_request_error",
    }
    _fail(account, intent, method, error)
    return intent


def _load(account: Account, id: str) -> Document:
    intent = account.peek("setup_intent", id)
    if intent is None:
        raise no_such("setupintent", id, "intent")
    return intent


def _method(account: Account, intent: Document, params: dict[str, Any]) -> Document | None:
    if "payment_method_data" in params:
        return payment_methods.make(account, params["payment_method_data"])
    id = params.get("payment_method") or intent["payment_method"]
    if id is None:
        return None
    method = payment_methods.resolve(account, id)
    check_owner(method, intent["customer"])
    return method


def _confirm(account: Account, intent: Document, params: dict[str, Any]) -> Document:
    if intent["status"] not in _OPEN:
        message = f"You cannot confirm this SetupIntent because it has a status of {intent['status']}."
        raise unexpected_state(public(intent), message)
    method = _method(account, intent, params)
    if method is None:
        raise StripeError("You cannot confirm this SetupIntent because it's missing a payment method.")
    intent.update(payment_method=method["id"], _return_url=params.get("return_url"))
    card = card_of(method)
    if card.decline is not None and not card.attaches:
        raise _declined(account, intent, method)
    if card.authentication in ("always", "unless_set_up"):
        return _ask(account, intent)
    return _keep(account, intent, method, authenticated=False)


def _keep(account: Account, intent: Document, method: Document, *, authenticated: bool) -> Document:
    method["_set_up"] = method["_set_up"] or authenticated
    account.save(method)
    intent.update(status="succeeded", next_action=None, last_setup_error=None)
    account.save(intent)
    if intent["customer"] is not None:
        payment_methods.attach_to(account, method, intent["customer"])
    account.emit("setup_intent.succeeded", intent)
    return intent


def _ask(account: Account, intent: Document) -> Document:
    token = account.world.new_id("", 32)
    url = f"{account.settings.base_url}/3ds/{intent['id']}/{token}"
    back = intent["_return_url"]
    script = {"type": "three_d_secure_redirect", "stripe_js": url}
    intent.update(status="requires_action", _challenge=token)
    intent["next_action"] = (
        {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": back}}
        if back is not None
        else {"type": "use_stripe_sdk", "use_stripe_sdk": script}
    )
    account.save(intent)
    account.emit("setup_intent.requires_action", intent)
    return intent


def _declined(account: Account, intent: Document, method: Document) -> StripeError:
    decline = card_of(method).decline
    assert decline is not None
    error = {
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "type": "card_error",
    }
    _fail(account, intent, method, error)
    return card_error(
        decline.message,
        code=decline.code,
        decline_code=decline.decline_code,
        setup_intent=public(intent),
        payment_method=public(method),
    )


def _fail(account: Account, intent: Document, method: Document, error: Document) -> None:
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_setup_error"] = {**error, "payment_method": public(method)}
    account.save(intent)
    account.emit("setup_intent.setup_failed", intent)
