"""The calendars that exist, and who may see them."""

from typing import Any

from sandbox.google.accounts import Account
from sandbox.google.errors import not_found
from sandbox.settings import SANDBOX_DOMAIN, GoogleSettings
from sandbox.world import Document, World

CALENDAR = "google.calendar"
_REMINDERS = [{"method": "popup", "minutes": 10}]
_ABILITIES = {"allowedConferenceSolutionTypes": ["hangoutsMeet"]}


class Calendars:
    """Every calendar of the sandbox; one of its own domain springs into being when first used."""

    def __init__(self, world: World, settings: GoogleSettings) -> None:
        self._world = world
        self._settings = settings

    def get(self, calendar_id: str, account: Account) -> Document:
        """The calendar of that id; `primary` is the caller's own."""
        calendar = self.find(calendar_id, account)
        if calendar is None:
            raise not_found()
        return calendar

    def find(self, calendar_id: str, account: Account) -> Document | None:
        """The calendar of that id, when there can be one."""
        name = account.email if calendar_id == "primary" else calendar_id
        known = self._world.get(CALENDAR, name)
        if known is not None or not self._may_exist(name, account):
            return known
        calendar = {
            "id": name,
            "summary": name,
            "timeZone": self._settings.time_zone,
            "epoch": self._world.new_id("", 12),
            "changes": 0,
        }
        self._world.put(CALENDAR, name, calendar)
        return calendar

    def seen_by(self, account: Account) -> list[Document]:
        """The calendars on the caller's list: their own, the listed ones and those used so far."""
        for name in ("primary", *self._settings.calendars):
            self.find(name, account)
        return self._world.all(CALENDAR)

    def next_change(self, calendar_id: str) -> int:
        """The number of a change that is about to be made in a calendar."""
        calendar = self._world.get(CALENDAR, calendar_id)
        if calendar is None:
            raise not_found()
        calendar["changes"] += 1
        self._world.put(CALENDAR, calendar_id, calendar)
        number: int = calendar["changes"]
        return number

    def _may_exist(self, name: str, account: Account) -> bool:
        of_the_sandbox = name.endswith(f"@{SANDBOX_DOMAIN}") and len(name) > len(SANDBOX_DOMAIN) + 1
        return of_the_sandbox or name == account.email or name in self._settings.calendars


def calendar_resource(calendar: Document) -> dict[str, Any]:
    """A calendar as calendars.get shows it."""
    return {
        "kind": "calendar#calendar",
        "etag": _etag(calendar),
        "id": calendar["id"],
        "summary": calendar["summary"],
        "timeZone": calendar["timeZone"],
        "conferenceProperties": _ABILITIES,
    }


def list_entry(calendar: Document, account: Account) -> dict[str, Any]:
    """A calendar as it stands on somebody's list."""
    entry = calendar_resource(calendar) | {
        "kind": "calendar#calendarListEntry",
        "accessRole": "owner",
        "selected": True,
        "defaultReminders": _REMINDERS,
        "colorId": "14",
        "backgroundColor": "#9fe1e7",
        "foregroundColor": "#000000",
    }
    if calendar["id"] == account.email:
        entry["primary"] = True
    return entry


def list_of_entries(calendars: list[Document], account: Account) -> dict[str, Any]:
    """Somebody's calendar list, on one page."""
    return {
        "kind": "calendar#calendarList",
        "etag": f'"p{len(calendars)}"',
        "items": [list_entry(calendar, account) for calendar in calendars],
    }


def _etag(calendar: Document) -> str:
    return f'"{calendar["epoch"]}"'
