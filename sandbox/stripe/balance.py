"""The account's money: one line for each movement."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.lists import equal, listing
from sandbox.world import Document

_DAY = 24 * 3600


def enter(account: Account, type: str, source: Document, amount: int, *, fee: int = 0) -> Document:
    """Write one movement of money, with what Stripe keeps of it."""
    currency = source["currency"]
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Processing fee",
            "type": "stripe_fee",
        }
    ]
    return account.save(
        account.new(
            "balance_transaction",
            amount=amount,
            available_on=account.timestamp() + 2 * _DAY,
            balance_type="payments",
            currency=currency,
            description=source.get("description"),
            exchange_rate=None,
            fee=fee,
            fee_details=fees if fee else [],
            net=amount - fee,
            reporting_category="charge" if type == "charge" else type,
            source=source["id"],
            status="pending",
            type=type,
        )
    )


def fee_on(account: Account, amount: int) -> int:
    """What Stripe keeps of a charge."""
    share = Decimal(amount) * account.settings.fee_percent / 100
    return int(share.quantize(Decimal(1), ROUND_HALF_UP)) + account.settings.fee_fixed


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return account.load("balance_transaction", id)


def list_all(account: Account, params: dict[str, Any]) -> Document:
    wanted = equal(params, "currency", "source", "type")
    return listing(account, "balance_transaction", params, "/v1/balance_transactions", *wanted)


def current(account: Account, params: dict[str, Any]) -> Document:
    """What the account holds, per currency."""
    sums: dict[str, int] = {}
    for line in account.find("balance_transaction"):
        sums[line["currency"]] = sums.get(line["currency"], 0) + line["net"]
    held = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sums.items()
    ]
    return {"object": "balance", "available": held, "livemode": False, "pending": []}
