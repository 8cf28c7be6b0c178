"""Starts processes of the product that can be armed to die at a fault point."""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.crashing import ARMED, CODE, PASSED
from tests.support.program import ROOT, clean_environment


class Launcher:
    """One process that has loaded the product, and forks as many as are wanted."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.crashing"],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=20)

    def fork(self, wish: dict[str, object]) -> int:
        """The id of a new process that does what is wished."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def command(
        self, arguments: list[str], environment: dict[str, str], directory: Path, seconds: float = 40
    ) -> tuple[int, str]:
        """Run the `holdfast` command to its end; its exit code and everything it said."""
        log = directory / "said"
        log.unlink(missing_ok=True)
        ended = Forked(self, directory, environment, log, command=arguments)
        ended.start()
        if not ended.ends_within(seconds):
            ended.kill()
            return -1, f"it runs and runs: {ended.said()}"
        return ended.code(), ended.said()

    def embedded(self, environment: dict[str, str], log: Path) -> "Forked":
        """The whole product in one process."""
        return Forked(self, log.parent / "embedded-points", environment, log)

    def service(self, service: str, port: int, environment: dict[str, str], log: Path) -> "Forked":
        """One service in its own process."""
        return Forked(self, log.parent / f"{service}-points", environment, log, service, port)


@dataclass
class Forked:
    """A process of the product, started and ended at will, or by itself at a fault point."""

    launcher: Launcher
    folder: Path
    environment: dict[str, str]
    log: Path
    service: str = ""
    port: int = 0
    command: list[str] = field(default_factory=list)
    _id: int = 0
    # The process itself, not its number: the system gives the number of one that ended to the next.
    _process: int = -1

    def start(self) -> None:
        """Begin; it answers a moment later."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / CODE).unlink(missing_ok=True)
        self._id = self.launcher.fork(
            {
                "command": self.command,
                "service": self.service,
                "port": self.port,
                "environment": self.environment,
                "log": str(self.log),
                "folder": str(self.folder),
            }
        )
        self._let_go()
        with suppress(ProcessLookupError):
            self._process = os.pidfd_open(self._id)

    def arm(self, point: str, number: int = 1) -> None:
        """Have it die when it passes this point for this many times from now on."""
        draft = self.folder / "draft"
        draft.write_text(f"{point}#{number}")
        draft.replace(self.folder / ARMED)

    def disarm(self) -> None:
        """Let it live."""
        (self.folder / ARMED).unlink(missing_ok=True)

    @property
    def passed(self) -> list[str]:
        """Every fault point passed so far, in order."""
        path = self.folder / PASSED
        return path.read_text().splitlines() if path.exists() else []

    @contextmanager
    def disk_full(self) -> Iterator[None]:
        """While the block runs, no file can grow past its first bytes: to the process the disk is full."""
        before = resource.prlimit(self._id, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            # One that was killed meanwhile has no limits any more.
            with suppress(ProcessLookupError):
                resource.prlimit(self._id, resource.RLIMIT_FSIZE, before)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        if self._process < 0:
            return False
        ended, _, _ = select.select([self._process], [], [], 0)
        return not ended

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends by itself before that."""
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self.running

    def stop(self) -> int:
        """Ask it to end, and wait until it is gone; its exit code."""
        self._end(signal.SIGTERM, 40)
        return self.code()

    def kill(self) -> int:
        """End it in the middle of whatever it does, and wait until it is gone."""
        self._end(signal.SIGKILL, 10)
        return -signal.SIGKILL

    def stand_still(self) -> None:
        """Do nothing more, as on a machine that has frozen, until told to go on."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Go on where it stood still."""
        self._signal(signal.SIGCONT)

    def _signal(self, how: signal.Signals) -> None:
        if self._process >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, how)

    def code(self) -> int:
        """The exit code it left, when it could."""
        path = self.folder / CODE
        return int(path.read_text()) if path.exists() else -signal.SIGKILL

    def _end(self, how: signal.Signals, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        self._signal(how)
        while self.running:
            if time.monotonic() > deadline:
                self._signal(signal.SIGKILL)
                deadline += 10
            time.sleep(0.01)
        self._let_go()

    def _let_go(self) -> None:
        if self._process >= 0:
            os.close(self._process)
        self._process = -1

    def said(self) -> str:
        """What it wrote so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """Where processes come from quickly."""
    with Launcher() as ready:
        yield ready
