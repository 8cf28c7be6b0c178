"""How a booking is shown: to anybody who knows its id, and in full to who may see the person in it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from shared.events.booking import FailureReason

REASONS: dict[FailureReason, str] = {
    "slot_taken": "Somebody else was faster: the time has just been taken. You were not charged.",
    "not_offered": "This time is not offered. You were not charged.",
    "payment_declined": "Your card was declined and not charged. The time is free again.",
    "payment_cancelled": "You left the payment page, so the time was given back. You were not charged.",
    "payment_expired": "The time to pay ran out, so the time was given back. You were not charged.",
    "payment_unavailable": "The payment provider could not be reached. You were not charged.",
    "paid_too_late": "Your payment came after the time was given to somebody else. You get all of it back.",
    "timed_out": "We could not finish your booking in time. Whatever was paid is given back.",
    "cancelled_by_customer": "You gave the time back. You were not charged.",
    "cancelled_by_operator": "The business cancelled this booking. Whatever was paid is given back.",
}


def reason_text(reason: str | None) -> str | None:
    """The plain sentence for a failure's code."""
    return next((text for code, text in REASONS.items() if code == reason), None)


def booking_shown(row: Row[Any], items: list[Row[Any]], *, full: bool) -> dict[str, Any]:
    """A booking as the public API shows it; without `full` nothing about the person."""
    facts = row.facts
    due = {"amount": row.due_amount, "currency": row.currency} if row.currency else None
    paying = row.status in ("pending", "held", "awaiting_payment")
    return {
        "id": row.id,
        "reference": row.reference,
        "status": row.status,
        "version": row.version,
        "reason": row.reason,
        "reason_text": reason_text(row.reason),
        "detail": row.detail,
        "nearest": row.nearest or [],
        "items": [_item(fact, _state_of(items, fact["id"])) for fact in facts["items"]],
        "business": facts["business"],
        "customer": facts["customer"] if full else None,
        "amount_due": due,
        "payment": {
            "status": row.payment_status,
            "method": row.method,
            "next_action": row.next_action if paying else None,
        },
        "policy": row.policy,
        "hold_expires_at": row.deadline if paying else None,
        "created_at": row.created_at,
        "confirmed_at": row.confirmed_at,
        "manage_url": facts["manage_url"] if full else None,
        "calendar": {"status": row.calendar_status},
    }


def _state_of(items: list[Row[Any]], id: str) -> Row[Any] | None:
    return next((row for row in items if row.id == id), None)


def _item(fact: dict[str, Any], row: Row[Any] | None) -> dict[str, Any]:
    zone = ZoneInfo(fact["timezone"])
    shown = {
        "id": fact["id"],
        "offering": fact["offering"],
        "title": fact["title"],
        "timezone": fact["timezone"],
        "price": fact["price"],
        "quantity": fact["quantity"],
        "meeting_method": fact["meeting_method"],
        "status": row.status if row else "pending",
    }
    if row is not None:
        shown["start"] = row.starts_at.astimezone(zone)
        shown["end"] = row.ends_at.astimezone(zone)
    return shown


def timeline_shown(rows: list[Row[Any]], *, operator: bool) -> dict[str, Any]:
    """What happened to a booking, in order; who did it only to operators."""
    entries = []
    for row in rows:
        entry = {"at": row.at, "what": row.what, "step": row.step, "item": row.item, "detail": row.detail}
        if operator:
            entry |= {"saga": row.saga_id, "epoch": row.epoch, "actor": row.actor, "trace_id": row.trace_id}
        entries.append(entry)
    return {"entries": entries}
