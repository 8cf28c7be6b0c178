"""Waiting until an installation has nothing left to do but wait for people."""

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime

import httpx

from services.booking.tables import bookings, engine
from services.calendar.tables import calendar_events
from services.notify.tables import notifications
from services.payment.tables import operations, payments, provider_events, refunds
from tests.support.evidence import SPINES, Evidence, Rows, read_tables
from tests.support.installation import Installation
from tests.support.outside import Outside

# Work that is to be done as soon as it can be; other tasks are alarm clocks.
WORK = {"operation", "sync-event", "send", "provider-event", "late-return"}
OPEN_OPERATIONS = {"requested", "sent", "unknown"}


async def settle(installation: Installation, seconds: float = 30) -> list[str]:
    """Wait until nothing is pending, and return what still is when the time is up."""
    deadline = time.monotonic() + seconds
    quiet = 0
    while True:
        found = [one for one in await pending(installation) if one not in installation.reported]
        quiet = 0 if found else quiet + 1
        # A message that is with the broker stands in no table for a moment.
        if quiet > 1 or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.1)


async def pending(installation: Installation) -> list[str]:
    """What an installation has still to do, in words."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        now = datetime.fromisoformat(await Outside(http, installation.sandbox).now())
    rows = await read_tables(installation)
    return left_to_do(Evidence(rows, now, [], [], [], [], [], {}))


def left_to_do(seen: Evidence) -> list[str]:
    """What the rows say is still to be done, in words."""
    return [*_messages(seen), *_tasks(seen), *_bookings(seen), *_outside_calls(seen)]


def _messages(seen: Evidence) -> Iterator[str]:
    for service, spine in SPINES.items():
        for row in seen.of(spine.outbox):
            yield f"{service} has not sent {row.envelope['type']} of {row.envelope['subject']}"
        for row in seen.of(spine.inbox):
            if row.status in ("pending", "parked"):
                yield f"{service} has not handled {row.type} of {row.subject}: {row.error}"


def _tasks(seen: Evidence) -> Iterator[str]:
    for service, spine in SPINES.items():
        for row in seen.of(spine.tasks):
            if row.kind in WORK or row.due_at <= seen.now:
                yield f"{service} has not done {row.kind} {row.key}: {row.error}"


def waiting_for_customers(seen: Evidence) -> set[str]:
    """The bookings that wait for somebody to pay, within their hold."""
    return {
        row.id for row in seen.of(bookings) if row.status == "awaiting_payment" and row.deadline > seen.now
    }


def _bookings(seen: Evidence) -> Iterator[str]:
    waiting = waiting_for_customers(seen)
    for row in seen.of(bookings):
        if row.status not in ("confirmed", "failed") and row.id not in waiting:
            yield f"booking {row.id} is {row.status}"
    for row in seen.of(engine.sagas):
        if row.status not in ("done", "failed") and row.booking_id not in waiting:
            yield f"the {row.saga} saga of {row.booking_id} is {row.status}"


def _outside_calls(seen: Evidence) -> Iterator[str]:
    for row in seen.of(operations):
        if row.state in OPEN_OPERATIONS:
            yield f"the {row.kind} {row.id} is {row.state}"
    for row in seen.of(payments):
        if row.late_until is not None:
            yield f"late money of {row.booking_id} waits to be collected or returned"
    for row in seen.of(provider_events):
        if row.status == "received":
            yield f"the provider's event {row.event_id} is not processed"
    yield from _untold(seen)
    yield from _owed(seen.of(calendar_events), ("pending",), "event of item", "item_id")
    yield from _owed(seen.of(notifications), ("pending", "waiting"), "mail", "id")


def _untold(seen: Evidence) -> Iterator[str]:
    """What notify has not even heard of: with many messages the broker keeps some for a while."""
    heard = {(row.booking_id, row.kind) for row in seen.of(notifications)}
    for row in seen.of(bookings):
        kind = {"confirmed": "confirmation", "failed": "failure"}.get(row.status)
        if kind and (row.id, kind) not in heard:
            yield f"notify has not heard that {row.id} is {row.status}"
    for refund in seen.of(refunds):
        payment = next(row for row in seen.of(payments) if row.id == refund.payment_id)
        if refund.told == "succeeded" and (payment.booking_id, "refund") not in heard:
            yield f"notify has not heard of the refund {refund.id}"


def _owed(rows: Rows, open_states: tuple[str, ...], what: str, key: str) -> Iterator[str]:
    for row in rows:
        state = row._mapping["state"] if "state" in row._mapping else row._mapping["status"]
        if state in open_states:
            yield f"the {what} {row._mapping[key]} is {state}: {row.error}"
