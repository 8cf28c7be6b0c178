"""Moments at which something happens by itself."""

from sandbox.stripe.account import Account
from sandbox.world import Document

_TIMER = "stripe.timer"


def set_timer(account: Account, what: str, target: str, at: float) -> None:
    """Have something happen to an object at a moment."""
    id = f"{what}:{target}"
    account.world.put(_TIMER, id, {"id": id, "what": what, "target": target, "at": at})


def cancel_timer(account: Account, what: str, target: str) -> None:
    """Have it not happen after all."""
    account.world.delete(_TIMER, f"{what}:{target}")


def due(account: Account) -> list[Document]:
    """The timers whose moment has come, oldest first."""
    return account.world.find(_TIMER, ("at", "<=", account.world.now().timestamp()))
