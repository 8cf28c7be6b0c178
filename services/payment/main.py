"""The composition root of payments."""

from collections.abc import Mapping
from pathlib import Path

from services.payment.deps import Deps
from services.payment.handlers import HANDLERS
from services.payment.hints import PROVIDER_EVENT, follow_hint
from services.payment.janitor import BACKFILL, backfill, begin_backfill, recheck
from services.payment.providers.port import PaymentProvider
from services.payment.providers.stripe import StripeProvider
from services.payment.routes import router
from services.payment.settings import Settings
from services.payment.tables import metadata, spine
from services.payment.tasks import perform_operation, time_passed
from services.payment.watch import DEADLINE, LATE_RETURN, OPERATION, RECHECK
from services.payment.webhooks import router as webhooks
from shared.messaging.bus import Bus
from shared.messaging.work import Tasks
from shared.runtime import Runtime
from shared.service import Service, new_service

MIGRATIONS = Path(__file__).parent / "migrations"

TASKS: Tasks = {
    OPERATION: perform_operation,
    DEADLINE: time_passed,
    LATE_RETURN: time_passed,
    RECHECK: recheck,
    PROVIDER_EVENT: follow_hint,
    BACKFILL: backfill,
}


def providers_of(settings: Settings) -> dict[str, PaymentProvider]:
    """The providers that money can come through. Another one is another line here."""
    stripe = StripeProvider(
        settings.stripe_account(),
        timeout=settings.stripe_timeout_seconds,
        retries=settings.stripe_retries,
    )
    return {stripe.name: stripe}


def build(
    settings: Settings,
    runtime: Runtime,
    bus: Bus,
    providers: Mapping[str, PaymentProvider] | None = None,
) -> Service:
    """Payments with their providers, ready to be started. Without any given, those the settings name."""
    deps = Deps(
        providers=providers_of(settings) if providers is None else providers,
        patience=settings.patience(),
        signing_secret=settings.secret,
        live=settings.is_live,
    )
    service = new_service(
        "payment",
        metadata=metadata,
        spine=spine,
        migrations=MIGRATIONS,
        database_url=settings.database_url("payment"),
        runtime=runtime,
        bus=bus,
        handlers=HANDLERS,
        tasks=TASKS,
        deps=deps,
        routers=[router, webhooks],
        internal_key=settings.internal_key,
        pool=settings.database_pool,
    )

    async def watch_for_missed_events() -> None:
        await begin_backfill(service.desk, deps)

    service.on_start.append(watch_for_missed_events)
    service.on_stop += [provider.close for provider in deps.providers.values()]
    return service
