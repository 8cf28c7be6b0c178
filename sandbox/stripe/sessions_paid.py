"""What a paid intent means for the Checkout Session it came from."""

from sandbox.stripe.account import Account
from sandbox.stripe.timers import cancel_timer
from sandbox.world import Document


def settle(account: Account, intent: Document) -> None:
    """Complete the session of an intent that was paid or reserved; note when reserved money was taken."""
    for session in account.find("checkout.session", ("payment_intent", "=", intent["id"])):
        taken = intent["status"] == "succeeded"
        if session["status"] == "complete":
            if taken and session["payment_status"] == "unpaid":
                account.save(session | {"payment_status": "paid"})
            continue
        # Money that is only reserved leaves the session unpaid until it is captured.
        session.update(status="complete", payment_status="paid" if taken else "unpaid", url=None)
        account.save(session)
        cancel_timer(account, "session_expires", session["id"])
        account.emit("checkout.session.completed", session)
