"""What operators see and do."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from services.gateway.schemas.bookings import Booking, TimelineEntry
from services.gateway.schemas.parts import Line, Said, Told, one_line, plain, published
from shared.storable import must_be_storable

Reason = Annotated[str, one_line(500, least=3), AfterValidator(plain), published(least=3)]
ServiceName = Literal["booking", "payment", "calendar", "notify"]


class BookingPage(Told):
    """Some bookings, newest first, and where to go on."""

    bookings: list[Booking]
    next_cursor: str | None = None


class Saga(Told):
    """One run of a saga: what is being done or undone for a booking."""

    id: str
    saga: str = Field(examples=["book"])
    booking_id: str
    status: str
    stuck: bool = Field(default=False, description="An operator must look at it.")


class SagaDetails(Told):
    """A run of a saga with every step, and what happened in order."""

    state: dict[str, Any]
    entries: list[TimelineEntry]


class Sagas(Told):
    """Runs of sagas."""

    sagas: list[Saga]


class StepAct(Said):
    """What an operator decides about a step, and why. The author is on the timeline."""

    step: Line | None = Field(default=None, description="The step that hangs, by default.")
    item: Line | None = None
    reason: Reason = Field(examples=["The provider confirmed the refund by phone."])


class ServiceMessage(Told):
    """A message that was put off or that a person must look at."""

    id: str
    type: str
    subject: str = ""
    attempts: int = 0
    error: str | None = None
    received_at: datetime | None = None
    body: Any = None


class ServiceMessages(Told):
    """The messages of one service."""

    messages: list[ServiceMessage]


class AllMessages(Told):
    """The messages of every service. A service that does not answer is named under `unavailable`."""

    services: dict[str, list[ServiceMessage]]
    unavailable: list[str] = Field(default=[])


class MessageActed(Told):
    """What became of a message."""

    id: str
    status: str


class Replay(Said):
    """Another body for the message, when the one it has is wrong."""

    body: Annotated[dict[str, Any] | None, AfterValidator(must_be_storable)] = None


class CatalogChange(Told):
    """One difference that applying a catalog made."""

    what: str
    id: str
    change: str


class CatalogApplied(Told):
    """What applying a catalog changed."""

    changes: list[CatalogChange]
    unchanged: int = 0


class SentNotification(Told):
    """A message to a customer or operator."""

    kind: str
    channel: str
    to: str | None = None
    subject: str | None = None
    status: str
    sent_at: datetime | None = None


class Notifications(Told):
    """What was said to whom."""

    notifications: list[SentNotification]


class PaymentDetails(Told):
    """The money of a booking, with every attempt and operation."""

    booking_id: str
    status: str
    currency: str | None = None
    amount: int = Field(description="Minor units, like the amounts below.")
    authorized: int
    captured: int
    refunded: int
    attention: str | None = Field(default=None, description="Why a person should look at it.")
    attempts: list[dict[str, Any]]
    operations: list[dict[str, Any]]
    refunds: list[dict[str, Any]]


class PaymentToLookAt(Told):
    """A payment that a person should look at, and why."""

    booking_id: str
    status: str
    attention: str | None = None


class PaymentsToLookAt(Told):
    """Money that could not be placed, refunds that were refused, calls whose outcome is unknown."""

    payments: list[PaymentToLookAt]


class AccountBalance(Told):
    """What one account holds in one currency: debits less credits."""

    account: str
    currency: str
    balance: int


class Journal(Told):
    """The books: balances by account and currency. Each of the sums is zero."""

    balances: list[AccountBalance]
    sums: dict[str, int]


class Resource(Told):
    """A person, room or table with its hours."""

    id: str
    business: str
    name: str
    timezone: str
    capacity: int


class Resources(Told):
    """Whose or what time is taken."""

    resources: list[Resource]
