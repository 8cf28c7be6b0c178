"""What a customer does: types a card on a page, and answers the bank."""

from dataclasses import dataclass
from typing import Any

from sandbox.stripe import customers, payment_methods, sessions, setup_intents
from sandbox.stripe.account import Account
from sandbox.stripe.confirming import CONFIRMABLE, confirm, resolve
from sandbox.stripe.errors import StripeError
from sandbox.world import Document


@dataclass(frozen=True)
class Outcome:
    """How an attempt to pay ended."""

    kind: str
    message: str | None = None
    code: str | None = None
    field: str | None = None
    redirect: str | None = None


def pay_session(account: Account, id: str, card: dict[str, Any], who: dict[str, str]) -> Outcome:
    """Press the button of a Checkout page."""
    with account.world.transaction():
        session = account.load("checkout.session", id, "session")
        if session["status"] == "complete":
            return Outcome("already_paid", redirect=success_url(session))
        if session["status"] == "expired" and account.world.struck("stripe", "late_payment") is None:
            return Outcome("expired", "This page has expired. Nothing was charged.")
        try:
            method = payment_methods.make(account, {"type": "card", "card": card, "billing_details": who})
        except StripeError as refusal:
            return _refused(refusal)
        _note_customer(account, session, who)
        intent = sessions.intent_of(account, session)
        back = f"{account.settings.base_url}/c/pay/{id}/back"
        outcome = _confirm(account, intent, {"payment_method": method["id"], "return_url": back})
        if outcome.kind in ("paid", "authorized"):
            return Outcome(outcome.kind, redirect=success_url(session))
        return outcome


def pay_intent(account: Account, id: str, card: dict[str, Any], return_url: str) -> Outcome:
    """Press the button of a page with the card form of the script."""
    with account.world.transaction():
        intent = account.load("payment_intent", id, "intent")
        if intent["status"] not in CONFIRMABLE:
            return Outcome("already_paid" if intent["status"] != "canceled" else "cancelled")
        try:
            method = payment_methods.make(account, {"type": "card", "card": card})
        except StripeError as refusal:
            return _refused(refusal)
        return _confirm(account, intent, {"payment_method": method["id"], "return_url": return_url})


def answer_bank(account: Account, id: str, *, approved: bool) -> Outcome:
    """Approve or refuse on the bank's page; what was answered already stays."""
    with account.world.transaction():
        object = "setup_intent" if id.startswith("seti_") else "payment_intent"
        intent = account.load(object, id, "intent")
        back = intent.get("_return_url")
        if intent["status"] != "requires_action":
            return Outcome(_kind(intent), redirect=back)
        try:
            if object == "setup_intent":
                setup_intents.resolve(account, intent, approved=approved)
            else:
                resolve(account, intent, approved=approved)
        except StripeError as refusal:
            return Outcome("declined", refusal.message, _decline_code(refusal), redirect=back)
        if not approved:
            return Outcome("declined", "Authentication failed.", "authentication_failed", redirect=back)
        return Outcome(_kind(intent), redirect=back)


def success_url(session: Document) -> str:
    """Where the customer goes after paying."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _confirm(account: Account, intent: Document, params: dict[str, Any]) -> Outcome:
    try:
        confirm(account, intent, params, by_customer=True)
    except StripeError as refusal:
        return _refused(refusal)
    if intent["status"] == "requires_action":
        return Outcome("requires_action", redirect=intent["next_action"]["redirect_to_url"]["url"])
    return Outcome(_kind(intent))


def _kind(intent: Document) -> str:
    known = {"succeeded": "paid", "requires_capture": "authorized", "canceled": "cancelled"}
    return known.get(intent["status"], "declined")


def _refused(refusal: StripeError) -> Outcome:
    fields = {
        "incorrect_number": "number",
        "invalid_expiry_year": "expiry",
        "invalid_expiry_month": "expiry",
        "expired_card": "expiry",
        "invalid_cvc": "cvc",
        "incorrect_cvc": "cvc",
    }
    field = fields.get(refusal.code or "", "number")
    return Outcome("declined", refusal.message, _decline_code(refusal), field)


def _decline_code(refusal: StripeError) -> str | None:
    return str(refusal.extra.get("decline_code", refusal.code))


def _note_customer(account: Account, session: Document, who: dict[str, str]) -> None:
    if session["customer"] is None and session["customer_creation"] == "always":
        session["customer"] = customers.make(account, who)["id"]
    session["customer_details"] = {
        "address": None,
        "business_name": None,
        "email": who.get("email") or session["customer_email"],
        "individual_name": None,
        "name": who.get("name"),
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    account.save(session)
