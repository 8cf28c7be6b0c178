"""The composition root of notify."""

from datetime import timedelta
from pathlib import Path

from services.notify.channels.email import EmailChannel, SmtpServer
from services.notify.composing import House
from services.notify.handlers import HANDLERS, TASKS
from services.notify.routes import preview, router
from services.notify.sending import Deps
from services.notify.settings import Settings
from services.notify.tables import metadata, spine
from shared.messaging.bus import Bus
from shared.runtime import Runtime
from shared.service import Service, new_service

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings, runtime: Runtime, bus: Bus) -> Service:
    """Notify with its channels, ready to be started."""
    host, port = settings.mail_server
    server = SmtpServer(
        host=host,
        port=port,
        username=settings.smtp_username,
        password=settings.smtp_password,
        security=settings.smtp_security,
    )
    deps = Deps(
        house=House(sender=settings.smtp_from, public_url=settings.site),
        email=EmailChannel(server),
        patience=timedelta(hours=settings.mail_patience_hours),
        mail_new_bookings=settings.mail_new_bookings,
    )
    return new_service(
        "notify",
        metadata=metadata,
        spine=spine,
        migrations=MIGRATIONS,
        database_url=settings.database_url("notify"),
        runtime=runtime,
        bus=bus,
        handlers=HANDLERS,
        tasks=TASKS,
        deps=deps,
        routers=[router, preview] if settings.environment == "development" else [router],
        internal_key=settings.internal_key,
        pool=settings.database_pool,
    )
