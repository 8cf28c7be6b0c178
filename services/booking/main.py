"""The composition root of the booking service."""

from pathlib import Path

from services.booking.handlers import HANDLERS, TASKS
from services.booking.repository import forget_old_keys
from services.booking.routes import router
from services.booking.settings import Settings
from services.booking.tables import metadata, spine
from shared.messaging.bus import Bus
from shared.runtime import Runtime
from shared.service import Service, new_service

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings, runtime: Runtime, bus: Bus) -> Service:
    """The booking service, ready to start."""
    service = new_service(
        "booking",
        metadata=metadata,
        spine=spine,
        migrations=MIGRATIONS,
        database_url=settings.database_url("booking"),
        runtime=runtime,
        bus=bus,
        handlers=HANDLERS,
        tasks=TASKS,
        deps=settings,
        routers=[router],
        internal_key=settings.internal_key,
        pool=settings.database_pool,
    )
    service.tidies.append(forget_old_keys)
    return service
