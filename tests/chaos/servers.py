"""A PostgreSQL and a RabbitMQ of a run's own, which may be killed and frozen without harm to anybody else."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tests.support import private_postgres, private_rabbitmq
from tests.support.ports import answers
from tests.support.services import POSTGRES, RABBITMQ, Found, Need, stop

# As in production: what was confirmed is kept, and a page that was half written is mended.
SETTINGS = "-c fsync=on -c full_page_writes=on -c max_connections=300 -c listen_addresses=127.0.0.1"
GONE_WITHIN = 20.0
Instance = TypeVar("Instance", private_postgres.Instance, private_rabbitmq.Instance)


class Mortal(Protocol):
    """Something that can die, freeze and come back."""

    @property
    def running(self) -> bool: ...

    def start(self) -> None: ...

    def kill(self) -> object: ...

    def stand_still(self) -> None: ...

    def go_on(self) -> None: ...


class Missing(Exception):
    """A program that a run needs is not on this machine."""

    def __init__(self, need: Need) -> None:
        super().__init__(f"needs {need.name} ({need.remedy})")
        self.need = need


class _Server(Generic[Instance]):
    """A server of a run's own."""

    def __init__(self, instance: Instance, port: int) -> None:
        self._instance: Instance = instance
        self._port = port

    @property
    def found(self) -> Found:
        """Where it answers."""
        return self._instance.found

    @property
    def running(self) -> bool:
        """Whether it takes connections."""
        return answers("127.0.0.1", self._port)

    def start(self) -> None:
        """Begin, or go on with what the last one left; it answers when this returns."""
        self._instance.run()


class Postgres(_Server[private_postgres.Instance]):
    """The database server: its first process and all that it forked."""

    def kill(self) -> None:
        """End all of its processes at once."""
        processes = self._processes()
        _tell(processes, signal.SIGKILL)
        deadline = time.monotonic() + GONE_WITHIN
        # One that still lived would keep the memory that the next one wants for itself.
        while any(map(_lives, processes)) and time.monotonic() < deadline:
            time.sleep(0.01)

    def stand_still(self) -> None:
        """Freeze all of its processes; connections stay open, and nobody answers."""
        _tell(self._processes(), signal.SIGSTOP)

    def go_on(self) -> None:
        """Go on where they stood still."""
        _tell(self._processes(), signal.SIGCONT)

    def _processes(self) -> list[int]:
        note = self._instance.data / "postmaster.pid"
        if not note.exists():
            return []
        first = int(note.read_text().split()[0])
        return [first, *_children(first)]


class Rabbit(_Server[private_rabbitmq.Instance]):
    """The broker."""

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        server = self._instance.server
        if server is not None:
            _tell_group(server.pid, signal.SIGKILL)
            server.wait(GONE_WITHIN)

    def stand_still(self) -> None:
        """Freeze it; connections stay open, and nobody answers."""
        self._tell(signal.SIGSTOP)

    def go_on(self) -> None:
        """Go on where it stood still."""
        self._tell(signal.SIGCONT)

    def _tell(self, how: signal.Signals) -> None:
        if self._instance.server is not None:
            _tell_group(self._instance.server.pid, how)


@contextmanager
def postgres(directory: Path) -> Iterator[Postgres]:
    """A PostgreSQL that runs for as long as the block does, except when it is killed."""
    instance = private_postgres.made(directory, SETTINGS)
    if instance is None:
        raise Missing(POSTGRES)
    server = Postgres(instance, instance.port)
    server.start()
    try:
        yield server
    finally:
        server.go_on()
        stop(server.found)


@contextmanager
def rabbit(directory: Path) -> Iterator[Rabbit]:
    """A RabbitMQ that runs for as long as the block does, except when it is killed."""
    instance = private_rabbitmq.made(directory)
    if instance is None:
        raise Missing(RABBITMQ)
    server = Rabbit(instance, instance.amqp)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        stop(server.found)


def _children(parent: int) -> list[int]:
    listed = subprocess.run(
        ["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False, timeout=10
    )
    return [int(word) for word in listed.stdout.split()]


def _tell(processes: list[int], how: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, how)


def _tell_group(leader: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, how)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
