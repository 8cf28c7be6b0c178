"""The coordinator: the sagas, and how their progress shows in a booking's status."""

from __future__ import annotations

from services.booking import repository
from services.booking.sagas import SAGAS
from services.booking.sagas.book import BOOK, COLLECT, CONFIRM
from services.booking.tables import bookings, engine
from shared.events.booking import BookingProgressed
from shared.messaging.work import UnitOfWork
from shared.saga.runner import Sagas
from shared.saga.state import SagaState

ON_THE_WAY = ("pending", "held", "awaiting_payment", "confirming")


def status_of(state: SagaState) -> str | None:
    """The booking's status that a running `book` saga stands for; None when it does not decide it."""
    if state.saga != BOOK.name or state.status != "running" or state.at >= len(BOOK.steps):
        return None
    waits_for = BOOK.steps[state.at]
    if waits_for is COLLECT:
        return "held"
    return "pending" if BOOK.steps.index(waits_for) < BOOK.steps.index(CONFIRM) else "confirming"


async def show_progress(work: UnitOfWork, state: SagaState) -> None:
    """Let the booking's status follow its saga, and tell whoever watches."""
    status = status_of(state)
    if status is None:
        return
    # The page to pay on may be known before the step is seen to have begun.
    earlier = ON_THE_WAY[: ON_THE_WAY.index(status)]
    version = await repository.change_booking(
        work, state.booking_id, bookings.c.status.in_(earlier), status=status
    )
    if version is not None:
        work.publish(BookingProgressed(booking_id=state.booking_id, status=status, version=version))


SAGA_ENGINE = Sagas(engine, SAGAS, show_progress)
