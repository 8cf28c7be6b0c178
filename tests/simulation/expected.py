"""Every change of state that runs are expected to come to, and those that no run can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.simulation.installed import Change

CHANGES: dict[str, dict[str, tuple[str, ...]]] = {
    "bookings": {
        "": ("pending",),
        "pending": ("held", "confirming", "awaiting_payment", "failed"),
        "held": ("awaiting_payment", "confirming", "failed"),
        "awaiting_payment": ("confirming", "failed"),
        "confirming": ("confirmed", "failed"),
        "failed": ("confirmed",),
    },
    "sagas": {
        "": ("running",),
        "running": ("following", "undoing", "failed"),
        "undoing": ("failed",),
        "following": ("done",),
    },
    "holds": {
        "": ("held", "released"),
        "held": ("confirmed", "released", "cancelled", "lapsed"),
        "lapsed": ("confirmed", "released"),
        "released": ("held",),
        "confirmed": ("cancelled",),
    },
    "calendar_events": {"": ("pending",), "pending": ("written",)},
    "attempts": {
        "": ("created",),
        "created": ("action_required", "authorized", "expired", "cancelled", "failed"),
        "action_required": ("authorized", "cancelled", "expired"),
        "authorized": ("succeeded", "cancelled"),
        "expired": ("authorized",),
    },
    "operations": {
        "": ("requested",),
        "requested": ("sent", "failed"),
        "sent": ("succeeded", "unknown", "requested", "failed"),
        "unknown": ("succeeded", "failed"),
    },
    "payments": {
        "": ("", "failed", "expired", "given_back"),
        "failed": ("", "given_back"),
        "expired": ("", "given_back"),
        "given_back": ("",),
    },
    "notifications": {"": ("pending",), "pending": ("sent",)},
}

# Why no run comes to these.
IMPOSSIBLE: dict[Change, str] = {
    ("refunds", "", "requested"): "nothing is captured before the booking stands, so undoing voids",
    ("refunds", "requested", "succeeded"): "the same",
    ("calendar_events", "written", "removed"): "no saga of today takes a confirmed booking back",
    ("attempts", "authorized", "expired"): "a reservation lasts seven days, a run some hours",
}


def expected() -> Iterator[Change]:
    """Every change of state that is possible in a run."""
    for what, changes in CHANGES.items():
        for old, news in changes.items():
            yield from ((what, old, new) for new in news)


def never_visited(changes: Counter[Change]) -> list[str]:
    """What was expected and never seen, in words."""
    missing = set(expected()) - changes.keys()
    return [f"{what}: {old or 'new'} -> {new or 'open'}" for what, old, new in sorted(missing)]


def unforeseen(changes: Counter[Change]) -> list[str]:
    """What was seen and not expected, in words: the list here is to be mended, or the product is."""
    known = set(expected())
    seen = {one for one in changes if one[0] in CHANGES}
    return [f"{what}: {old or 'new'} -> {new or 'open'}" for what, old, new in sorted(seen - known)]
