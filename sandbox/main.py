"""The sandbox as a process of its own."""

from collections.abc import Callable
from datetime import datetime

import uvicorn

from sandbox.app import Sandbox, build_sandbox
from sandbox.settings import GoogleSettings, Settings
from sandbox.world import World


def sandbox_of(settings: Settings, now: Callable[[], datetime]) -> Sandbox:
    """The sandbox these settings describe, with its memory in the data folder."""
    world = World(settings.data_dir / "sandbox.db", now)
    return build_sandbox(
        world,
        base_url=settings.sandbox_url,
        smtp_host=settings.sandbox_smtp_host,
        smtp_port=settings.sandbox_smtp_port,
        stripe_webhook_url=settings.stripe_webhook_url,
        stripe_webhook_secret=settings.stripe_webhook_secret,
        google=GoogleSettings(calendars=settings.sandbox_calendars),
        browser_hosts=settings.sandbox_browser_hosts,
    )


async def serve(settings: Settings, now: Callable[[], datetime]) -> None:
    """Serve it until the process is told to end."""
    sandbox = sandbox_of(settings, now)
    config = uvicorn.Config(
        sandbox.app,
        host=settings.sandbox_host,
        port=settings.sandbox_port,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
    await sandbox.start()
    try:
        await uvicorn.Server(config).serve()
    finally:
        await sandbox.stop()
        sandbox.world.close()
