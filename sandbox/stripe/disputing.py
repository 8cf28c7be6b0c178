"""Customers who contest a charge."""

from typing import Any

from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.cards import CARDS
from sandbox.stripe.errors import StripeError
from sandbox.stripe.lists import listing
from sandbox.stripe.parameters import merged
from sandbox.world import Document

_DISPUTE_FEE = 1500
_DAYS_TO_ANSWER = 7


def open_if_due(account: Account, charge: Document) -> None:
    """Open the dispute that the card behind a captured charge is known for."""
    reason = CARDS[charge["_number"]].dispute
    if reason is not None:
        open_dispute(account, charge, reason)


def open_dispute(account: Account, charge: Document, reason: str) -> Document:
    """Contest a charge; an inquiry asks first and takes no money yet."""
    inquiry = reason == "inquiry"
    dispute = account.new(
        "dispute",
        amount=charge["amount_captured"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={"enhanced_evidence": {}},
        evidence_details=_evidence_details(account),
        is_charge_refundable=inquiry,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={"card": _card(charge), "type": "card"},
        reason="general" if inquiry else reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    if not inquiry:
        _move(account, dispute, charge, -dispute["amount"], fee=_DISPUTE_FEE)
    account.save(dispute)
    charge.update(disputed=True, _refundable=inquiry)
    account.save(charge)
    account.emit("charge.dispute.created", dispute)
    if not inquiry:
        account.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return account.load("dispute", id, "dispute")


def list_all(account: Account, params: dict[str, Any]) -> Document:
    wanted = [(field, "=", params[field]) for field in ("charge", "payment_intent") if field in params]
    return listing(account, "dispute", params, "/v1/disputes", *wanted)


def update(account: Account, params: dict[str, Any], id: str) -> Document:
    dispute = account.load("dispute", id, "dispute")
    _refuse_closed(dispute)
    evidence = params.get("evidence", {})
    dispute["evidence"] |= evidence
    dispute["metadata"] = merged(dispute["metadata"], params.get("metadata"))
    dispute["evidence_details"]["has_evidence"] = len(dispute["evidence"]) > 1
    if params.get("submit", True) and evidence:
        dispute["status"] = "under_review"
        dispute["evidence_details"]["submission_count"] += 1
        dispute["evidence_details"]["submission_method"] = "manual"
    account.save(dispute)
    account.emit("charge.dispute.updated", dispute)
    # Stripe decides a test dispute by these words in its evidence.
    verdict = {"winning_evidence": "won", "losing_evidence": "lost"}.get(
        evidence.get("uncategorized_text", "")
    )
    if verdict is not None:
        _close(account, dispute, verdict)
    return dispute


def close(account: Account, params: dict[str, Any], id: str) -> Document:
    dispute = account.load("dispute", id, "dispute")
    _refuse_closed(dispute)
    dispute["status"] = "lost"
    account.save(dispute)
    account.emit("charge.dispute.closed", dispute)
    account.emit("charge.updated", account.load("charge", dispute["charge"]), {})
    return dispute


def _close(account: Account, dispute: Document, verdict: str) -> None:
    charge = account.load("charge", dispute["charge"])
    dispute["status"] = verdict
    account.emit("charge.updated", charge, {})
    if verdict == "won":
        _move(account, dispute, charge, dispute["amount"])
        account.emit("charge.dispute.funds_reinstated", dispute)
    account.save(dispute)
    account.emit("charge.dispute.closed", dispute)


def _move(account: Account, dispute: Document, charge: Document, amount: int, *, fee: int = 0) -> None:
    source = {"id": dispute["id"], "currency": charge["currency"]}
    line = balance.enter(account, "adjustment", source, amount, fee=fee)
    line["reporting_category"] = "dispute" if amount < 0 else "dispute_reversal"
    account.save(line)
    dispute["balance_transactions"].append(line)


def _refuse_closed(dispute: Document) -> None:
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise StripeError("This dispute is already closed.")


def _card(charge: Document) -> Document:
    brand = charge["payment_method_details"]["card"]["brand"]
    return {"brand": brand, "case_type": "chargeback", "network": brand, "network_reason_code": "10"}


def _evidence_details(account: Account) -> Document:
    return {
        "due_by": account.timestamp() + _DAYS_TO_ANSWER * 24 * 3600,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "submission_method": "not_submitted",
    }
