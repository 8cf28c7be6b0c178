"""The HTTP servers of the processes: where they listen, and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from holdfast.doorway import Doorway
from services.gateway.main import Gateway
from shared.errors import Misconfigured

# Longer than the drain of a service, shorter than what container engines wait before they kill.
GRACE = 25


class Server(uvicorn.Server):
    """A server that ends when asked to, and lets its process go on to its own end."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # Uvicorn would raise the signal again when the server has ended: SIGTERM would then kill the
        # process before it has finished what it began.
        loop = asyncio.get_running_loop()
        wishes = (signal.SIGINT, signal.SIGTERM)
        for wish in wishes:
            loop.add_signal_handler(wish, self.handle_exit, wish, None)
        try:
            yield
        finally:
            for wish in wishes:
                loop.remove_signal_handler(wish)


class GatewayServer(Server):
    """A server that says when it listens, and ends open streams before it waits for its connections."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway
        self.on_started: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.on_started:
            self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._gateway.end_streams()
        await super().shutdown(sockets)


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; raises Misconfigured when the port is taken."""
    # Without the protocol's name asyncio leaves Nagle's algorithm on: 40 ms for every small answer.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    host = os.environ.get("HOLDFAST_HOST", "127.0.0.1")
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise Misconfigured(
            f"port {port} is taken. Stop what uses it, or choose another: HOLDFAST_PORT={port + 1}"
        ) from error
    return found


def server_of(app: ASGIApp) -> Server:
    """The server of a service."""
    return Server(_config(app, GRACE))


def gateway_server(app: ASGIApp, gateway: Gateway) -> GatewayServer:
    """The server of the public door."""
    return GatewayServer(_config(app, 5), gateway)


def _config(app: ASGIApp, grace: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=grace,
        server_header=False,
        http=Doorway,
        proxy_headers=False,
    )
