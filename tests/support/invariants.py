"""The nine invariants, each judged from the services' own tables and from what the outside shows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Row

from services.booking.tables import booking_items, bookings, engine
from services.calendar.hold import ALL_UNITS
from services.calendar.tables import calendar_events, holds, offerings, resources, slot_cells
from services.notify.tables import notifications
from services.payment.tables import (
    attempts,
    journal_entries,
    journal_lines,
    operations,
    payments,
    refunds,
)
from tests.support.customer import item_of
from tests.support.evidence import SPINES, Evidence, gather
from tests.support.installation import Installation
from tests.support.settling import settle, waiting_for_customers

ACTIVE = ("held", "confirmed")
Check = Callable[[Evidence], Iterator[str]]


async def check_everything(installation: Installation, *, besides: tuple[Check, ...] = ()) -> None:
    """Settle, then hold what is there against all invariants; raises with a sentence for each breach.

    `besides` names checks that cannot hold, such as the single mail after a kill; nobody is blamed later.
    """
    still_pending = await settle(installation)
    seen = await gather(installation)
    broken = [f"4. nothing stays half-done: {one}" for one in still_pending]
    for check in INVARIANTS:
        if check in besides:
            installation.reported |= set(check(seen))
        else:
            broken += check(seen)
    fresh = [one for one in broken if one not in installation.reported]
    installation.reported |= {*fresh, *still_pending}
    assert not fresh, "\n".join(["what must always hold does not:", *fresh])


def no_overbooking(seen: Evidence) -> Iterator[str]:
    """1. No two active holds or allocations exceed a resource's capacity at any instant."""
    capacities = {row.id: row.definition["capacity"] for row in seen.of(resources)}
    seats = {row.id: row.definition["capacity"] for row in seen.of(offerings)}
    active = [row for row in seen.of(holds) if row.status in ACTIVE]
    for resource, capacity in capacities.items():
        mine = [row for row in active if row.resource == resource]
        for at in sorted({row.blocked_from for row in mine}):
            there = [row for row in mine if row.blocked_from <= at < row.blocked_to]
            if _units(there) > capacity:
                ids = ", ".join(row.id for row in there)
                yield f"1. no overbooking: {resource} is taken by {ids} at {at.isoformat()}"
    for session, together in _grouped(active, "session").items():
        people = sum(row.quantity for row in together)
        if len(together) > 1 and people > seats[together[0].offering]:
            yield f"1. no overbooking: {people} people have seats in {session}"


def _units(there: list[Row[Any]]) -> int:
    """How many units are taken: a session that shares its time takes them together, and all of them."""
    sessions = {row.session: row.units for row in there}
    return sum(1 if units == ALL_UNITS else units for units in sessions.values())


def no_money_without_a_booking(seen: Evidence) -> Iterator[str]:
    """2. What was taken and not given back is what the booking's state owes; nothing stays reserved."""
    waiting = waiting_for_customers(seen)
    states = {row.id: row for row in seen.of(bookings)}
    for booking_id, kept, reserved in _money(seen):
        row = states.get(booking_id)
        if row is None:
            yield f"2. no money without a booking: {kept} is kept for {booking_id}, which is unknown"
            continue
        owed = (row.due_amount or 0) if row.status == "confirmed" and row.method else 0
        if kept != owed and booking_id not in waiting:
            yield f"2. no money without a booking: {kept} is kept for {booking_id}, which is {row.status}"
        if reserved and booking_id not in waiting:
            yield f"2. no money without a booking: {reserved} is reserved for {booking_id}: {row.status}"


def _money(seen: Evidence) -> Iterator[tuple[str, int, int]]:
    """By booking: what the provider took and kept, and what it keeps reserved."""
    kept: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    whose = {one["id"]: str(one["metadata"].get("booking_id", "")) for one in seen.intents}
    for intent in seen.intents:
        kept[whose[intent["id"]]] += intent["amount_received"]
        reserved[whose[intent["id"]]] += intent["amount_capturable"]
    for refund in seen.refunds:
        if refund["status"] in ("succeeded", "pending"):
            kept[whose[refund["payment_intent"]]] -= refund["amount"]
    for booking_id in kept.keys() | reserved.keys():
        yield booking_id, kept[booking_id], reserved[booking_id]


