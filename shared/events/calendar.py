"""What happens to time: slots held, confirmed, released, and written to outside calendars."""

from datetime import datetime
from typing import Literal

from shared.events.message import Command, Event
from shared.events.values import BookingFacts, Resource, Schedule

HoldRefusal = Literal["slot_taken", "not_offered"]


class DefineSchedule(Command, name="calendar.define"):
    """Replace what a business offers and whose time it takes. A lower revision is ignored."""

    business: str
    revision: int
    resources: tuple[Resource, ...]
    schedules: tuple[Schedule, ...]

    @property
    def subject(self) -> str:
        return self.business


class HoldSlot(Command, name="calendar.hold"):
    """Claim time for an item until a deadline. Idempotent on the item."""

    booking_id: str
    item_id: str
    offering: str
    starts_at: datetime
    quantity: int = 1
    expires_at: datetime


class SlotHeld(Event, name="calendar.held"):
    """The time is claimed for this item until the deadline."""

    booking_id: str
    item_id: str
    resource: str
    starts_at: datetime
    ends_at: datetime


class HoldRefused(Event, name="calendar.hold_refused"):
    """The time cannot be had. Final for this item; `nearest` are free starts close by."""

    booking_id: str
    item_id: str
    reason: HoldRefusal
    detail: str | None = None
    nearest: tuple[datetime, ...] = ()


class ReleaseSlot(Command, name="calendar.release"):
    """Give the item's held time back. True also when it was never held, or arrives before the hold."""

    booking_id: str
    item_id: str


class CancelSlot(Command, name="calendar.cancel"):
    """Give the item's confirmed time back. True also when it was never confirmed."""

    booking_id: str
    item_id: str


class SlotReleased(Event, name="calendar.released"):
    """The item takes no time any more. Final: a late hold of the same item is refused."""

    booking_id: str
    item_id: str


class ConfirmSlot(Command, name="calendar.confirm"):
    """Turn the item's hold into an allocation; a lapsed hold is taken again if the time is free."""

    booking_id: str
    item_id: str


class SlotConfirmed(Event, name="calendar.confirmed"):
    """The time is taken for good."""

    booking_id: str
    item_id: str


class ConfirmRefused(Event, name="calendar.confirm_refused"):
    """The hold had lapsed and the time is gone."""

    booking_id: str
    item_id: str
    reason: HoldRefusal = "slot_taken"


class WriteEvent(Command, name="calendar.write_event"):
    """Have exactly one event for the item in the outside calendar of its resource."""

    booking_id: str
    item_id: str
    facts: BookingFacts


class EventWritten(Event, name="calendar.event_written"):
    """The outside calendar shows the item. `calendar` is empty when none is connected."""

    booking_id: str
    item_id: str
    calendar: str | None = None


class RemoveEvent(Command, name="calendar.remove_event"):
    """Have no event for the item in any outside calendar."""

    booking_id: str
    item_id: str


class EventRemoved(Event, name="calendar.event_removed"):
    """No outside calendar shows the item."""

    booking_id: str
    item_id: str
