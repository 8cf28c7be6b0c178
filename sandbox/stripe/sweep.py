"""What happens by itself once its moment has come."""

from collections.abc import Callable

from sandbox.stripe import charging, intents, refunds, sessions
from sandbox.stripe.account import Account
from sandbox.stripe.timers import cancel_timer, due
from sandbox.world import Document


def sweep(account: Account) -> None:
    """Let every moment that has come take effect."""
    if not due(account):
        return
    with account.world.transaction():
        for timer in due(account):
            cancel_timer(account, timer["what"], timer["target"])
            object, happens = _MOMENTS[timer["what"]]
            target = account.peek(object, timer["target"])
            if target is not None:
                happens(account, target)


def _session_expires(account: Account, session: Document) -> None:
    if session["status"] == "open":
        sessions.lapse(account, session)


def _hold_lapses(account: Account, intent: Document) -> None:
    if intent["status"] == "requires_capture":
        charge = account.load("charge", intent["latest_charge"])
        account.emit("charge.expired", charge)
        intents.cancelled(account, intent, "automatic")


_MOMENTS: dict[str, tuple[str, Callable[[Account, Document], None]]] = {
    "session_expires": ("checkout.session", _session_expires),
    "hold_lapses": ("payment_intent", _hold_lapses),
    "fee_known": ("charge", charging.fee_known),
    "refund_arrives": ("refund", refunds.arrives),
    "refund_bounces": ("refund", refunds.bounces),
}
