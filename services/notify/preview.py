"""An invented booking, to see how mails look while wording or templates change."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from services.notify.occasions import Confirmation, Failure, NewBooking, Occasion, Refund
from shared.events.booking import FailureReason
from shared.events.values import BookingFacts, Business, Customer, Item
from shared.money import Money

_START = datetime(2027, 6, 8, 14, 0, tzinfo=UTC)
_PRICE = Money(amount=4500, currency="EUR")


def occasion_to_show(kind: str) -> Occasion | None:
    """The occasion of a name: `confirmation`, `new_booking`, `refund`, `failure:slot_taken`."""
    reasons = {f"failure:{reason}": reason for reason in get_args(FailureReason)}
    if kind in reasons:
        return Failure(reason=reasons[kind])
    named: dict[str, Occasion] = {
        "confirmation": Confirmation(paid=_PRICE),
        "new_booking": NewBooking(paid=_PRICE),
        "refund": Refund(refund_id="re_shown", amount=_PRICE, reason="shown"),
    }
    return named.get(kind)


def somebodys_booking(locale: str, timezone: str) -> BookingFacts:
    """A booking between a shop in Vienna and a customer who reads and lives as asked."""
    return BookingFacts(
        booking_id="bk_shown",
        reference="BK-7F3K-92QD",
        business=Business(
            id="bicycles",
            slug="bicycles",
            name="Two Wheels Workshop",
            timezone="Europe/Vienna",
            email="workshop@example.com",
            phone="+43 1 234 56 78",
            locale=locale,
        ),
        customer=Customer(
            name="Robin Field",
            email="robin@example.com",
            phone="+44 20 7946 0018",
            locale=locale,
            timezone=timezone,
        ),
        items=(
            Item(
                id="it_shown",
                offering="bicycles.service",
                title="Bicycle service",
                starts_at=_START,
                ends_at=_START + timedelta(minutes=45),
                timezone="Europe/Vienna",
                price=_PRICE,
                meeting_method="in_person",
            ),
        ),
        total=_PRICE,
        manage_url="http://127.0.0.1:8000/bookings/bk_shown#t=shown",
    )
