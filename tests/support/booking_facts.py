"""The facts of one booking, as the calendar hears them."""

from datetime import timedelta
from typing import Any

from shared.events.calendar import RemoveEvent, WriteEvent
from shared.events.message import StepRef
from shared.events.values import BookingFacts, Business, Customer, Item
from tests.support.calendar_service import NOON

BUSINESS = Business(id="consulting", slug="consulting", name="Consulting", timezone="Europe/Berlin")


def facts(item_id: str = "it_1", *, name: str = "Grace Hopper", **item: Any) -> BookingFacts:
    """Grace's hour with Ada at noon."""
    given = {
        "id": item_id,
        "offering": "consulting.advice",
        "title": "Advice",
        "starts_at": NOON,
        "ends_at": NOON + timedelta(hours=1),
        "timezone": "Europe/Berlin",
        **item,
    }
    return BookingFacts(
        booking_id=item_id.replace("it", "bk"),
        reference="BK-7F3K-92QD",
        business=BUSINESS,
        customer=Customer(name=name, email="grace@example.com", phone="+49 30 1234", notes="<b>Cobol</b>"),
        items=(Item.model_validate(given),),
        manage_url="http://127.0.0.1:8000/bookings/bk_1#t=secret",
    )


def write_event(item_id: str = "it_1", *, saga: str = "", epoch: int = 1, **changes: Any) -> WriteEvent:
    """Have an event for the item."""
    return WriteEvent(
        ref=StepRef(saga=saga or f"sg_{item_id}", step="write the calendars", epoch=epoch),
        booking_id=item_id.replace("it", "bk"),
        item_id=item_id,
        facts=facts(item_id, **changes),
    )


def remove_event(item_id: str = "it_1", *, saga: str = "sg_cancel", epoch: int = 1) -> RemoveEvent:
    """Have no event for the item."""
    return RemoveEvent(
        ref=StepRef(saga=saga, step="clear the calendars", epoch=epoch),
        booking_id=item_id.replace("it", "bk"),
        item_id=item_id,
    )
