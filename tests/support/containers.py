"""Services in containers, through the Docker engine's own API."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

import docker
from docker.errors import DockerException
from requests import RequestException

from tests.support.ports import answers, free_ports


def start(image: str, environment: dict[str, str], ports: list[int]) -> tuple[str, list[int]] | None:
    """A container's id and the local ports its ports came out on; None without an engine or the image."""
    if not _engine_answers():
        return None
    local = free_ports(len(ports))
    published = {f"{port}/tcp": ("127.0.0.1", out) for port, out in zip(ports, local, strict=True)}
    with closing(_engine()) as engine:
        try:
            container = engine.containers.run(
                image, detach=True, environment=environment, ports=published, labels={"holdfast": "test"}
            )
        except (DockerException, RequestException):
            return None
        return str(container.id), local


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 90) -> None:
    """Waits for a container's program to answer."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not answer within {seconds:.0f} seconds")
        time.sleep(0.2)


def remove(container: str) -> None:
    """Ends a container and forgets its volumes."""
    with closing(_engine()) as engine:
        engine.containers.get(container).remove(force=True, v=True)


def _engine_answers() -> bool:
    """Whether the engine's socket accepts; the SDK leaks a socket when it does not."""
    address = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    if address.scheme != "unix":
        return answers(address.hostname or "", address.port or 2375)
    with socket.socket(socket.AF_UNIX) as door:
        return door.connect_ex(address.path) == 0


def _engine() -> docker.DockerClient:
    # Engine 25 and later speak this version; asking for it would connect at once.
    return docker.from_env(version="1.44", timeout=120)
