"""Who can be booked, for what, when, and for how much."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.gateway.schemas.bookings import ItemRequest
from services.gateway.schemas.parts import Amount, Currency, Said, Span, Told


class Business(Told):
    """Whom a customer books with."""

    id: str = Field(examples=["consulting"])
    slug: str = Field(examples=["consulting"])
    name: str = Field(examples=["Northgate Consulting"])
    description: str | None = None
    timezone: str = Field(examples=["America/New_York"])
    currencies: list[str] = Field(default=[], examples=[["USD"]])
    locale: str = "en"
    email: str | None = None
    phone: str | None = None


class Businesses(Told):
    """Every business on this installation."""

    businesses: list[Business]


class CancellationPolicy(Told):
    """What cancelling costs, in words."""

    refundable_until_hours: float | None = None
    text: str = Field(default="", examples=["Free of charge until 24 hours before."])


class Offering(Told):
    """Something that can be booked."""

    id: str = Field(examples=["consulting.advice"])
    business: str = Field(examples=["consulting"])
    slug: str = Field(examples=["advice"])
    title: str = Field(examples=["Consulting session"])
    description: str | None = None
    kind: str = Field(default="appointment", examples=["appointment"])
    duration_minutes: int = Field(examples=[60])
    price: Amount | None = Field(default=None, description="Null when it is free.")
    prices: list[Amount] = Field(default=[])
    minimum_notice_minutes: int = 0
    horizon_days: int = 60
    capacity: int = 1
    meeting_methods: list[str] = Field(default=[])
    policy: CancellationPolicy | None = None
    payment_methods: list[str] = Field(default=[], description="Empty when it is free.")
    hold_minutes: float = Field(default=30, description="How long a time is set aside for paying.")
    collects: list[str] = Field(default=[], description="What is asked of the customer.")
    timezone: str = Field(examples=["America/New_York"])


class Offerings(Told):
    """What a business offers."""

    offerings: list[Offering]


class Day(Told):
    """One date in the visitor's zone."""

    date: date
    status: Literal["free", "full", "closed", "past", "too_soon", "too_far", "blocked"]
    reason: str | None = Field(default=None, description="Why there is none, in words.")
    count: int = Field(default=0, description="How many starts are free.")


class NotOffered(Told):
    """A time within the opening hours that cannot be booked, and why."""

    start: datetime
    code: str = Field(examples=["taken"])
    reason: str


class Availability(Told):
    """Free times, and why the other days have none."""

    offering: str = Field(examples=["consulting.advice"])
    timezone: str
    slots: list[Span]
    days: list[Day]
    next_available: datetime | None = None
    as_of: datetime
    not_offered: list[NotOffered] | None = Field(default=None, description="With explain=true.")


class QuoteRequest(Said):
    """A basket of one or more items. Amounts are never sent, only asked for."""

    items: Annotated[list[ItemRequest], Field(min_length=1, max_length=20)]
    currency: Currency | None = None


class QuotedItem(Told):
    """One priced item."""

    offering: str
    title: str
    start: datetime
    end: datetime
    price: Amount | None = None


class Quote(Told):
    """What it will cost, and until when that stands."""

    id: str
    items: list[QuotedItem]
    total: Amount | None = None
    due_now: Amount | None = None
    policy_text: str = ""
    expires_at: datetime