def no_booking_without_money(seen: Evidence) -> Iterator[str]:
    """3. A confirmed booking is paid exactly once, and stands at exactly the time it was made for."""
    paid = Counter(
        str(one["metadata"].get("booking_id")) for one in seen.intents if one["amount_received"] > 0
    )
    items = seen.by(booking_items, "booking_id")
    by_item = {row.id: row for row in seen.of(holds)}
    for row in seen.of(bookings):
        if row.status != "confirmed":
            continue
        times = 1 if row.method else 0
        if paid[row.id] != times:
            yield f"3. no booking without money: {row.id} is confirmed and was paid {paid[row.id]} times"
        for item in items[row.id]:
            hold = by_item.get(item.id)
            if hold is None or (hold.status, hold.starts_at) != ("confirmed", item.starts_at):
                state = hold.status if hold else "unknown to the calendar"
                yield f"3. no booking without time: {item.id} of {row.id} is {state}"


def no_hold_outlives_its_booking(seen: Evidence) -> Iterator[str]:
    """4. Time is given back with the booking, and held only while somebody is waited for."""
    ended = {row.id for row in seen.of(bookings) if row.status == "failed"}
    waiting = waiting_for_customers(seen)
    for row in seen.of(holds):
        if row.status in ACTIVE and row.booking_id in ended:
            yield f"4. nothing stays half-done: {row.id} is {row.status}, its booking failed"
        if row.status == "held" and row.booking_id not in waiting:
            yield f"4. nothing stays half-done: {row.id} is held, and nobody is waited for"


def nobody_has_to_help(seen: Evidence) -> Iterator[str]:
    """4. No saga is stuck, no message is dead, no payment needs a person."""
    for row in seen.of(engine.sagas):
        if row.stuck:
            yield f"4. nothing stays half-done: the {row.saga} saga of {row.booking_id} is stuck"
    for service, spine in SPINES.items():
        for row in seen.of(spine.inbox):
            if row.status == "dead":
                yield f"4. nothing stays half-done: {service} buried {row.type} of {row.subject}: {row.error}"
    for row in seen.of(payments):
        if row.attention:
            yield f"4. nothing stays half-done: {row.booking_id} needs a person: {row.attention}"


def promises_are_returned(seen: Evidence) -> Iterator[str]:
    """5. What a failed booking had set aside is free again: the seats counted are the seats taken."""
    counted: Counter[tuple[str, str, object]] = Counter()
    for row in seen.of(holds):
        if row.status in ACTIVE and row.seated:
            counted[(row.resource, row.offering, row.starts_at)] += row.quantity
    cells = {(row.resource, row.scope, row.cell_at): row for row in seen.of(slot_cells) if row.scope}
    for key in counted.keys() | cells.keys():
        there = cells[key].taken if key in cells else 0
        if there != counted[key]:
            yield f"5. promises are returned: {there} seats count as taken in {key[:2]}, {counted[key]} are"
    for key, cell in cells.items():
        if cell.taken > cell.capacity:
            yield f"5. promises are returned: {cell.taken} of {cell.capacity} seats are taken in {key[:2]}"


def the_outside_agrees(seen: Evidence) -> Iterator[str]:
    """6. Exactly one event per confirmed item whose resource has a calendar; none for any other."""
    connected = {row.id for row in seen.of(resources) if row.definition.get("source")}
    place = {row.id: row.resource for row in seen.of(holds)}
    shown = Counter(item_of(event) for event in seen.events)
    confirmed = {row.id for row in seen.of(bookings) if row.status == "confirmed"}
    wanted = {
        row.id: int(row.booking_id in confirmed and place.get(row.id) in connected)
        for row in seen.of(booking_items)
    }
    for item in shown.keys() | wanted.keys():
        if shown[item] != wanted.get(item, 0):
            yield (
                f"6. the outside agrees: {shown[item]} events are shown for item {item or '?'}, "
                f"{wanted.get(item, 0)} should be"
            )
    for row in seen.of(calendar_events):
        if row.state == "pending":
            yield f"6. the outside agrees: the event of {row.item_id} is still to be written: {row.error}"


