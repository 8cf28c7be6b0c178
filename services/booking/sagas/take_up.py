"""Money came after the booking was given up: take it up again if the slots are still free, else return it."""

from services.booking.sagas.book import (
    CAPTURE,
    COLLECT,
    COMMANDS,
    CONFIRM,
    HOLD,
    REASONS,
    WRITE,
    Book,
)
from shared.events.booking import ConfirmBooking, FailBooking
from shared.events.payment import PaymentArrivedLate
from shared.saga.definition import Saga

TAKE_UP = Saga(
    "take-up",
    version=1,
    data=Book,
    starts_on=PaymentArrivedLate,
    refused=FailBooking,
    # The money is here already: claiming it comes first, so that undoing the story returns it last.
    steps=(COLLECT, HOLD, CONFIRM, CAPTURE),
    completed=ConfirmBooking,
    then=(WRITE,),
    commands=COMMANDS,
    reasons=REASONS,
)
