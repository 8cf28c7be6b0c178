"""The gateway in front of the real services, each on its own SQLite file."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

import services.booking.main
import services.booking.settings
import services.calendar.main
import services.calendar.settings
import services.notify.main
import services.notify.settings
import services.payment.main
import services.payment.settings
from services.gateway.main import build
from services.gateway.transports import AsgiTransport
from shared.messaging.local import LocalBus
from shared.runtime import Runtime
from shared.service import Service
from tests.support.gateway import INTERNAL_KEY, in_front_of, settings_for
from tests.support.ports import free_port


@asynccontextmanager
async def an_installation(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A caller in front of everything but the outside world."""
    bus, runtime = LocalBus(), Runtime.real()
    peers = _services(folder, runtime, bus)
    bus.expect([peer.name for peer in peers])
    ways = {peer.name: AsgiTransport(peer.app) for peer in peers}
    gateway = build(settings_for(), runtime, bus, ways)
    async with AsyncExitStack() as running:
        for peer in peers:
            await peer.migrate()
            await peer.start()
            running.push_async_callback(peer.stop)
        await gateway.start()
        running.push_async_callback(gateway.stop)
        yield await running.enter_async_context(in_front_of(gateway.app))


def _services(folder: Path, runtime: Runtime, bus: LocalBus) -> list[Service]:
    told: dict[str, Any] = {"data_dir": folder, "internal_key": INTERNAL_KEY}
    nowhere = f"http://127.0.0.1:{free_port()}"
    return [
        services.booking.main.build(services.booking.settings.Settings(**told), runtime, bus),
        services.calendar.main.build(services.calendar.settings.Settings(**told), runtime, bus),
        services.notify.main.build(
            services.notify.settings.Settings(**told, smtp_port=free_port()), runtime, bus
        ),
        services.payment.main.build(
            services.payment.settings.Settings(**told, stripe_api_base=nowhere), runtime, bus
        ),
    ]
