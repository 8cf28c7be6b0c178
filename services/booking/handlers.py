"""What the booking service does with every message that it accepts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.booking import repository
from services.booking.coordinator import ON_THE_WAY, SAGA_ENGINE
from services.booking.sagas.book import BOOK, Book
from services.booking.sagas.take_up import TAKE_UP
from services.booking.tables import bookings
from shared.events.booking import (
    BookingConfirmed,
    BookingFailed,
    BookingProgressed,
    BookingRequested,
    ConfirmBooking,
    FailBooking,
)
from shared.events.calendar import EventWritten, HoldRefused, SlotHeld
from shared.events.message import Event, Message
from shared.events.payment import (
    GiveBackPayment,
    PaymentActionRequired,
    PaymentArrivedLate,
    PaymentAuthorized,
    PaymentExpired,
    PaymentFailed,
    PaymentGivenBack,
    PaymentRefunded,
    PaymentSucceeded,
)
from shared.events.values import BookingFacts
from shared.messaging.work import Handler, Handlers, UnitOfWork
from shared.money import Money

# Late money may revive a booking that failed for want of it; one that a person gave up stays given up.
FAILED_FOR_WANT_OF_MONEY = ("payment_expired", "payment_cancelled", "payment_declined", "timed_out")

PAYMENT_STATUS: dict[type[Event], str] = {
    PaymentAuthorized: "authorized",
    PaymentSucceeded: "paid",
    PaymentFailed: "failed",
    PaymentExpired: "expired",
    PaymentGivenBack: "given_back",
    PaymentRefunded: "refunded",
}


async def begin(requested: BookingRequested, work: UnitOfWork, _: Any) -> None:
    data = Book(**{name: getattr(requested, name) for name in Book.model_fields})
    await SAGA_ENGINE.start(work, BOOK.name, requested.booking_id, data)


async def confirm_booking(command: ConfirmBooking, work: UnitOfWork, _: Any) -> None:
    row = await repository.booking(work.connection, command.booking_id, lock=True)
    if row.status == "confirmed":
        return
    await repository.change_booking(
        work,
        row.id,
        status="confirmed",
        reason=None,
        detail=None,
        nearest=None,
        confirmed_at=work.now,
        calendar_status="pending",
    )
    await repository.change_items(work, row.id, None, status="confirmed", calendar_status="pending")
    paid = Money(amount=row.due_amount, currency=row.currency) if row.method else None
    work.publish(BookingConfirmed(booking_id=row.id, facts=BookingFacts.model_validate(row.facts), paid=paid))


async def fail_booking(command: FailBooking, work: UnitOfWork, _: Any) -> None:
    row = await repository.booking(work.connection, command.booking_id, lock=True)
    if row.status == "failed":
        # It was taken up again for late money in vain; the refund tells the customer.
        await repository.change_booking(work, row.id, reason="paid_too_late", detail=command.detail)
        return
    await repository.change_booking(
        work, row.id, status="failed", reason=command.reason, detail=command.detail
    )
    await repository.change_items(work, row.id, None, status="released")
    work.publish(
        BookingFailed(
            booking_id=row.id,
            facts=BookingFacts.model_validate(row.facts),
            reason=command.reason,
            detail=command.detail,
        )
    )


async def take_up_again(late: PaymentArrivedLate, work: UnitOfWork, _: Any) -> None:
    row = await repository.booking(work.connection, late.booking_id, lock=True)
    sagas = await SAGA_ENGINE.of_booking(work.connection, late.booking_id)
    first = Book.model_validate(sagas[0].data)
    begins = min(item.starts_at for item in first.facts.items)
    if not all(saga.ended for saga in sagas):
        # Who still waits for the money asks for it again; what nobody asks for goes back by itself.
        return
    in_vain = row.status != "failed" or row.reason not in FAILED_FOR_WANT_OF_MONEY or begins <= work.now
    if in_vain:
        work.publish(GiveBackPayment(booking_id=row.id, reason=row.reason or "not_needed"))
    else:
        data = first.model_copy(update={"deadline": late.returned_at})
        await SAGA_ENGINE.start(work, TAKE_UP.name, row.id, data)


async def note_hold(held: SlotHeld, work: UnitOfWork, _: Any) -> None:
    await repository.change_items(work, held.booking_id, held.item_id, status="held", resource=held.resource)


async def note_refused_hold(refused: HoldRefused, work: UnitOfWork, _: Any) -> None:
    # Of a refusal that is repeated, the calendar does not look for times again.
    if refused.nearest:
        nearest = [start.isoformat() for start in refused.nearest]
        await repository.change_booking(work, refused.booking_id, nearest=nearest)


async def note_next_action(required: PaymentActionRequired, work: UnitOfWork, _: Any) -> None:
    version = await repository.change_booking(
        work,
        required.booking_id,
        bookings.c.status.in_(ON_THE_WAY[:3]),
        status="awaiting_payment",
        payment_status="action_required",
        next_action=required.action.model_dump(mode="json"),
        deadline=required.action.expires_at,
    )
    if version is not None:
        work.publish(
            BookingProgressed(booking_id=required.booking_id, status="awaiting_payment", version=version)
        )


async def note_payment(event: Event, work: UnitOfWork, _: Any) -> None:
    booking_id = event.subject
    status = PAYMENT_STATUS[type(event)]
    if isinstance(event, PaymentGivenBack) and event.amount is None:
        status = "none"
    await repository.change_booking(work, booking_id, payment_status=status)


async def note_written_event(written: EventWritten, work: UnitOfWork, _: Any) -> None:
    status = "written" if written.calendar else "none"
    await repository.change_items(work, written.booking_id, written.item_id, calendar_status=status)
    items = await repository.items_of(work.connection, written.booking_id)
    states = {item.calendar_status for item in items}
    if "pending" not in states:
        shown = "written" if "written" in states else "none"
        version = await repository.change_booking(work, written.booking_id, calendar_status=shown)
        work.publish(
            BookingProgressed(booking_id=written.booking_id, status="confirmed", version=version or 0)
        )


def _together(*tables: Iterable[tuple[Any, Handler]]) -> Handlers:
    """One table out of several; a message that stands in two is handled in the order given."""
    merged: dict[type[Message], tuple[Handler, ...]] = {}
    for table in tables:
        for kind, handler in table:
            merged[kind] = (*merged.get(kind, ()), handler)
    return merged


NOTES: dict[type[Message], Handler] = {
    SlotHeld: note_hold,
    HoldRefused: note_refused_hold,
    PaymentActionRequired: note_next_action,
    EventWritten: note_written_event,
    **dict.fromkeys(PAYMENT_STATUS, note_payment),
}

STARTS_AND_ENDS: dict[type[Message], Handler] = {
    BookingRequested: begin,
    ConfirmBooking: confirm_booking,
    FailBooking: fail_booking,
    PaymentArrivedLate: take_up_again,
}

# Every transaction locks the saga before the booking: two of them never wait for each other.
HANDLERS: Handlers = _together(STARTS_AND_ENDS.items(), SAGA_ENGINE.handlers().items(), NOTES.items())

TASKS = SAGA_ENGINE.tasks()
