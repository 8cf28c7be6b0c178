"""Calendars and letters without their guards."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from services.calendar.sources import google
from shared.errors import Outage
from tests.simulation import providers
from tests.simulation.replacing import replaced


@contextmanager
def event_named_anew() -> Iterator[None]:
    """Every try to write an event is another event."""
    numbers, event_id = count(), google.event_id

    def anew(key: str) -> str:
        return event_id(f"{key}{next(numbers)}")

    with replaced(google, "event_id", anew), replaced(providers, "event_id", anew):
        yield


@contextmanager
def outage_taken_for_done() -> Iterator[None]:
    """A calendar that does not answer counts as written."""
    speak = google.GoogleCalendar._speak

    def optimistic(self: Any, work: Any) -> Any:
        try:
            return speak(self, work)
        except Outage:
            return "unknown"

    with replaced(google.GoogleCalendar, "_speak", optimistic):
        yield


MUTATIONS = {
    "an event under a new name with every try": event_named_anew,
    "a silent calendar counts as written": outage_taken_for_done,
}
