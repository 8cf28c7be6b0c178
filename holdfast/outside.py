"""The sandbox as the outside world: how it is built, and what everybody is told to find it."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from holdfast.keys import make_directory
from sandbox.app import Sandbox, build_sandbox
from sandbox.google import google_credentials
from sandbox.world import World
from shared.errors import Misconfigured
from shared.runtime import Runtime
from shared.settings import ServiceSettings

CREDENTIALS = "google-credentials.json"


def told_to_all(sandbox_url: str, data_dir: Path) -> dict[str, str]:
    """The settings that make the sandbox at this address the outside world of a development run."""
    return {
        "HOLDFAST_SANDBOX_URL": sandbox_url,
        "HOLDFAST_STRIPE_SECRET_KEY": "sk_test_sandbox",
        "HOLDFAST_STRIPE_PUBLISHABLE_KEY": "pk_test_sandbox",
        "HOLDFAST_STRIPE_API_BASE": f"{sandbox_url}/stripe",
        "HOLDFAST_GOOGLE_API_BASE": f"{sandbox_url}/google/calendar/v3/",
        "HOLDFAST_GOOGLE_CREDENTIALS": str((data_dir / CREDENTIALS).resolve()),
        "HOLDFAST_SMTP_HOST": "127.0.0.1",
        # Short, so that a declined card can be seen to end; 300 seconds elsewhere.
        "HOLDFAST_DECLINE_GRACE_SECONDS": "20",
        # One visitor on one machine is no crowd.
        "HOLDFAST_READS_PER_MINUTE": "60000",
        "HOLDFAST_WRITES_PER_MINUTE": "6000",
    }


def open_sandbox(
    settings: ServiceSettings, runtime: Runtime, *, base_url: str, smtp_port: int, webhook_url: str
) -> Sandbox:
    """The sandbox on its file in the data directory; its Google credentials are written beside it."""
    if settings.environment == "production":
        raise Misconfigured("the sandbox never runs in production")
    make_directory(settings.data_dir)
    advance = getattr(runtime.clock, "advance", None)
    world = World(settings.data_dir / "sandbox.db", runtime.clock.now, advance, runtime.random)
    credentials = json.dumps(google_credentials(world, base_url), indent=2)
    (settings.data_dir / CREDENTIALS).write_text(credentials)
    return build_sandbox(
        world,
        base_url=base_url,
        smtp_host=os.environ.get("HOLDFAST_HOST", "127.0.0.1"),
        smtp_port=smtp_port,
        stripe_webhook_url=webhook_url,
        stripe_webhook_secret=os.environ.get("HOLDFAST_STRIPE_WEBHOOK_SECRET", ""),
        browser_hosts=json.loads(os.environ.get("HOLDFAST_SANDBOX_BROWSER_HOSTS", "{}")),
    )


def standing_alone(sandbox: Sandbox, base_url: str) -> Starlette:
    """The sandbox as an application of its own, at the path of its address."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await sandbox.start()
        try:
            yield
        finally:
            await sandbox.stop()

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    path = urlsplit(base_url).path.rstrip("/")
    routes = [Route("/healthz", healthz), Mount(path or "/", sandbox.app)]
    return Starlette(routes=routes, lifespan=lifespan)
