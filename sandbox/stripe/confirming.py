"""Confirming an intent: from a card to money, an authentication, or a refusal."""

from typing import Any

from sandbox.stripe import payment_methods
from sandbox.stripe.account import Account, public
from sandbox.stripe.charging import charge, fail
from sandbox.stripe.errors import ParameterError, StripeError, card_error, unexpected_state
from sandbox.stripe.payment_methods import card_of
from sandbox.world import Document

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CHANGED_BY_CONFIRM = ("capture_method", "receipt_email", "setup_future_usage", "shipping")
_NEEDS_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some "
    "of these payment methods might redirect your customer off of your page, you must provide a "
    "`return_url`. If you don't want to accept redirect-based payment methods, set "
    "`automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to "
    "`never` when creating Setup Intents and Payment Intents."
)
_AUTHENTICATE = "Your card was declined. This transaction requires authentication."


def confirm(
    account: Account, intent: Document, params: dict[str, Any], *, by_customer: bool = False
) -> Document:
    """Try to pay; a declined card raises after its effects were written."""
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(public(intent), _why_not(intent))
    if not by_customer:
        _check_return_url(intent, params)
    method = _method(account, intent, params)
    intent["payment_method"] = method["id"]
    intent.update({field: params[field] for field in _CHANGED_BY_CONFIRM if field in params})
    intent["_return_url"] = params.get("return_url")
    if not _must_authenticate(method):
        return charge(account, intent, method)
    if params.get("off_session") or params.get("error_on_requires_action"):
        raise _authentication_required(account, intent, method)
    return _ask(account, intent)


def resolve(account: Account, intent: Document, *, approved: bool) -> Document:
    """The customer finished the bank's page; a declined card raises after its effects were written."""
    method = account.load("payment_method", intent["payment_method"])
    intent.pop("_challenge", None)
    if approved:
        return charge(account, intent, method, authenticated=True)
    error = {
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://docs.stripe.com/error-codes#payment-intent-authentication-failure",
        "message": "We are unable to authenticate your payment method. Please choose a different payment "
        "method and try again.",
        "type": "invalid_request_error",
    }
    fail(account, intent, method, None, error)
    return intent


def _method(account: Account, intent: Document, params: dict[str, Any]) -> Document:
    if "payment_method_data" in params:
        method = payment_methods.make(account, params["payment_method_data"])
    else:
        id = params.get("payment_method") or intent["payment_method"]
        if id is None:
            raise unexpected_state(
                public(intent),
                "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
                "either update the PaymentIntent with a payment method and then confirm it again, or "
                "confirm it again directly with a payment method or ConfirmationToken.",
            )
        method = payment_methods.resolve(account, id)
    check_owner(method, intent["customer"])
    return method


def check_owner(method: Document, customer: str | None) -> None:
    """Refuse a payment method that is kept with somebody else."""
    owner = method["customer"]
    if owner is not None and owner != customer:
        raise StripeError(
            f"The provided PaymentMethod cannot be used: it belongs to the Customer {owner}. Please "
            "include that Customer in the `customer` parameter.",
            param="payment_method",
        )


def _check_return_url(intent: Document, params: dict[str, Any]) -> None:
    automatic = intent["automatic_payment_methods"]
    redirects = automatic is not None and automatic["allow_redirects"] == "always"
    if redirects and "return_url" not in params and not params.get("off_session"):
        raise ParameterError(_NEEDS_RETURN_URL, param="return_url")


def _must_authenticate(method: Document) -> bool:
    asked = card_of(method).authentication
    return asked == "always" or (asked == "unless_set_up" and not method["_set_up"])


def _authentication_required(account: Account, intent: Document, method: Document) -> StripeError:
    error = {
        "code": "authentication_required",
        "decline_code": "authentication_required",
        "doc_url": "https://docs.stripe.com/error-codes#authentication-required",
        "message": _AUTHENTICATE,
        "type": "card_error",
    }
    fail(account, intent, method, None, error)
    return card_error(
        _AUTHENTICATE,
        code="authentication_required",
        decline_code="authentication_required",
        payment_intent=public(intent),
        payment_method=public(method),
    )


def _ask(account: Account, intent: Document) -> Document:
    token = account.world.new_id("", 32)
    url = f"{account.settings.base_url}/3ds/{intent['id']}/{token}"
    back = intent["_return_url"]
    intent.update(status="requires_action", last_payment_error=None, _challenge=token)
    if back is not None:
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": back},
        }
    else:
        script = {"type": "three_d_secure_redirect", "stripe_js": url}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": script}
    account.save(intent)
    account.emit("payment_intent.requires_action", intent)
    return intent


def _why_not(intent: Document) -> str:
    if intent["status"] == "succeeded":
        return (
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously "
            "confirmed."
        )
    return (
        "This PaymentIntent's confirm endpoint cannot be called because it has a status of "
        f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be confirmed: "
        f"{', '.join(CONFIRMABLE)}."
    )
