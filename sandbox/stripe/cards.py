"""Stripe's test cards and what each of them does. No other number is let in."""

from dataclasses import dataclass
from typing import Literal

Authentication = Literal["never", "optional", "unless_set_up", "always"]


@dataclass(frozen=True)
class Decline:
    """Why a bank says no."""

    code: str
    decline_code: str
    message: str


@dataclass(frozen=True)
class Card:
    """A test card and its fate."""

    number: str
    brand: str = "visa"
    decline: Decline | None = None
    attaches: bool = True
    authentication: Authentication = "never"
    refund: Literal["at_once", "slowly", "never"] = "at_once"
    dispute: str | None = None


def _declined(
    decline_code: str, message: str = "Your card was declined.", code: str = "card_declined"
) -> Decline:
    return Decline(code, decline_code, message)


GENERIC = _declined("generic_decline")
_FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.")

_CARDS = (
    Card("4242424242424242"),
    Card("5555555555554444", brand="mastercard"),
    Card("378282246310005", brand="amex"),
    Card("4000000000000002", decline=GENERIC, attaches=False),
    Card("4000000000009995", decline=_FUNDS, attaches=False),
    Card("4000000000009987", decline=_declined("lost_card"), attaches=False),
    Card("4000000000009979", decline=_declined("stolen_card"), attaches=False),
    Card(
        "4000000000000069",
        decline=_declined("expired_card", "Your card has expired.", "expired_card"),
        attaches=False,
    ),
    Card(
        "4000000000000127",
        decline=_declined("incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc"),
        attaches=False,
    ),
    Card(
        "4000000000000119",
        decline=_declined(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
            "processing_error",
        ),
        attaches=False,
    ),
    Card("4000000000000341", decline=GENERIC),
    Card("4000002500003155", authentication="unless_set_up"),
    Card("4000002760003184", authentication="always"),
    Card("4000008260003178", authentication="always", decline=_FUNDS),
    Card("4000000000003220", authentication="always"),
    Card("4000008400001629", authentication="always", decline=GENERIC),
    Card("4000000000003055", authentication="optional"),
    Card("4000000000000259", dispute="fraudulent"),
    Card("4000000000002685", dispute="product_not_received"),
    Card("4000000000001976", dispute="inquiry"),
    Card("4000000000005423"),
    Card("4000000000007726", refund="slowly"),
    Card("4000000000005126", refund="never"),
)
CARDS = {card.number: card for card in _CARDS}

# The names behind `pm_card_…` and `tok_…`, as Stripe's testing page lists them.
_NAMES = {
    "visa": "4242424242424242",
    "mastercard": "5555555555554444",
    "amex": "378282246310005",
    "visa_chargeDeclined": "4000000000000002",
    "visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "visa_chargeDeclinedLostCard": "4000000000009987",
    "visa_chargeDeclinedStolenCard": "4000000000009979",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "chargeCustomerFail": "4000000000000341",
    "authenticationRequiredOnSetup": "4000002500003155",
    "authenticationRequired": "4000002760003184",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "threeDSecure2Required": "4000000000003220",
    "threeDSecureRequiredChargeDeclined": "4000008400001629",
    "threeDSecureOptional": "4000000000003055",
    "createDispute": "4000000000000259",
    "createDisputeProductNotReceived": "4000000000002685",
    "createDisputeInquiry": "4000000000001976",
    "createIssuerFraudRecord": "4000000000005423",
    "pendingRefund": "4000000000007726",
    "refundFail": "4000000000005126",
}


def named(id: str) -> Card | None:
    """The card behind a ready-made `pm_card_…` or `tok_…`."""
    for prefix in ("pm_card_", "tok_"):
        name = id.removeprefix(prefix)
        if name == id:
            continue
        number = _NAMES.get(name) or _NAMES.get(f"visa_{name}") or _NAMES.get(name.removeprefix("visa_"))
        return CARDS[number] if number else None
    return None


def checks_out(number: str) -> bool:
    """Whether the last digit fits the others (Luhn)."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0
