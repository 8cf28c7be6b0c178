"""A real HTTP server on loopback for as long as a test needs it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp


def listening() -> tuple[socket.socket, str]:
    """A port that is ours before anything listens on it, and its URL.

    asyncio turns Nagle's delay off only where the socket names its protocol; without it a call takes 40 ms.
    """
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.bind(("127.0.0.1", 0))
    return door, f"http://127.0.0.1:{door.getsockname()[1]}"


@asynccontextmanager
async def serving(app: ASGIApp, door: socket.socket) -> AsyncIterator[None]:
    """Serve an application on that port, in this event loop, without its signal handlers and slow goodbye."""
    config = uvicorn.Config(app, log_level="warning", lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[door])
    try:
        yield
    finally:
        server.force_exit = True
        await server.shutdown(sockets=[door])
        # A connection lets go of its socket only once its answer is written and the loop has turned.
        async with asyncio.timeout(2):
            while server.server_state.connections:
                await asyncio.sleep(0.002)
        await asyncio.sleep(0)
