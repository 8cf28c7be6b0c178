"""Money reserved and taken: what happens when a card is charged."""

from sandbox.stripe import balance, disputing, sessions_paid
from sandbox.stripe.account import Account, public
from sandbox.stripe.cards import GENERIC, Card, Decline
from sandbox.stripe.errors import card_error
from sandbox.stripe.payment_methods import card_of
from sandbox.stripe.timers import cancel_timer, set_timer
from sandbox.world import Document

_COPIED = (
    "amount",
    "currency",
    "customer",
    "description",
    "metadata",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_EMPTY = (
    "application",
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "on_behalf_of",
    "receipt_number",
    "receipt_url",
    "review",
    "source_transfer",
    "transfer_data",
)


def charge(account: Account, intent: Document, method: Document, *, authenticated: bool = False) -> Document:
    """Charge the card now: the intent succeeds, waits for capture, or is declined."""
    card = card_of(method)
    attempt = _new_charge(account, intent, method, authenticated)
    struck = account.world.struck("stripe", "decline") is not None
    decline = GENERIC if struck else card.decline
    intent["latest_charge"] = attempt["id"]
    intent["next_action"] = None
    if decline is not None:
        _decline(account, intent, method, attempt, decline)
    intent["last_payment_error"] = None
    _keep_for_later(account, intent, method, authenticated)
    if intent["capture_method"] == "manual":
        _reserve(account, intent, attempt)
    else:
        _take_at_once(account, intent, attempt, card)
    sessions_paid.settle(account, intent)
    return intent


def capture(account: Account, intent: Document, amount: int) -> Document:
    """Take all or a part of what was reserved; the rest is released."""
    attempt = account.load("charge", intent["latest_charge"])
    attempt.update(captured=True, amount_captured=amount)
    _settle(account, attempt)
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    account.save(intent)
    cancel_timer(account, "hold_lapses", intent["id"])
    account.emit("charge.captured", attempt)
    disputing.open_if_due(account, attempt)
    account.emit("payment_intent.succeeded", intent)
    sessions_paid.settle(account, intent)
    return intent


def fail(
    account: Account, intent: Document, method: Document, attempt: Document | None, error: Document
) -> None:
    """Put the intent back to where another card can be tried, and say why on the log."""
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_payment_error"] = {**error, "payment_method": public(method)}
    intent.pop("_challenge", None)
    account.save(intent)
    if attempt is not None:
        account.emit("charge.failed", attempt)
    account.emit("payment_intent.payment_failed", intent)


def _decline(
    account: Account, intent: Document, method: Document, attempt: Document, decline: Decline
) -> None:
    attempt.update(
        status="failed",
        paid=False,
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=_outcome("issuer_declined", decline.decline_code),
    )
    account.save(attempt)
    error = {
        "charge": attempt["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": "https://docs.stripe.com/error-codes#" + decline.code.replace("_", "-"),
        "message": decline.message,
        "type": "card_error",
    }
    fail(account, intent, method, attempt, error)
    raise card_error(
        decline.message,
        code=decline.code,
        decline_code=decline.decline_code,
        charge=attempt["id"],
        payment_intent=public(intent),
        payment_method=public(method),
    )


def _reserve(account: Account, intent: Document, attempt: Document) -> None:
    until = account.timestamp() + account.settings.hold_seconds
    attempt["payment_method_details"]["card"]["capture_before"] = until
    account.save(attempt)
    intent.update(status="requires_capture", amount_capturable=intent["amount"])
    account.save(intent)
    set_timer(account, "hold_lapses", intent["id"], until)
    account.emit("charge.succeeded", attempt)
    account.emit("payment_intent.amount_capturable_updated", intent)


def _take_at_once(account: Account, intent: Document, attempt: Document, card: Card) -> None:
    attempt.update(captured=True, amount_captured=attempt["amount"])
    if intent["capture_method"] == "automatic_async":
        # With asynchronous capture the fee is known only a moment later.
        account.save(attempt)
        moment = account.world.now().timestamp() + account.settings.settle_seconds
        set_timer(account, "fee_known", attempt["id"], moment)
    else:
        _settle(account, attempt)
    intent.update(status="succeeded", amount_received=intent["amount"], amount_capturable=0)
    account.save(intent)
    account.emit("charge.succeeded", attempt)
    disputing.open_if_due(account, attempt)
    account.emit("payment_intent.succeeded", intent)


def _settle(account: Account, attempt: Document) -> None:
    amount = attempt["amount_captured"]
    line = balance.enter(account, "charge", attempt, amount, fee=balance.fee_on(account, amount))
    attempt["balance_transaction"] = line["id"]
    account.save(attempt)


def fee_known(account: Account, attempt: Document) -> None:
    """The fee of an asynchronously captured charge arrives."""
    _settle(account, attempt)
    account.emit("charge.updated", attempt, {"balance_transaction": None})


def _keep_for_later(account: Account, intent: Document, method: Document, authenticated: bool) -> None:
    if intent["setup_future_usage"] is None:
        return
    method["_set_up"] = method["_set_up"] or authenticated
    if intent["customer"] is not None and method["customer"] is None:
        method["customer"] = intent["customer"]
        account.emit("payment_method.attached", method)
    account.save(method)


def _outcome(network_status: str, reason: str | None = None) -> Document:
    approved = network_status == "approved_by_network"
    return {
        "advice_code": None if approved else "try_again_later",
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if approved else "declined_by_network",
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete." if approved else "The bank did not return any further details.",
        "type": "authorized" if approved else "issuer_declined",
    }


def _new_charge(account: Account, intent: Document, method: Document, authenticated: bool) -> Document:
    return account.new(
        "charge",
        **dict.fromkeys(_EMPTY),
        **{field: intent[field] for field in _COPIED},
        amount_captured=0,
        amount_refunded=0,
        billing_details=method["billing_details"],
        calculated_statement_descriptor=account.settings.business_name.upper()[:22],
        captured=False,
        disputed=False,
        fraud_details={},
        outcome=_outcome("approved_by_network"),
        paid=True,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"card": _card_details(intent, method, authenticated), "type": "card"},
        radar_options={},
        refunded=False,
        status="succeeded",
        _number=method["_number"],
    )


def _card_details(intent: Document, method: Document, authenticated: bool) -> Document:
    card = method["card"]
    copied = (
        "brand",
        "checks",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "wallet",
    )
    proof = {"authentication_flow": "challenge", "result": "authenticated", "version": "2.2.0"}
    return {
        **{field: card[field] for field in copied},
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": card["regulated_status"],
        "three_d_secure": proof if authenticated else None,
    }
