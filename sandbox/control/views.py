"""What can be seen of the outside world."""

from typing import Any

from sandbox.faults import standing
from sandbox.google.calendars import CALENDAR
from sandbox.google.event import resource
from sandbox.google.events import EVENT
from sandbox.google.times import moment_of
from sandbox.smtp import MAIL
from sandbox.world import Document, World

_HEAVY = ("raw", "html", "headers", "attachments")


def mails(world: World, to: str = "", subject: str = "", limit: int = 200) -> list[Document]:
    """The inbox, newest first, without what is long."""
    found = [
        mail
        for mail in reversed(world.all(MAIL))
        if any(to.casefold() in address.casefold() for address in mail["to"])
        and subject.casefold() in mail["subject"].casefold()
    ]
    return [_brief(mail) for mail in found[:limit]]


def calendar(world: World, *, deleted: bool = False) -> list[dict[str, Any]]:
    """The events of all calendars in order of their start."""
    zones = {known["id"]: known["timeZone"] for known in world.all(CALENDAR)}
    chosen = [
        document
        for document in world.all(EVENT)
        if (deleted or document["event"]["status"] != "cancelled") and document["calendar"] in zones
    ]
    chosen.sort(key=lambda one: moment_of(one["event"]["start"], "start", zones[one["calendar"]]))
    return [{"calendar": one["calendar"], **resource(one, zones[one["calendar"]])} for one in chosen]


def faults(world: World) -> list[Document]:
    """What is broken now."""
    return [
        {"provider": one["provider"], "fault": one["fault"], "count": one["count"], **one["options"]}
        for one in standing(world)
    ]


def _brief(mail: Document) -> Document:
    kept = {name: value for name, value in mail.items() if name not in _HEAVY}
    return kept | {"has_html": mail["html"] is not None}
