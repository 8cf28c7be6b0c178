"""How a booking stands, in plain words.

The server writes the first page from this table, and the page's script follows the booking with the same one.
`{amount}`, `{when}`, `{business}` and `{sent}` are filled in.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

STEPS = ("Time held", "Payment", "Calendar", "Confirmed")
NOWHERE, HELD, PAYMENT, CALENDAR, DONE = -1, 0, 1, 2, 4


class Outcome(NamedTuple):
    """What is said of a booking in one state, and the step that it is at or that it stopped at."""

    headline: str
    sentence: str
    step: int


_STATES = {
    "pending": Outcome(
        "Holding your time", "We are making sure that nobody else can take it. This takes a moment.", HELD
    ),
    "held": Outcome("Your time is held", "The payment is being prepared.", PAYMENT),
    "awaiting_payment": Outcome(
        "Held for you", "Pay {amount} and this time is yours. Nobody else can take it meanwhile.", PAYMENT
    ),
    "left": Outcome(
        "You left the payment page",
        "Nothing was charged. Your time is still held: pay after all, or give it back.",
        PAYMENT,
    ),
    "checking": Outcome(
        "Checking your payment",
        "We are asking the payment provider. You can close this page: the booking goes on.",
        PAYMENT,
    ),
    "confirming": Outcome("Almost there", "Your time is being entered in the calendar.", CALENDAR),
    "confirmed": Outcome("You are booked", "See you on {when}. {sent}", DONE),
}

_FAILURES = {
    "slot_taken": Outcome(
        "That time has just been taken", "Somebody was a moment faster. You were not charged.", HELD
    ),
    "not_offered": Outcome("That time is not offered any more", "You were not charged.", HELD),
    "payment_declined": Outcome(
        "Your payment was declined",
        "Your card was not charged. Banks rarely say why, and another card often works.",
        PAYMENT,
    ),
    "payment_cancelled": Outcome(
        "You left without paying", "Your card was not charged, and the time is free again.", PAYMENT
    ),
    "payment_expired": Outcome(
        "The time to pay ran out", "Your card was not charged, and the time is free again.", PAYMENT
    ),
    "payment_unavailable": Outcome(
        "The payment provider did not answer",
        "The fault is not yours, and your card was not charged. Please try again in a few minutes.",
        PAYMENT,
    ),
    "paid_too_late": Outcome(
        "Your payment came too late",
        "The hold had ended and somebody else has the time now. Everything you paid goes back to you.",
        CALENDAR,
    ),
    "timed_out": Outcome(
        "We could not finish this booking",
        "The fault is ours. Your card was not charged; what was reserved on it is already on its way back.",
        CALENDAR,
    ),
    "cancelled_by_customer": Outcome(
        "You gave the time back", "You are not charged. Somebody else may be glad of it.", NOWHERE
    ),
    "cancelled_by_operator": Outcome(
        "{business} cannot take this booking",
        "You are not charged; what was reserved on your card is already on its way back.",
        CALENDAR,
    ),
    "failed": Outcome("This booking did not go through", "You were not charged.", PAYMENT),
}

OUTCOMES = _STATES | _FAILURES


def outcome(booking: Mapping[str, Any], *, left: bool) -> Outcome:
    """What the page says about the booking as it stands."""
    status: str = booking["status"]
    if status == "failed":
        return OUTCOMES.get(booking["reason"] or "", OUTCOMES["failed"])
    if left and status == "awaiting_payment":
        return OUTCOMES["left"]
    return OUTCOMES.get(status, Outcome(f"Your booking is {status}".replace("_", " "), "", DONE))
