"""A business that a test has for itself: its catalog, and the names of what it offers."""

from dataclasses import dataclass
from typing import Any

import yaml

Json = dict[str, Any]

ALL_DAY = {
    day: ["00:00-24:00"]
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
# Long enough that a page is there before the hold ends, short enough to wait for the end.
SOON = 0.03


@dataclass(frozen=True)
class Shop:
    """One business. The desk serves everything but the room; both have calendars outside."""

    slug: str

    @property
    def visit(self) -> str:
        """Half an hour at the desk for 25 dollars, kept for half an hour."""
        return f"{self.slug}.visit"

    @property
    def long(self) -> str:
        """An hour at the desk for 40 dollars, beginning every half hour."""
        return f"{self.slug}.long"

    @property
    def hurry(self) -> str:
        """A visit that is kept for two seconds only."""
        return f"{self.slug}.hurry"

    @property
    def hello(self) -> str:
        """Half an hour at the desk for nothing."""
        return f"{self.slug}.hello"

    @property
    def room(self) -> str:
        """An hour in the room for 15 dollars."""
        return f"{self.slug}.room"

    @property
    def course(self) -> str:
        """An hour in the hall, which takes three people at a time, for 5 dollars each."""
        return f"{self.slug}.course"

    @property
    def calendar(self) -> str:
        """The outside calendar of the desk."""
        return f"{self.slug}@sandbox.holdfast.test"


def catalog_of(slug: str) -> Json:
    """The catalog file of a shop, as data."""
    return {
        "business": {
            "slug": slug,
            "name": f"Shop {slug}",
            "timezone": "Europe/London",
            "currencies": ["USD"],
            "email": f"{slug}@example.com",
        },
        "hold_minutes": 30,
        "resources": [
            _resource("desk", f"{slug}@sandbox.holdfast.test"),
            _resource("room", f"{slug}-room@sandbox.holdfast.test"),
            _resource("hall", f"{slug}-hall@sandbox.holdfast.test"),
        ],
        "offerings": _offerings(),
    }


def _offerings() -> list[Json]:
    desk = {"resources": ["desk"], "step_minutes": 30, "duration_minutes": 30}
    return [
        {"slug": "visit", "title": "Visit", **desk, "prices": {"USD": "25.00"}},
        {
            "slug": "long",
            "title": "Long visit",
            **desk,
            "duration_minutes": 60,
            "prices": {"USD": "40.00"},
        },
        {
            "slug": "hurry",
            "title": "Hurried visit",
            **desk,
            "prices": {"USD": "25.00"},
            "hold_minutes": SOON,
        },
        {"slug": "hello", "title": "Hello", **desk},
        {
            "slug": "room",
            "title": "Room",
            "resources": ["room"],
            "duration_minutes": 60,
            "prices": {"USD": "15.00"},
        },
        {
            "slug": "course",
            "title": "Course",
            "kind": "event",
            "capacity": 3,
            "resources": ["hall"],
            "duration_minutes": 60,
            "prices": {"USD": "5.00"},
        },
    ]


def _resource(slug: str, calendar: str) -> Json:
    return {
        "slug": slug,
        "name": slug.title(),
        "hours": ALL_DAY,
        "calendar": {"kind": "google", "id": calendar},
    }


def written(catalog: Json) -> str:
    """A catalog as the text of its file."""
    return yaml.dump(catalog, Dumper=_WrittenOut, sort_keys=False)


class _WrittenOut(yaml.SafeDumper):
    """Writes what is said twice twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
