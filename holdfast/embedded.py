"""The one-process run: every service, the gateway and the sandbox in one event loop."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.catalogs import apply_at_start, chosen_catalogs
from holdfast.databases import bring_up_to_date
from holdfast.keys import load_keys, make_directory
from holdfast.outside import open_sandbox, told_to_all
from holdfast.parts import PARTS, build_service
from sandbox.app import Sandbox
from services.gateway.main import Gateway
from services.gateway.main import build as build_gateway
from services.gateway.settings import Settings as GatewaySettings
from services.gateway.transports import AsgiTransport
from shared.errors import Misconfigured
from shared.messaging.local import LocalBus
from shared.runtime import Runtime, SystemClock
from shared.service import Service
from shared.settings import ServiceSettings
from shared.telemetry import configure_logging


@dataclass
class Embedded:
    """A running installation in one process."""

    services: dict[str, Service]
    gateway: Gateway
    sandbox: Sandbox
    app: ASGIApp
    url: str
    operator_key: str
    applied: list[dict[str, Any]]


def prepare_environment() -> ServiceSettings:
    """Give every setting that nobody set the value that makes the sandbox the outside world."""
    settings = ServiceSettings()
    if settings.environment == "production":
        raise Misconfigured(
            "`holdfast run` is for development: it brings the sandbox. In production start each service "
            "with `holdfast serve`, or use docker compose."
        )
    make_directory(settings.data_dir)
    sandbox = f"http://127.0.0.1:{settings.port}/sandbox"
    for name, value in {**load_keys(settings.data_dir), **told_to_all(sandbox, settings.data_dir)}.items():
        os.environ.setdefault(name, value)
    return ServiceSettings()


@contextmanager
def sole_owner(data_dir: Path) -> Iterator[IO[str]]:
    """Hold the data directory's lock: two processes on one SQLite file would each trust their own timers."""
    file = (data_dir / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Misconfigured(
            f"another Holdfast uses {data_dir}. Stop it, or set HOLDFAST_DATA_DIR to another directory."
        ) from None
    with file:
        yield file


@asynccontextmanager
async def installation(runtime: Runtime | None = None) -> AsyncIterator[Embedded]:
    """Everything started and catalogs applied; the HTTP server is the caller's."""
    settings = prepare_environment()
    configure_logging(json=settings.log_format == "json", level=settings.log_level)
    with sole_owner(settings.data_dir):
        clock = SystemClock()
        runtime = runtime or Runtime(clock, Runtime.real().random)
        sandbox = open_sandbox(
            settings,
            runtime,
            base_url=settings.sandbox_url,
            smtp_port=0,
            webhook_url=f"http://127.0.0.1:{settings.port}/webhooks/stripe",
        )
        await sandbox.start()
        os.environ["HOLDFAST_SMTP_PORT"] = str(sandbox.smtp_port)
        bus = LocalBus()
        services = {name: build_service(name, runtime, bus) for name in PARTS}
        bus.expect(list(services))
        for service in services.values():
            await bring_up_to_date(service)
        applied = await apply_at_start(services["booking"].desk, chosen_catalogs())
        for service in services.values():
            await service.start()
        gateway = _gateway(services, runtime, bus, sandbox)
        try:
            yield Embedded(
                services,
                gateway,
                sandbox,
                gateway.app,
                settings.site,
                os.environ["HOLDFAST_OPERATOR_KEY"],
                applied,
            )
        finally:
            await asyncio.gather(*(service.stop() for service in services.values()))
            await sandbox.stop()


def _gateway(services: dict[str, Service], runtime: Runtime, bus: LocalBus, sandbox: Sandbox) -> Gateway:
    return build_gateway(
        GatewaySettings(),
        runtime,
        bus,
        {name: AsgiTransport(service.app) for name, service in services.items()},
        mounts={"/sandbox": sandbox.app, "/webhooks": _ingress(services["payment"].app)},
    )


def _ingress(payment: ASGIApp) -> ASGIApp:
    """The payment service's own door for webhooks, beside the gateway's."""

    async def ingress(scope: Scope, receive: Receive, send: Send) -> None:
        await payment({**scope, "root_path": ""}, receive, send)

    return ingress
