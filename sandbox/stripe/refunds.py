"""Money given back."""

from typing import Any

from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import written
from sandbox.stripe.cards import CARDS
from sandbox.stripe.errors import StripeError, missing, too_small
from sandbox.stripe.lists import equal, listing
from sandbox.stripe.parameters import merged
from sandbox.stripe.timers import set_timer
from sandbox.world import Document


def create(account: Account, params: dict[str, Any]) -> Document:
    charge = _charge(account, params)
    amount = _amount(account, charge, params)
    fate = CARDS[charge["_number"]].refund
    refund = account.new(
        "refund",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        metadata=merged({}, params.get("metadata")),
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        receipt_number=None,
        source_transfer_reversal=None,
        status="pending" if fate == "slowly" else "succeeded",
        transfer_reversal=None,
    )
    account.save(refund)
    if fate == "slowly":
        refund["pending_reason"] = "processing"
        account.save(refund)
        account.emit("refund.created", refund)
    else:
        _give_back(account, refund, charge)
        account.emit("refund.created", refund)
        account.emit("charge.refunded", charge)
    if fate != "at_once":
        moment = account.world.now().timestamp() + account.settings.settle_seconds
        set_timer(account, "refund_arrives" if fate == "slowly" else "refund_bounces", refund["id"], moment)
    return refund


def arrives(account: Account, refund: Document) -> None:
    """A slow refund reached the card."""
    charge = account.load("charge", refund["charge"])
    refund.update(status="succeeded", pending_reason=None)
    _give_back(account, refund, charge)
    account.emit("refund.updated", refund, {"status": "pending"})
    account.emit("charge.refunded", charge)


def bounces(account: Account, refund: Document) -> None:
    """The customer's bank sent a refund back: the money is the account's again."""
    charge = account.load("charge", refund["charge"])
    line = balance.enter(account, "refund_failure", refund, refund["amount"])
    refund.update(
        status="failed",
        failure_reason="expired_or_canceled_card",
        failure_balance_transaction=line["id"],
    )
    account.save(refund)
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    account.save(charge)
    account.emit("refund.failed", refund)


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return account.load("refund", id, "refund")


def update(account: Account, params: dict[str, Any], id: str) -> Document:
    refund = account.load("refund", id, "refund")
    before = refund["metadata"]
    refund["metadata"] = merged(before, params.get("metadata"))
    account.save(refund)
    account.emit("refund.updated", refund, {"metadata": before})
    return refund


def cancel(account: Account, params: dict[str, Any], id: str) -> Document:
    account.load("refund", id, "refund")
    raise StripeError("Canceling this refund is unsupported.")


def list_all(account: Account, params: dict[str, Any]) -> Document:
    return listing(account, "refund", params, "/v1/refunds", *equal(params, "charge", "payment_intent"))


def _charge(account: Account, params: dict[str, Any]) -> Document:
    if "charge" in params:
        charge = account.load("charge", params["charge"])
    elif "payment_intent" in params:
        intent = account.load("payment_intent", params["payment_intent"], "payment_intent")
        latest = account.peek("charge", intent["latest_charge"]) if intent["latest_charge"] else None
        if latest is None or latest["status"] != "succeeded":
            raise StripeError(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = latest
    else:
        raise missing("payment_intent")
    _check_refundable(charge)
    return charge


def _check_refundable(charge: Document) -> None:
    id = charge["id"]
    if charge["status"] != "succeeded":
        raise StripeError(f"Charge {id} has failed and cannot be refunded.", param="charge")
    if not charge["captured"]:
        raise StripeError(
            f"Charge {id} has not been captured and cannot be refunded. To release the funds, you must "
            "cancel the PaymentIntent.",
            param="charge",
        )
    if charge["disputed"] and not charge.get("_refundable"):
        raise StripeError(
            f"Charge {id} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if charge["refunded"]:
        raise StripeError(f"Charge {id} has already been refunded.", code="charge_already_refunded")


def _amount(account: Account, charge: Document, params: dict[str, Any]) -> int:
    rest = int(charge["amount_captured"]) - int(charge["amount_refunded"])
    for earlier in account.find("refund", ("charge", "=", charge["id"]), ("status", "=", "pending")):
        rest -= earlier["amount"]
    amount = int(params.get("amount", rest))
    if "amount" in params and amount < 1:
        raise too_small("amount")
    if rest < 1 and "amount" not in params:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > rest:
        currency = charge["currency"]
        raise StripeError(
            f"Refund amount ({written(amount, currency)}) is greater than unrefunded amount on charge "
            f"({written(rest, currency)})",
            param="amount",
        )
    return amount


def _give_back(account: Account, refund: Document, charge: Document) -> None:
    line = balance.enter(account, "refund", refund, -refund["amount"])
    refund["balance_transaction"] = line["id"]
    account.save(refund)
    charge["amount_refunded"] += refund["amount"]
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.save(charge)
