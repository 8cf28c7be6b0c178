"""Booking: what is asked for, and how it stands."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from services.gateway.schemas.parts import (
    Amount,
    Currency,
    Line,
    OfferingId,
    Said,
    Start,
    Text,
    Told,
    Zone,
    one_line,
    plain,
    published,
)

Status = Literal["pending", "held", "awaiting_payment", "confirming", "confirmed", "failed"]
Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=r"^[^@\s<>,;\x00-\x1f\x7f-\x9f]+@[^@\s<>,;\x00-\x1f\x7f-\x9f]+\.[^@\s<>,;.\x00-\x1f\x7f-\x9f]+$",
    ),
]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^\+?[0-9 ()./-]{5,39}$"),
    Field(json_schema_extra={"pattern": r"^\+?[0-9()./-][0-9 ()./-]{3,37}[0-9()./-]$"}),
]


Locale = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$"), Field(examples=["en-GB"])
]


Postcode = Annotated[str, one_line(20, least=0), AfterValidator(plain), published(least=0)]


class ItemRequest(Said):
    """One offering at one time."""

    offering: OfferingId = Field(examples=["consulting.advice"])
    start: Start
    quantity: Annotated[int, Field(ge=1, le=500)] = 1
    meeting_method: Line | None = Field(default=None, examples=["in_person"])
    address: Text | None = None
    postcode: Postcode | None = Field(default=None, examples=["SW1A 1AA"])


class CustomerRequest(Said):
    """Who books. `timezone` and `locale` are how they want to read times."""

    name: Line = Field(examples=["Ada Lovelace"])
    email: Email | None = Field(default=None, examples=["ada@example.com"])
    phone: Phone | None = Field(default=None, examples=["+44 20 7946 0000"])
    company: Line | None = None
    notes: Text | None = None
    locale: Locale | None = None
    timezone: Zone | None = Field(default=None, examples=["Europe/London"])


class PaymentRequest(Said):
    """How the customer wants to pay: on the provider's page, by card here, or not at all when it is free."""

    method: Literal["checkout", "card", "none"] | None = Field(
        default=None, description="The offering's first method by default."
    )
    currency: Currency | None = None


class Consent(Said):
    """The total that the customer agreed to. Another total is refused rather than charged."""

    total: Annotated[int, Field(ge=0)] = Field(examples=[1000])
    currency: Currency


class BookingRequest(Said):
    """Everything that one booking needs. Prices come from the catalog, never from the caller."""

    items: Annotated[list[ItemRequest], Field(min_length=1, max_length=20)]
    customer: CustomerRequest
    payment: PaymentRequest | None = None
    consent: Consent | None = None
    quote: Line | None = Field(default=None, description="The id of a quote that was shown.")


class CancelRequest(Said):
    """Why the booking is given up, if the customer wants to say."""

    reason: Text | None = None


class BookedItem(Told):
    """One offering at one time, as booked."""

    id: str
    offering: str
    title: str
    start: datetime
    end: datetime
    timezone: str
    price: Amount | None = None
    quantity: int = 1
    meeting_method: str | None = None
    status: str


class BookedBusiness(Told):
    """Whom the booking is with."""

    slug: str
    name: str
    timezone: str
    email: str | None = None
    phone: str | None = None


class BookedCustomer(Told):
    """Who booked."""

    name: str
    email: str | None = None
    phone: str | None = None


class NextAction(Told):
    """What the customer must do to pay, and until when."""

    kind: Literal["redirect", "client_secret"]
    url: str | None = Field(default=None, description="Send the customer here.")
    client_secret: str | None = None
    publishable_key: str | None = None
    script_url: str | None = None
    expires_at: datetime


class BookingPayment(Told):
    """Where the payment stands."""

    status: str
    next_action: NextAction | None = None


class CalendarState(Told):
    """Whether the outside calendars show the booking."""

    status: Literal["pending", "written", "none", "delayed"]


class Booking(Told):
    """A booking. Without a manage token or operator key, `customer` and `manage_url` are null."""

    id: str = Field(examples=["bk_06h3q8m2d4vxw0y1z5s7t9ab2c"])
    reference: str = Field(
        examples=["BK-7F3K-92QD"], description="A short name for people. It opens nothing."
    )
    status: Status
    version: int = Field(description="Grows with every change.")
    reason: str | None = Field(default=None, description="Why it failed, as a stable code.")
    reason_text: str | None = Field(default=None, description="Why it failed, in words.")
    detail: str | None = None
    nearest: list[datetime] = Field(default=[], description="Free starts close by, when the time was taken.")
    items: list[BookedItem]
    business: BookedBusiness
    customer: BookedCustomer | None = None
    amount_due: Amount | None = None
    payment: BookingPayment | None = None
    hold_expires_at: datetime | None = None
    created_at: datetime
    manage_url: str | None = Field(
        default=None, description="Opens this booking to its customer. Keep it secret."
    )
    confirmed_at: datetime | None = None
    calendar: CalendarState | None = None


class TimelineEntry(Told):
    """One thing that happened."""

    at: datetime
    what: str
    step: str | None = None
    item: str | None = None
    detail: str | None = None


class Timeline(Told):
    """What happened to a booking, in order."""

    entries: list[TimelineEntry]
