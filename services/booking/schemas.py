"""What the booking service is asked and what it answers, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.booking.contact import EmailAddress, PhoneNumber
from shared.money import CurrencyCode, Money

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class Asked(BaseModel):
    """A question's body; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemWanted(Asked):
    offering: Line
    start: AwareDatetime
    quantity: int = Field(1, ge=1, le=500)
    meeting_method: Line | None = None
    address: Note | None = None
    postcode: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] | None = None


class CustomerGiven(Asked):
    name: Line
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None
    company: Line | None = None
    notes: Note | None = None
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")] = "en"
    timezone: Annotated[str, StringConstraints(max_length=64)] | None = None


class PaymentWanted(Asked):
    method: Literal["checkout", "card", "none"] | None = None
    currency: CurrencyCode | None = None


class Consent(Asked):
    """The total the customer agreed to; another total is refused rather than charged."""

    total: int = Field(ge=0)
    currency: CurrencyCode


class BookingWanted(Asked):
    items: Annotated[tuple[ItemWanted, ...], Field(min_length=1, max_length=20)]
    customer: CustomerGiven
    payment: PaymentWanted = PaymentWanted()
    consent: Consent | None = None
    quote: str | None = None


class QuoteWanted(Asked):
    items: Annotated[tuple[ItemWanted, ...], Field(min_length=1, max_length=20)]
    currency: CurrencyCode | None = None


class OperatorWish(Asked):
    """What an operator wants done with a step of a saga, and why."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
    author: Line = "operator"
    step: str = ""
    item: str = ""


class BookingMade(BaseModel):
    """Enough to follow a new booking."""

    id: str
    manage_url: str
    total: Money | None
    deadline: datetime
