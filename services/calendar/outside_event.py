"""How a booked item reads in an outside calendar."""

from services.calendar.sources.port import OutsideEvent
from shared.events.values import BookingFacts, Item


def outside_event(facts: BookingFacts, item: Item) -> OutsideEvent:
    """The event of one item, with whom it is, how to reach them, and where it is managed."""
    return OutsideEvent(
        key=item.id,
        title=f"{item.title}: {facts.customer.name}",
        lines=_lines(facts, item),
        location=_location(item),
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        timezone=item.timezone,
    )


def _lines(facts: BookingFacts, item: Item) -> tuple[str, ...]:
    customer = facts.customer
    said = {
        "Name": customer.name,
        "Company": customer.company,
        "E-mail": customer.email,
        "Phone": customer.phone,
        "People": str(item.quantity) if item.quantity > 1 else None,
        "Meeting": item.meeting_method and item.meeting_method.replace("_", " "),
        "Notes": customer.notes,
        "Booking": facts.reference,
        # Whoever shares this calendar may follow the booking, but not act for the customer.
        "See": facts.manage_url.partition("#")[0],
    }
    return tuple(f"{name}: {value}" for name, value in said.items() if value)


def _location(item: Item) -> str | None:
    return ", ".join(part for part in (item.address, item.postcode) if part) or None
