"""The services by name: how each is built, and who listens to what."""

from collections.abc import Callable
from dataclasses import dataclass

import services.booking.handlers
import services.booking.main
import services.booking.settings
import services.calendar.handlers
import services.calendar.main
import services.calendar.settings
import services.notify.handlers
import services.notify.main
import services.notify.settings
import services.payment.handlers
import services.payment.main
import services.payment.settings
from shared.messaging.bus import Bus
from shared.messaging.work import Handlers
from shared.runtime import Runtime
from shared.service import Service, events_of
from shared.settings import ServiceSettings


@dataclass(frozen=True)
class Part:
    """One service: its settings, its table of messages, and how it is put together."""

    settings: type[ServiceSettings]
    handlers: Handlers
    build: Callable[..., Service]
    port: int


PARTS: dict[str, Part] = {
    "booking": Part(
        services.booking.settings.Settings,
        services.booking.handlers.HANDLERS,
        services.booking.main.build,
        8101,
    ),
    "payment": Part(
        services.payment.settings.Settings,
        services.payment.handlers.HANDLERS,
        services.payment.main.build,
        8102,
    ),
    "calendar": Part(
        services.calendar.settings.Settings,
        services.calendar.handlers.HANDLERS,
        services.calendar.main.build,
        8103,
    ),
    "notify": Part(
        services.notify.settings.Settings,
        services.notify.handlers.HANDLERS,
        services.notify.main.build,
        8104,
    ),
}
SANDBOX_PORT = 8105


def topology() -> dict[str, tuple[str, ...]]:
    """Each service and the events it listens to: what a broker must know before anybody publishes."""
    return {name: events_of(part.handlers, name) for name, part in PARTS.items()}


def build_service(name: str, runtime: Runtime, bus: Bus) -> Service:
    """A service with its settings from the environment."""
    part = PARTS[name]
    return part.build(part.settings(), runtime, bus)
