"""Every change of state that runs are expected to come to, and those that no run can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from services.booking.sagas import SAGAS
from shared.saga.definition import Saga
from tests.simulation.installed import Change

CHANGES: dict[str, dict[str, tuple[str, ...]]] = {
    "bookings": {
        "": ("pending",),
        "pending": ("held", "confirming", "failed"),
        "held": ("awaiting_payment", "failed"),
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
        "": ("held", "released", "confirmed"),
        "held": ("confirmed", "released", "cancelled", "lapsed"),
        "lapsed": ("released", "cancelled"),
        "confirmed": ("cancelled",),
        # Two sagas may both give an item back, again and again while nobody answers.
        "released": ("cancelled",),
        "cancelled": ("released",),
    },
    "calendar_events": {"": ("pending",), "pending": ("written",)},
    "attempts": {
        "": ("created",),
        "created": ("action_required", "cancelled", "failed", "expired"),
        "action_required": ("authorized", "cancelled", "expired"),
        "authorized": ("succeeded", "cancelled"),
        "expired": ("authorized",),
        # A page that was given up as never made, and appeared after all.
        "failed": ("action_required", "authorized"),
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
    "notifications": {
        "": ("pending", "waiting"),
        "waiting": ("pending",),
        "pending": ("sent", "skipped"),
    },
}


def step_changes(saga: Saga[Any]) -> Iterator[Change]:
    """What can become of each step of a saga, as its definition says."""
    for step in saga.every_step:
        name = f"{saga.name}: {step.name}"
        yield (name, "", "sent")
        yield (name, "sent", "sent")
        yield (name, "sent", "ok")
        if step.refusals:
            yield (name, "sent", "refused")
        if step.point_of_no_return and step.refusals:
            yield (name, "refused", "sent")
        if step.undo is not None:
            yield (name, "sent", "undoing")
            yield (name, "ok", "undoing")
            yield (name, "undoing", "undoing")
            yield (name, "undoing", "undone")
            # An effect that shows after its saga gave up is undone too.
            yield (name, "undone", "undoing")


# Why no run comes to these.
IMPOSSIBLE: dict[Change, str] = {
    ("refunds", "", "requested"): "nothing is captured before the booking stands, so undoing voids",
    ("refunds", "requested", "succeeded"): "the same",
    ("calendar_events", "written", "removed"): "no saga of today takes a confirmed booking back",
    ("attempts", "authorized", "expired"): "a reservation lasts seven days, a run some hours",
    ("attempts", "created", "authorized"): "nobody is shown a page before we know that it is open",
    ("bookings", "held", "confirming"): "the same: who pays has been shown a page, so payment was awaited",
    ("bookings", "pending", "awaiting_payment"): "the step that opens a page begins when the slots are held",
    ("holds", "released", "held"): "the row of a released hold is replaced when its item is held again",
    ("holds", "lapsed", "confirmed"): "the same: it is born as confirmed",
    ("book: capture the payment", "sent", "refused"): "no reservation is lost within a run",
    ("book: capture the payment", "refused", "sent"): "the same",
    ("take-up: capture the payment", "sent", "refused"): "the same",
    ("take-up: capture the payment", "refused", "sent"): "the same",
}


# Possible, and too rare to count on. `tests/flows/test_every_step.py` plays each of them for every step.
SELDOM: dict[Change, str] = {
    ("take-up: confirm every slot", "sent", "refused"): (
        "its hold lapses a minute before the step gives up, and in that minute somebody must take the time"
    ),
    ("take-up: confirm every slot", "undone", "undoing"): (
        "every answer to five commands must be late, the last of them later than the undoing of them all"
    ),
}


def expected() -> Iterator[Change]:
    """Every change of state that is possible in a run."""
    for saga in SAGAS:
        yield from (one for one in step_changes(saga) if one not in IMPOSSIBLE)
    for what, changes in CHANGES.items():
        for old, news in changes.items():
            yield from ((what, old, new) for new in news)


def never_visited(changes: Counter[Change]) -> list[str]:
    """What was expected and never seen, in words."""
    missing = set(expected()) - changes.keys()
    return [_told(change) for change in sorted(missing)]


def _told(change: Change) -> str:
    what, old, new = change
    why = f" (seldom: {SELDOM[change]})" if change in SELDOM else ""
    return f"{what}: {old or 'new'} -> {new or 'open'}{why}"


def unforeseen(changes: Counter[Change]) -> list[str]:
    """What was seen and not expected, in words: the list here is to be mended, or the product is."""
    seen = changes.keys() - set(expected())
    return [_told(change) for change in sorted(seen)]
