"""The port to outside calendars: have an event there, or have it gone."""

from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict


class OutsideEvent(BaseModel):
    """What an outside calendar shows of a booked item. All texts are plain; the adapter escapes them."""

    model_config = ConfigDict(frozen=True)

    key: str
    title: str
    lines: tuple[str, ...]
    location: str | None = None
    starts_at: datetime
    ends_at: datetime
    timezone: str


class Source(Protocol):
    """An outside calendar system. Both calls may be repeated at will; both raise Outage when it is down."""

    async def put(self, calendar: str, event: OutsideEvent) -> str:
        """Have exactly one event for the key, as given. Returns the id it has there."""

    async def remove(self, calendar: str, key: str) -> None:
        """Have no event for the key. True also when there never was one."""
