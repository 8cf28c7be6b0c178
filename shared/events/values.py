"""The values that messages share: who books, with whom, what, and when."""

from datetime import datetime
from typing import Literal

from shared.events.message import Value
from shared.money import Money


class Business(Value):
    """Whom the customer books with."""

    id: str
    slug: str
    name: str
    timezone: str
    email: str | None = None
    phone: str | None = None
    locale: str = "en"


class Customer(Value):
    """Who books. `timezone` and `locale` are how they want to read times."""

    name: str
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    notes: str | None = None
    locale: str = "en"
    timezone: str | None = None


class Item(Value):
    """One offering at one time. Times are UTC; `timezone` is the business's."""

    id: str
    offering: str
    title: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    quantity: int = 1
    price: Money | None = None
    meeting_method: str | None = None
    address: str | None = None
    postcode: str | None = None


class BookingFacts(Value):
    """Everything a listener needs to speak about a booking without asking back."""

    booking_id: str
    reference: str
    business: Business
    customer: Customer
    items: tuple[Item, ...]
    total: Money | None = None
    manage_url: str


class NextAction(Value):
    """What the customer must do to pay, and until when."""

    kind: Literal["redirect", "client_secret"]
    url: str | None = None
    client_secret: str | None = None
    publishable_key: str | None = None
    script_url: str | None = None
    expires_at: datetime


class OpenHours(Value):
    """Open on a weekday (0 is Monday) between two local times, `HH:MM`; `24:00` is midnight."""

    weekday: int
    opens: str
    closes: str


class DateSpan(Value):
    """Local dates, both included, on which nothing is offered."""

    first: str
    last: str
    reason: str | None = None


class ExtraSlot(Value):
    """A local date with open hours outside the week's pattern."""

    date: str
    opens: str
    closes: str


class SourceRef(Value):
    """An outside calendar that the resource's bookings are written to."""

    kind: Literal["google"]
    calendar: str


class Resource(Value):
    """A person, room or table whose time is taken. Hours are local to `timezone`."""

    id: str
    name: str
    timezone: str
    weekly_hours: tuple[OpenHours, ...] = ()
    blocked: tuple[DateSpan, ...] = ()
    extra: tuple[ExtraSlot, ...] = ()
    daily_maximum: int | None = None
    capacity: int = 1
    source: SourceRef | None = None


class Schedule(Value):
    """The part of an offering that decides when it can be booked. Durations are minutes."""

    id: str
    title: str
    resources: tuple[str, ...]
    duration: int
    step: int
    buffer_before: int = 0
    buffer_after: int = 0
    minimum_notice: int = 0
    horizon_days: int = 60
    capacity: int = 1
