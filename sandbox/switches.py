"""Every switch that breaks something, provider by provider."""

from sandbox.faults import Fault
from sandbox.google import GOOGLE_FAULTS
from sandbox.smtp import SMTP_FAULTS

STRIPE_FAULTS = (
    Fault(
        "stripe",
        "decline",
        "Card declined",
        "The next card is declined by its bank, whichever card it is.",
    ),
    Fault(
        "stripe",
        "down",
        "Stripe is down",
        "Every call is answered 503 and nothing happens: for a number of calls, or for a stretch of time.",
        seconds=60,
        lasts=True,
    ),
    Fault(
        "stripe",
        "error_before",
        "Error, nothing done",
        "The call is answered 500 and has no effect. Trying again works.",
    ),
    Fault(
        "stripe",
        "error_after",
        "Error after success",
        "The money moves, but the answer is 500. Whoever tries again must not pay twice.",
    ),
    Fault(
        "stripe",
        "timeout_after",
        "Silence after success",
        "The money moves, but no answer comes until the caller gives up or this many seconds have passed.",
        seconds=60,
    ),
    Fault("stripe", "cut_body", "Answer cut in half", "The money moves, but the answer stops in the middle."),
    Fault("stripe", "rate_limit", "Too many requests", "The call is answered 429 and has no effect."),
    Fault("stripe", "slow", "Slow", "The call works, but takes this many seconds longer.", seconds=3),
    Fault("stripe", "drop_webhooks", "Webhook lost", "The next event is never told to anybody."),
    Fault("stripe", "duplicate_webhooks", "Webhook five times", "The next event is delivered five times."),
    Fault(
        "stripe",
        "reorder_webhooks",
        "Webhooks in the wrong order",
        "The next events wait this many seconds and then arrive newest first. Break it as often as events"
        " shall wait.",
        seconds=2,
    ),
    Fault(
        "stripe",
        "late_payment",
        "Paid too late",
        "A payment page that has expired still takes the next payment, as when a bank answers late.",
    ),
)
SWITCHES = (*STRIPE_FAULTS, *GOOGLE_FAULTS, *SMTP_FAULTS)
PROVIDERS = {"stripe": "Payments", "google": "Calendar", "smtp": "Mail"}


def switch(provider: str, fault: str) -> Fault | None:
    """The switch of that name."""
    return next((one for one in SWITCHES if (one.provider, one.name) == (provider, fault)), None)


def known() -> dict[str, list[str]]:
    """The names of all switches by provider."""
    return {provider: [one.name for one in SWITCHES if one.provider == provider] for provider in PROVIDERS}
