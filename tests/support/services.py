"""What tests need from outside the project: found or started once per run, shared by all workers.

Each kind of service is looked for in the same order: the address in the environment, the standard
port of this machine, the programs of this machine (a private instance), a Docker engine.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

STATE_VARIABLE = "HOLDFAST_TEST_STATE"
REQUIRE_VARIABLE = "HOLDFAST_REQUIRE_SERVICES"


@dataclass(frozen=True)
class Need:
    """Something that has to be on the machine for some of the tests."""

    name: str
    remedy: str


POSTGRES = Need(
    "PostgreSQL", "apt-get install postgresql, or a Docker engine, or set HOLDFAST_TEST_POSTGRES_URL"
)
RABBITMQ = Need(
    "RabbitMQ", "apt-get install rabbitmq-server, or a Docker engine, or set HOLDFAST_TEST_AMQP_URL"
)
CHROMIUM = Need("Chromium", "apt-get install chromium, or set HOLDFAST_TEST_CHROMIUM")


@dataclass(frozen=True)
class Found:
    """Where a service answers, and how to stop it when these tests started it."""

    address: str
    origin: str
    management: str = ""
    process_group: int = 0
    stop: list[list[str]] = field(default_factory=list)
    container: str = ""


def leave_out(need: Need) -> NoReturn:
    """Skips the test for want of something; fails it where everything has to be there."""
    message = f"needs {need.name} ({need.remedy})"
    if os.environ.get(REQUIRE_VARIABLE, "") not in ("", "0"):
        pytest.fail(f"{message}; {REQUIRE_VARIABLE} forbids leaving it out", pytrace=False)
    pytest.skip(message)


def find_once(need: Need, find: Callable[[Path], Found | None]) -> Found:
    """The service, looked for by the first worker that asks and remembered for the others."""
    state = Path(os.environ[STATE_VARIABLE])
    with _locked(state / f"{need.name}.lock"):
        note = state / f"{need.name}.json"
        if not note.exists():
            found = find(state)
            note.write_text(json.dumps(asdict(found) if found else None))
        known = json.loads(note.read_text())
    if known is None:
        leave_out(need)
    return Found(**known)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def open_state() -> None:
    """Makes the folder in which the workers of one run tell each other what was found."""
    state = Path(tempfile.mkdtemp(prefix="holdfast-tests-"))
    # A private PostgreSQL runs as another user when the tests run as root, and has to reach its folder.
    state.chmod(0o755)
    os.environ[STATE_VARIABLE] = str(state)


def close_state() -> None:
    """Stops what these tests started, and forgets it."""
    state = Path(os.environ.pop(STATE_VARIABLE))
    for note in sorted(state.glob("*.json")):
        known = json.loads(note.read_text())
        if known is not None:
            stop(Found(**known))
    shutil.rmtree(state, ignore_errors=True)


def stop(found: Found) -> None:
    """End a service that these tests started; leaves one alone that they found."""
    if found.process_group:
        with suppress(ProcessLookupError):
            os.killpg(found.process_group, signal.SIGKILL)
    for command in found.stop:
        _insist(command)
    if found.container:
        from tests.support.containers import remove

        remove(found.container)


def _insist(command: list[str]) -> None:
    # Erlang's name server refuses to end until it has noticed that its last broker is gone.
    for _ in range(20):
        if subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0:
            return
        time.sleep(0.1)
