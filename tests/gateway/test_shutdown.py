"""A server that is told to stop does not wait for those who watch."""

import asyncio
import os
import signal
import sys
import time

import httpx

from tests.support.ports import free_port

SERVER = """
import asyncio, sys
import uvicorn
from tests.support.gateway import a_town

async def main():
    async with a_town() as town:
        town.booking.add()
        config = uvicorn.Config(town.gateway.app, port=int(sys.argv[1]), log_level="warning", lifespan="off")
        await uvicorn.Server(config).serve()

asyncio.run(main())
"""


async def test_an_open_stream_does_not_keep_a_stopping_server_alive() -> None:
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(port), env={**os.environ, "PYTHONPATH": os.getcwd()}
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as watcher:
            await _answers(watcher)
            async with watcher.stream("GET", "/v1/bookings/bk_06h3q8m2d4vxw0y1z5s7t9ab2c/stream") as response:
                lines = response.aiter_lines()
                await anext(lines)
                began = time.monotonic()
                server.send_signal(signal.SIGTERM)
                await asyncio.wait_for(server.wait(), 5)
                took = time.monotonic() - began
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()
    assert took < 2


async def _answers(watcher: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await watcher.get("/healthz")
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
