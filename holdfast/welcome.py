"""What a start prints: where to go and what to try."""

from collections.abc import Sequence
from typing import Any

CARDS = (
    ("4242 4242 4242 4242", "is paid"),
    ("4000 0000 0000 9995", "is declined for want of funds; the slot is free again soon after"),
    ("4000 0025 0000 3155", "asks for 3-D Secure first"),
)


def welcome(url: str, sandbox: str, operator_key: str, applied: Sequence[dict[str, Any]]) -> str:
    """The first lines that an operator reads."""
    cards = "\n".join(f"      {number}   {what}" for number, what in CARDS)
    changed = sum(len(one["changes"]) for one in applied)
    catalogs = ", ".join(one["business"] for one in applied) or "none"
    return f"""
  Holdfast is ready.

    Book something      {url}/
    See what happened   {sandbox}/      (mails, charges, calendar, switches that break things)
    API                 {url}/docs          {url}/openapi.json
    Operator key        {operator_key}

    Catalogs            {catalogs} ({changed} changes at this start)

    Three cards to try (any date in the future, any three digits):
{cards}

  Ctrl-C stops it; what was accepted is finished at the next start.
"""
