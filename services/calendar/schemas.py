"""What the calendar answers over HTTP."""

from pydantic import BaseModel

from services.calendar.answer import DayStatus


class SlotView(BaseModel):
    """A time that can be booked now."""

    start: str
    end: str


class DayView(BaseModel):
    """A date of the visitor's calendar: how many starts it has, or why none."""

    date: str
    status: DayStatus
    reason: str | None
    count: int


class NotOffered(BaseModel):
    """A time within the opening hours that cannot be booked, and why."""

    start: str
    code: str
    reason: str


class AvailabilityView(BaseModel):
    """The free times of an offering in a window, in the visitor's zone."""

    offering: str
    timezone: str
    slots: list[SlotView]
    days: list[DayView]
    next_available: str | None
    as_of: str
    not_offered: list[NotOffered] | None = None


class CalendarLink(BaseModel):
    """The outside calendar that a resource is connected to."""

    kind: str
    calendar: str
    connected: bool


class ResourceView(BaseModel):
    """A resource as an operator sees it."""

    id: str
    business: str
    name: str
    timezone: str
    capacity: int
    daily_maximum: int | None
    weekly_hours: list[dict[str, str | int]]
    blocked: list[dict[str, str | None]]
    extra: list[dict[str, str]]
    calendar: CalendarLink | None


class ResourcesView(BaseModel):
    """All resources of all businesses."""

    resources: list[ResourceView]
