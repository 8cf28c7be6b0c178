"""What notify does with each message it accepts."""

from services.notify import repository
from services.notify.occasions import Confirmation, Failure, NewBooking, Occasion, Refund
from services.notify.sending import SEND, Deps, schedule_sending, send
from shared.events.booking import BookingConfirmed, BookingFailed, BookingRequested
from shared.events.payment import PaymentRefunded
from shared.events.values import BookingFacts
from shared.messaging.work import Handlers, Tasks, UnitOfWork


async def remember_booking(event: BookingRequested, work: UnitOfWork, deps: Deps) -> None:
    """Know whom to write to, should there be something to say."""
    await _introduce(work, event.facts, "requested")


async def tell_of_confirmation(event: BookingConfirmed, work: UnitOfWork, deps: Deps) -> None:
    """Tell the customer that the booking stands, and the business that it has one."""
    await _introduce(work, event.facts, "confirmed")
    await repository.invite(work, event.facts, deps.house.domain)
    await _tell(work, event.booking_id, Confirmation(paid=event.paid))
    if deps.mail_new_bookings and event.facts.business.email:
        await _tell(work, event.booking_id, NewBooking(paid=event.paid))


async def tell_of_failure(event: BookingFailed, work: UnitOfWork, deps: Deps) -> None:
    """Tell the customer that nothing was booked, and why."""
    await _introduce(work, event.facts, "failed")
    await _tell(work, event.booking_id, Failure(reason=event.reason, detail=event.detail))


async def tell_of_refund(event: PaymentRefunded, work: UnitOfWork, deps: Deps) -> None:
    """Tell the customer that money is on its way back, as soon as we know who that is."""
    unknown = await repository.remember(work, event.booking_id, "unknown", None)
    refund = Refund(refund_id=event.refund_id, amount=event.amount, reason=event.reason)
    if unknown:
        await repository.record(work, event.booking_id, refund, "waiting")
    else:
        await _tell(work, event.booking_id, refund)


async def _introduce(work: UnitOfWork, facts: BookingFacts, status: str) -> None:
    await repository.remember(work, facts.booking_id, status, facts)
    await schedule_sending(work, facts.booking_id, *await repository.wake(work, facts.booking_id))


async def _tell(work: UnitOfWork, booking_id: str, occasion: Occasion) -> None:
    fresh = await repository.record(work, booking_id, occasion, "pending")
    if fresh:
        await schedule_sending(work, booking_id, fresh)


HANDLERS: Handlers = {
    BookingRequested: remember_booking,
    BookingConfirmed: tell_of_confirmation,
    BookingFailed: tell_of_failure,
    PaymentRefunded: tell_of_refund,
}

TASKS: Tasks = {SEND: send}
