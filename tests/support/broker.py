"""A real RabbitMQ for tests: every test gets a virtual host of its own."""

import base64
import itertools
import json
import os
import secrets
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pytest

from tests.support import containers, private_rabbitmq
from tests.support.ports import answers
from tests.support.services import RABBITMQ, Found, find_once

IMAGE = "rabbitmq:4-management"
LOCAL = "amqp://guest:guest@127.0.0.1:5672/"
EVERYTHING = ".*"
_numbers = itertools.count(1)


class Hosts(Protocol):
    """Somebody who makes and removes virtual hosts."""

    def make(self, name: str, user: str) -> None:
        """An empty virtual host in which the user may do everything."""

    def remove(self, name: str) -> None:
        """The virtual host with all its queues and messages."""


class Management:
    """Virtual hosts through the management interface."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._root = f"http://{parts.hostname}:{parts.port}/api"
        login = f"{parts.username or 'guest'}:{parts.password or 'guest'}"
        self._login = base64.b64encode(login.encode()).decode()

    def works(self) -> bool:
        """Whether it answers this login."""
        try:
            self._call("GET", "/overview")
        except (OSError, urllib.error.URLError):
            return False
        return True

    def make(self, name: str, user: str) -> None:
        """An empty virtual host in which the user may do everything."""
        self._call("PUT", f"/vhosts/{name}")
        rights = {"configure": EVERYTHING, "write": EVERYTHING, "read": EVERYTHING}
        self._call("PUT", f"/permissions/{name}/{user}", rights)

    def remove(self, name: str) -> None:
        """The virtual host with all its queues and messages."""
        self._call("DELETE", f"/vhosts/{name}")

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> None:
        headers = {"Authorization": f"Basic {self._login}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self._root + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


class Control:
    """Virtual hosts through `rabbitmqctl`, for a local broker without the management interface."""

    def works(self) -> bool:
        """Whether this user may steer the local broker."""
        return shutil.which("rabbitmqctl") is not None and self._call("list_vhosts")

    def make(self, name: str, user: str) -> None:
        """An empty virtual host in which the user may do everything."""
        rights = ["-p", name, user, EVERYTHING, EVERYTHING, EVERYTHING]
        if not (self._call("add_vhost", name) and self._call("set_permissions", *rights)):
            raise RuntimeError(f"rabbitmqctl could not make the virtual host {name}")

    def remove(self, name: str) -> None:
        """The virtual host with all its queues and messages."""
        self._call("delete_vhost", name)

    def _call(self, *arguments: str) -> bool:
        command = ["rabbitmqctl", "--quiet", *arguments]
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0


def find_rabbitmq(directory: Path) -> Found | None:
    """The first RabbitMQ on which a virtual host can be made."""
    return _from_environment() or _on_this_machine() or private_rabbitmq.start(directory) or _in_a_container()


def _from_environment() -> Found | None:
    address = os.environ.get("HOLDFAST_TEST_AMQP_URL", "")
    if not address:
        return None
    management = os.environ.get("HOLDFAST_TEST_AMQP_MANAGEMENT_URL") or _beside(address)
    usable = management if Management(management).works() else ""
    return Found(address, origin="HOLDFAST_TEST_AMQP_URL", management=usable)


def _on_this_machine() -> Found | None:
    if not answers("127.0.0.1", 5672):
        return None
    management = _beside(LOCAL)
    if Management(management).works():
        return Found(LOCAL, origin="port 5672 of this machine", management=management)
    return Found(LOCAL, origin="port 5672 of this machine") if Control().works() else None


def _in_a_container() -> Found | None:
    started = containers.start(IMAGE, {}, [5672, 15672])
    if started is None:
        return None
    container, (amqp, management) = started
    steering = f"http://guest:guest@127.0.0.1:{management}"
    containers.wait_until(Management(steering).works, IMAGE)
    return Found(f"amqp://guest:guest@127.0.0.1:{amqp}/", IMAGE, management=steering, container=container)


def _beside(amqp: str) -> str:
    parts = urlsplit(amqp)
    return f"http://{parts.username or 'guest'}:{parts.password or 'guest'}@{parts.hostname}:15672"


@contextmanager
def fresh_host(broker: Found) -> Iterator[str]:
    """An empty virtual host, removed when the block ends."""
    hosts: Hosts = Management(broker.management) if broker.management else Control()
    name = f"holdfast-test-{os.getpid()}-{next(_numbers)}-{secrets.token_hex(3)}"
    parts = urlsplit(broker.address)
    hosts.make(name, parts.username or "guest")
    try:
        yield f"amqp://{parts.netloc}/{name}"
    finally:
        hosts.remove(name)


@pytest.fixture(scope="session")
def amqp_server() -> Found:
    """A real RabbitMQ, of which only virtual hosts made by the test may be touched."""
    return find_once(RABBITMQ, find_rabbitmq)


@pytest.fixture
def new_amqp(amqp_server: Found) -> Iterator[Callable[[], str]]:
    """Makes an empty virtual host at each call; all are removed after the test."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(fresh_host(amqp_server))


@pytest.fixture
def amqp_url(new_amqp: Callable[[], str]) -> str:
    """An empty virtual host of a real RabbitMQ."""
    return new_amqp()
