"""Instants in the Calendar API's writing."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.google.errors import CalendarError, invalid, required


def instant(text: str, parameter: str) -> datetime:
    """A query's RFC 3339 time, whose offset is mandatory."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as mistake:
        raise _bad_request(parameter) from mistake
    if moment.tzinfo is None:
        raise _bad_request(parameter)
    return moment.astimezone(UTC)


def _bad_request(parameter: str) -> CalendarError:
    return CalendarError(400, "badRequest", "Bad Request", location=("parameter", parameter))


def zone(name: str, where: str = "start") -> ZoneInfo:
    """The named time zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as mistake:
        raise invalid(f"Invalid time zone definition for {where} time.") from mistake


def moment_of(edge: dict[str, Any], where: str, calendar_zone: str) -> datetime:
    """When an event starts or ends; a whole day begins at midnight where the calendar is kept."""
    own_zone = zone(edge["timeZone"], where) if edge.get("timeZone") else None
    text = edge.get("dateTime") or edge.get("date")
    if not text:
        raise required(f"Missing {where} time.")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as mistake:
        raise invalid(f"Invalid value for: {where} time.") from mistake
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if not edge.get("dateTime"):
        return moment.replace(tzinfo=zone(calendar_zone)).astimezone(UTC)
    if own_zone is None:
        raise required(f"Missing time zone definition for {where} time.")
    return moment.replace(tzinfo=own_zone).astimezone(UTC)


def written(moment: datetime, zone_name: str = "UTC") -> str:
    """An instant as Google writes it in this zone: without fractions, Z for UTC."""
    return moment.astimezone(zone(zone_name)).isoformat(timespec="seconds").replace("+00:00", "Z")


def stamp(moment: datetime) -> str:
    """An instant as Google writes created and updated: in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(edge: dict[str, Any], where: str, calendar_zone: str, wanted_zone: str) -> dict[str, Any]:
    """An event's start or end as a reader in the wanted zone gets it."""
    if not edge.get("dateTime"):
        return {"date": edge["date"]}
    moment = moment_of(edge, where, calendar_zone)
    return {"dateTime": written(moment, wanted_zone), "timeZone": edge.get("timeZone") or calendar_zone}
