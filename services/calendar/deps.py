"""What the calendar's handlers work with besides the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from services.calendar.definitions import Plans
from services.calendar.sources.port import Source


@dataclass(frozen=True)
class Deps:
    """The connected outside calendars by kind, and how long after its deadline a hold lapses by itself."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    margin: timedelta = timedelta(minutes=10)
    plans: Plans = field(default_factory=Plans)
