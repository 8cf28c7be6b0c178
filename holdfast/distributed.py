"""`holdfast distributed`: every service in its own process on this machine, for development."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import httpx
import typer

from holdfast.catalogs import apply_remotely, chosen_catalogs, said
from holdfast.keys import load_keys, make_directory
from holdfast.outside import told_to_all
from holdfast.parts import PARTS, SANDBOX_PORT
from holdfast.serving import migrate_service
from holdfast.welcome import welcome
from shared.errors import Misconfigured, Refusal
from shared.settings import ServiceSettings

PATIENCE = 60.0


def environment(settings: ServiceSettings) -> dict[str, str]:
    """What every process is told: keys, addresses, and the sandbox as the outside world."""
    sandbox = f"http://127.0.0.1:{SANDBOX_PORT}/sandbox"
    make_directory(settings.data_dir)
    defaults = {**load_keys(settings.data_dir), **told_to_all(sandbox, settings.data_dir)}
    defaults["HOLDFAST_SMTP_PORT"] = "8125"
    return {**defaults, **os.environ}


async def run_distributed() -> None:
    """Start every process, apply the catalogs, and stop all of them together."""
    settings = ServiceSettings()
    told = environment(settings)
    os.environ.update(told)
    # The sandbox writes the credentials of its calendars when it starts.
    running = [await _start("sandbox", told)]
    stopped = asyncio.Event()
    for wish in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wish, stopped.set)
    try:
        await _until_the_sandbox_answers(running[0])
        for name in PARTS:
            await migrate_service(name)
        running += [await _start(name, told) for name in (*PARTS, "gateway")]
        applied = await _apply_catalogs(settings, told)
        sandbox, key = told["HOLDFAST_SANDBOX_URL"], told["HOLDFAST_OPERATOR_KEY"]
        typer.echo(welcome(settings.site, sandbox, key, applied))
        await _wait(stopped, running)
    finally:
        await _stop(running)


async def _start(name: str, told: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "holdfast", "serve", name, env=told, start_new_session=True
    )


async def _until_the_sandbox_answers(sandbox: asyncio.subprocess.Process) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async with httpx.AsyncClient(trust_env=False) as client:
        while sandbox.returncode is None and asyncio.get_running_loop().time() < deadline:
            try:
                await client.get(f"http://127.0.0.1:{SANDBOX_PORT}/healthz")
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
    raise Misconfigured("the sandbox did not start; what it said stands above.")


async def _apply_catalogs(settings: ServiceSettings, told: dict[str, str]) -> list[dict[str, object]]:
    applied = []
    for path in chosen_catalogs():
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                key = told["HOLDFAST_OPERATOR_KEY"]
                applied.append(await asyncio.to_thread(apply_remotely, path, settings.site, key))
                break
            except (Misconfigured, Refusal) as error:
                not_up_yet = isinstance(error, Misconfigured) or error.status == 503
                if not not_up_yet or asyncio.get_running_loop().time() > deadline:
                    words = said(error) if isinstance(error, Refusal) else str(error)
                    raise Misconfigured(words) from error
                await asyncio.sleep(0.3)
    return applied


async def _wait(stopped: asyncio.Event, running: list[asyncio.subprocess.Process]) -> None:
    """Until somebody stops it, or a process ends by itself."""
    ends = [asyncio.create_task(process.wait()) for process in running]
    wish = asyncio.create_task(stopped.wait())
    await asyncio.wait([wish, *ends], return_when=asyncio.FIRST_COMPLETED)
    for waiting in (wish, *ends):
        waiting.cancel()


async def _stop(running: list[asyncio.subprocess.Process]) -> None:
    for process in running:
        if process.returncode is None:
            process.terminate()
    await asyncio.gather(*(process.wait() for process in running))
