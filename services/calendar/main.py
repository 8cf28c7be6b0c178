"""The composition root of the calendar."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from services.calendar.deps import Deps
from services.calendar.handlers import HANDLERS, TASKS
from services.calendar.routes import router
from services.calendar.settings import Settings
from services.calendar.sources.google import GoogleCalendar
from services.calendar.sources.port import Source
from services.calendar.tables import metadata, spine
from shared.messaging.bus import Bus
from shared.runtime import Runtime
from shared.service import Service, new_service

MIGRATIONS = Path(__file__).parent / "migrations"


def build(
    settings: Settings, runtime: Runtime, bus: Bus, sources: Mapping[str, Source] | None = None
) -> Service:
    """The calendar with its sources, ready to start. Without any given, those the settings name."""
    deps = Deps(
        sources=sources_of(settings) if sources is None else sources,
        margin=timedelta(minutes=settings.hold_margin_minutes),
    )
    return new_service(
        "calendar",
        metadata=metadata,
        spine=spine,
        migrations=MIGRATIONS,
        database_url=settings.database_url("calendar"),
        runtime=runtime,
        bus=bus,
        handlers=HANDLERS,
        tasks=TASKS,
        deps=deps,
        routers=[router],
        internal_key=settings.internal_key,
        pool=settings.database_pool,
    )


def sources_of(settings: Settings) -> dict[str, Source]:
    """The outside calendars that there are credentials for."""
    key = settings.google_key()
    return {"google": GoogleCalendar(key, settings.google_api_base)} if key else {}
