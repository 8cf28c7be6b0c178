"""The customer by remote control, and what can be seen of the account from outside."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.stripe import event_log, paying
from sandbox.stripe.account import Account, public
from sandbox.stripe.paying import Outcome
from sandbox.stripe.settings import StripeSandboxSettings
from sandbox.stripe.sweep import sweep
from sandbox.world import Document, World


def pay(world: World, url_or_id: str, card: str = "", action: str = "") -> Document:
    """Act as the customer: type a card (`4242…`), or answer the bank with `approve` or `cancel`."""
    account = Account(world, _settings(world))
    sweep(account)
    id = _id(url_or_id)
    outcome = Outcome("unknown", f"There is nothing to pay at {url_or_id}")
    if id.startswith("cs_") and account.peek("checkout.session", id) is not None:
        outcome = _pay_session(account, id, card, action)
    elif account.peek("payment_intent", id) is not None:
        outcome = _pay_intent(account, id, card, action)
    return {key: value for key, value in _told(outcome).items() if value is not None}


def charges(world: World) -> list[Document]:
    """Every attempt to take money, newest first."""
    return [public(one) for one in reversed(world.all("stripe.charge"))]


def refunds(world: World) -> list[Document]:
    """All money given back, newest first."""
    return [public(one) for one in reversed(world.all("stripe.refund"))]


def sessions(world: World) -> list[Document]:
    """Every Checkout page, newest first."""
    return [public(one) for one in reversed(world.all("stripe.checkout.session"))]


def events(world: World) -> list[Document]:
    """The event log, newest first."""
    return list(reversed(world.all("stripe.event")))


def webhooks(world: World) -> list[Document]:
    """Every delivery with what came of it, newest first."""
    return list(reversed(world.all("stripe.delivery")))


def redeliver(world: World, event_id: str, times: int = 1) -> int:
    """Send an event again to everyone who listens; how many deliveries that makes."""
    event = world.get("stripe.event", event_id)
    if event is None:
        return 0
    endpoints = event_log.listeners(world, _settings(world))
    with world.transaction():
        for endpoint in endpoints:
            for _ in range(times):
                event_log.queue_delivery(world, event, endpoint, world.now().timestamp())
    return len(endpoints) * times


def _settings(world: World) -> StripeSandboxSettings:
    settings = world.settings.get("stripe")
    if not isinstance(settings, StripeSandboxSettings):
        raise LookupError("the sandbox's Stripe has not been opened in this world")
    return settings


def _id(url_or_id: str) -> str:
    path = urlsplit(url_or_id).path.rstrip("/") if "/" in url_or_id else url_or_id
    parts = path.split("/")
    if "3ds" in parts:
        return parts[parts.index("3ds") + 1]
    last = parts[-2] if parts[-1] == "back" else parts[-1]
    return last.partition("_secret_")[0]


def _card(account: Account, number: str) -> dict[str, Any]:
    digits = "".join(number.split()) or "4242424242424242"
    return {"number": digits, "exp_month": 12, "exp_year": account.world.now().year + 3, "cvc": "123"}


def _pay_session(account: Account, id: str, card: str, action: str) -> Outcome:
    session = account.load("checkout.session", id)
    if action and not card:
        intent = session["payment_intent"]
        return (
            Outcome("declined", "Nobody asked the bank.")
            if intent is None
            else _answer(account, intent, action)
        )
    who = {"email": session["customer_email"] or "customer@example.com", "name": "Sandbox Customer"}
    outcome = paying.pay_session(account, id, _card(account, card), who)
    if outcome.kind == "requires_action" and action:
        return _answer(account, account.load("checkout.session", id)["payment_intent"], action)
    return outcome


def _pay_intent(account: Account, id: str, card: str, action: str) -> Outcome:
    if action and not card:
        return _answer(account, id, action)
    back = f"{account.settings.base_url}/c/done"
    outcome = paying.pay_intent(account, id, _card(account, card), back)
    if outcome.kind == "requires_action" and action:
        return _answer(account, id, action)
    return outcome


def _answer(account: Account, intent: str, action: str) -> Outcome:
    outcome = paying.answer_bank(account, intent, approved=action == "approve")
    for session in account.find("checkout.session", ("payment_intent", "=", intent)):
        if session["status"] == "complete":
            return Outcome(outcome.kind, redirect=paying.success_url(session))
    return outcome


def _told(outcome: Outcome) -> Document:
    return {
        "outcome": outcome.kind,
        "message": outcome.message,
        "decline_code": outcome.code,
        "redirect": outcome.redirect,
    }
