"""What becomes true of a booking."""

from datetime import datetime
from typing import Literal

from shared.events.message import Command, Event
from shared.events.payment import PaymentMethod
from shared.events.values import BookingFacts
from shared.money import Money

FailureReason = Literal[
    "slot_taken",
    "not_offered",
    "payment_declined",
    "payment_cancelled",
    "payment_expired",
    "payment_unavailable",
    "paid_too_late",
    "timed_out",
    "cancelled_by_customer",
    "cancelled_by_operator",
]


class BookingRequested(Event, name="booking.requested"):
    """A customer asked for a booking. Nothing is held and nothing is charged yet."""

    booking_id: str
    facts: BookingFacts
    due: Money | None = None
    method: PaymentMethod | None = None
    deadline: datetime
    return_url: str
    cancel_url: str


class BookingProgressed(Event, name="booking.progressed"):
    """A booking reached another status on its way. Not final."""

    booking_id: str
    status: str
    version: int


class BookingConfirmed(Event, name="booking.confirmed"):
    """The booking stands: its slots are taken and what was due is paid. Final until cancelled."""

    booking_id: str
    facts: BookingFacts
    paid: Money | None = None


class BookingFailed(Event, name="booking.failed"):
    """The booking came to nothing: no slot is held and no money is kept. Only late money reopens it."""

    booking_id: str
    facts: BookingFacts
    reason: FailureReason
    detail: str | None = None


class ConfirmBooking(Command, name="booking.confirm"):
    """Record that the booking stands, and say so."""

    booking_id: str


class FailBooking(Command, name="booking.fail"):
    """Record that the booking came to nothing and why, and say so."""

    booking_id: str
    reason: FailureReason
    detail: str | None = None
