"""`holdfast serve`: one service in its own process, against its database and RabbitMQ."""

from __future__ import annotations

import os

from starlette.types import ASGIApp

from holdfast.databases import bring_up_to_date, look_at
from holdfast.outside import open_sandbox, standing_alone
from holdfast.parts import PARTS, SANDBOX_PORT, build_service, topology
from holdfast.server import gateway_server, listen, server_of
from services.gateway.main import build as build_gateway
from services.gateway.settings import Settings as GatewaySettings
from services.notify.settings import Settings as NotifySettings
from shared.errors import Misconfigured
from shared.messaging.local import LocalBus
from shared.messaging.rabbit import RabbitBus
from shared.runtime import Runtime
from shared.settings import ServiceSettings
from shared.telemetry import configure_logging

NAMES = (*PARTS, "gateway", "sandbox")


def new_bus(settings: ServiceSettings) -> RabbitBus:
    """The bus of a service in its own process."""
    return RabbitBus(settings.amqp_url, topology(), prefix=settings.amqp_prefix)


async def serve_service(name: str, port: int = 0, runtime: Runtime | None = None) -> None:
    """Serve one service until the process is told to stop."""
    if name not in NAMES:
        raise Misconfigured(f"there is no service {name!r}; choose one of {', '.join(NAMES)}")
    settings = ServiceSettings()
    configure_logging(json=settings.log_format == "json", level=settings.log_level)
    runtime = runtime or Runtime.real()
    if name == "gateway":
        await _serve_gateway(runtime, new_bus(settings), port or settings.port)
        return
    app = (
        _sandbox_app(settings, runtime) if name == "sandbox" else await _service_app(name, settings, runtime)
    )
    usual = SANDBOX_PORT if name == "sandbox" else PARTS[name].port
    await server_of(app).serve(sockets=[listen(port or usual)])


async def _serve_gateway(runtime: Runtime, bus: RabbitBus, port: int) -> None:
    gateway = build_gateway(GatewaySettings(), runtime, bus)
    try:
        await gateway_server(gateway.app, gateway).serve(sockets=[listen(port)])
    finally:
        await bus.close()


async def _service_app(name: str, settings: ServiceSettings, runtime: Runtime) -> ASGIApp:
    service = build_service(name, runtime, new_bus(settings))
    await look_at(service)
    return service.app


def _sandbox_app(settings: ServiceSettings, runtime: Runtime) -> ASGIApp:
    base_url = settings.sandbox_url or f"http://127.0.0.1:{SANDBOX_PORT}/sandbox"
    webhook_url = os.environ.get(
        "HOLDFAST_SANDBOX_WEBHOOK_URL", f"http://127.0.0.1:{PARTS['payment'].port}/webhooks/stripe"
    )
    smtp_port = NotifySettings().smtp_port or 8125
    sandbox = open_sandbox(settings, runtime, base_url=base_url, smtp_port=smtp_port, webhook_url=webhook_url)
    return standing_alone(sandbox, base_url)


async def migrate_service(name: str) -> None:
    """Bring a service's schema to the newest revision, and have the broker know every queue."""
    if name not in PARTS:
        raise Misconfigured(f"{name!r} has no database; choose one of {', '.join(PARTS)}")
    service = build_service(name, Runtime.real(), LocalBus())
    try:
        await bring_up_to_date(service)
    finally:
        await service.database.dispose()