def nothing_accepted_is_lost(seen: Evidence) -> Iterator[str]:
    """7. Every booking that was answered with success exists, with its items and its saga."""
    known = {row.id: row for row in seen.of(bookings)}
    sagas = seen.by(engine.sagas, "booking_id")
    for booking_id, answered in seen.accepted.items():
        row = known.get(booking_id)
        if row is None:
            yield f"7. nothing accepted is lost: {booking_id} was accepted and is unknown"
        elif booking_id not in sagas:
            yield f"7. nothing accepted is lost: {booking_id} was accepted and never begun"
        elif row.reference != answered["reference"]:
            yield f"7. nothing accepted is lost: {booking_id} is another booking than was accepted"


def said_once(seen: Evidence) -> Iterator[str]:
    """8. One mail per booking and occasion, sent for what came about; one effect per provider call."""
    copies = Counter(mail["message_id"] for mail in seen.mails)
    told = seen.by(notifications, "booking_id")
    for row in seen.of(notifications):
        if row.status == "sent" and copies[row.message_id] == 0:
            yield f"8. said once: the {row.kind} of {row.booking_id} counts as sent, and nobody got it"
        if row.status not in ("sent", "skipped"):
            yield f"8. said once: the {row.kind} of {row.booking_id} is {row.status}: {row.error}"
    for row in seen.of(bookings):
        kinds = Counter(one.kind for one in told.get(row.id, []))
        wanted = {"confirmed": "confirmation", "failed": "failure"}.get(row.status)
        if wanted and kinds[wanted] != 1:
            yield f"8. said once: {row.id} is {row.status} and has {kinds[wanted]} notes of {wanted}"
    for attempt, made in seen.by(operations, "attempt_id").items():
        captures = [one for one in made if one.kind == "capture" and one.state == "succeeded"]
        if len(captures) > 1:
            yield f"8. said once: attempt {attempt} was captured {len(captures)} times"


def mailed_once(seen: Evidence) -> Iterator[str]:
    """8. Nobody gets the same mail twice."""
    for message_id, copies in Counter(mail["message_id"] for mail in seen.mails).items():
        if copies > 1:
            yield f"8. said once: the mail {message_id} came {copies} times"


def the_books_balance(seen: Evidence) -> Iterator[str]:
    """9. The journal sums to zero, entry by entry, and agrees with what the provider holds for us."""
    currency: dict[str, int] = defaultdict(int)
    for entry, lines in seen.by(journal_lines, "entry_id").items():
        total = sum(line.amount for line in lines)
        currency[lines[0].currency] += total
        if total or len({line.currency for line in lines}) > 1:
            yield f"9. the books balance: entry {entry} sums to {total}"
    posted = {row.id for row in seen.of(journal_entries)}
    clearing = sum(
        row.amount
        for row in seen.of(journal_lines)
        if row.account.startswith("clearing") and row.entry_id in posted
    )
    held = sum(kept for _, kept, _ in _money(seen))
    if clearing != held:
        yield f"9. the books balance: the provider holds {held} for us, the journal says {clearing}"
    ours = sum(row.captured for row in seen.of(attempts)) - sum(
        row.amount for row in seen.of(refunds) if row.state in ("succeeded", "pending")
    )
    if ours != held:
        yield f"9. the books balance: the provider holds {held} for us, the payments say {ours}"


def _grouped(rows: list[Row[Any]], column: str) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row._mapping[column]].append(row)
    return found


INVARIANTS: tuple[Check, ...] = (
    no_overbooking,
    no_money_without_a_booking,
    no_booking_without_money,
    no_hold_outlives_its_booking,
    nobody_has_to_help,
    promises_are_returned,
    the_outside_agrees,
    nothing_accepted_is_lost,
    said_once,
    mailed_once,
    the_books_balance,
)
