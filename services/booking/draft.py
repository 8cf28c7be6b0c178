"""From a wish to a booking: what is due, until when it is held, and what is refused at once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

from services.booking.offering import Offering
from services.booking.schemas import BookingWanted, CustomerGiven, ItemWanted
from shared.errors import BadRequest, Refusal
from shared.events.values import BookingFacts, Business, Customer, Item
from shared.mailbox import mailbox
from shared.money import Money


@dataclass(frozen=True)
class Draft:
    """A booking that may be asked for: nothing of it is stored or held yet."""

    facts: BookingFacts
    due: Money | None
    method: str | None
    deadline: datetime


@dataclass(frozen=True)
class Names:
    """The ids and the manage link that a new booking gets."""

    booking_id: str
    reference: str
    manage_url: str
    new_item: Callable[[], str]


def draft(
    wanted: BookingWanted,
    offerings: Sequence[Offering],
    business: Business,
    names: Names,
    now: datetime,
) -> Draft:
    """The booking that a wish describes; raises Refusal when it cannot be one.

    `offerings` stand in the order of the wanted items.
    """
    for item, offering in zip(wanted.items, offerings, strict=True):
        _check_item(item, offering, wanted.customer, now)
    _check_customer(wanted.customer)
    currency = wanted.payment.currency
    items = tuple(
        _item(one, offering, names.new_item(), currency)
        for one, offering in zip(wanted.items, offerings, strict=True)
    )
    due = total(items)
    _check_consent(wanted, due)
    return Draft(
        facts=BookingFacts(
            booking_id=names.booking_id,
            reference=names.reference,
            business=business,
            customer=Customer.model_validate(wanted.customer.model_dump()),
            items=items,
            total=due,
            manage_url=names.manage_url,
        ),
        due=due if _method(wanted, offerings, due) else None,
        method=_method(wanted, offerings, due),
        deadline=now + timedelta(minutes=min(offering.hold_minutes for offering in offerings)),
    )


def total(items: Sequence[Item]) -> Money | None:
    """What the items cost together; None when nothing is priced."""
    return sum_of([item.price for item in items if item.price])


def sum_of(prices: Sequence[Money]) -> Money | None:
    """The sum of prices of one currency; None when there are none."""
    if not prices:
        return None
    result = prices[0]
    for price in prices[1:]:
        if price.currency != result.currency:
            raise BadRequest("mixed_currencies", "Everything in one booking must be priced in one currency.")
        result = result + price
    return result


def _item(wanted: ItemWanted, offering: Offering, id: str, currency: str | None) -> Item:
    price = offering.price_in(currency)
    starts_at, ends_at = span(wanted.start, timedelta(minutes=offering.duration_minutes))
    return Item(
        id=id,
        offering=offering.id,
        title=offering.title,
        starts_at=starts_at,
        ends_at=ends_at,
        timezone=offering.timezone,
        quantity=wanted.quantity,
        price=price.times(wanted.quantity) if price else None,
        meeting_method=wanted.meeting_method or _first(offering.meeting_methods),
        address=wanted.address,
        postcode=wanted.postcode,
    )


def span(start: datetime, duration: timedelta) -> tuple[datetime, datetime]:
    """From when until when, in UTC."""
    try:
        starts_at = start.astimezone(UTC)
        return starts_at, starts_at + duration
    except OverflowError:
        raise BadRequest("start_too_far", f"{start.isoformat()} is beyond every calendar.") from None


def _check_item(item: ItemWanted, offering: Offering, customer: CustomerGiven, now: datetime) -> None:
    if item.start <= now:
        raise BadRequest("start_in_the_past", f"{item.start.isoformat()} is over. Choose a later time.")
    if item.quantity > offering.capacity:
        raise BadRequest("quantity_too_large", f"{offering.title} has room for {offering.capacity}.")
    method = item.meeting_method
    if method and method not in offering.meeting_methods:
        raise BadRequest("meeting_method_not_offered", f"{offering.title} is not offered by {method}.")
    if (method or _first(offering.meeting_methods)) == "phone" and not customer.phone:
        raise BadRequest("phone_missing", "A phone number is needed: the meeting is a phone call.")
    for field in ("address", "postcode"):
        if field in offering.collects and not getattr(item, field):
            raise BadRequest(f"{field}_missing", f"{offering.title} needs the {field} of the place.")


def _check_customer(customer: CustomerGiven) -> None:
    if customer.timezone and customer.timezone not in available_timezones():
        raise BadRequest("bad_timezone", f"{customer.timezone!r} is not a time zone.")
    if customer.email:
        _check_email(customer.email)


def _check_email(address: str) -> None:
    try:
        mailbox("", address)
    except ValueError as error:
        raise BadRequest("bad_email", f"No mail can be sent there: {error}") from None


def _check_consent(wanted: BookingWanted, due: Money | None) -> None:
    agreed = wanted.consent
    if agreed is None:
        return
    amount, currency = (due.amount, due.currency) if due else (0, agreed.currency)
    if (agreed.total, agreed.currency) != (amount, currency):
        raise Refusal(
            "price_changed",
            "The price is not the one that was agreed to.",
            total={"amount": amount, "currency": currency},
            next_steps=[{"action": "ask for a new quote", "href": "/v1/quotes"}],
        )


def _method(wanted: BookingWanted, offerings: Sequence[Offering], due: Money | None) -> str | None:
    """How it is paid; None when nothing is due or the business lets it be booked without payment."""
    if due is None:
        return None
    offered = [
        method
        for method in offerings[0].payment_methods
        if all(method in other.payment_methods for other in offerings if not other.is_free)
    ]
    method = wanted.payment.method or _first(offered)
    if method not in offered:
        names = ", ".join(offered) or "no method together"
        raise BadRequest("payment_method_not_offered", f"This can be paid by {names}.", offered=offered)
    return None if method == "none" else method


def _first(names: Sequence[str]) -> str | None:
    return names[0] if names else None
