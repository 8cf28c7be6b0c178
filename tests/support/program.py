"""A program of the product in a process of its own, with what it said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 90.0


class DidNotStart(Exception):
    """The program ended, or never answered; carries its last words."""


def clean_environment(**told: str) -> dict[str, str]:
    """The environment of this test run without anybody's settings, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    return {**kept, **told}


def holdfast(*arguments: str) -> list[str]:
    """The command line of the `holdfast` command."""
    return [sys.executable, "-m", "holdfast", *arguments]


def run_to_the_end(
    arguments: Sequence[str], environment: Mapping[str, str], seconds: float = 60
) -> tuple[int, str]:
    """Run a command; its exit code and everything it said."""
    done = subprocess.run(
        arguments, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )
    return done.returncode, done.stdout + done.stderr


class Program:
    """One process, started and ended at will."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; it answers a moment later."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._arguments,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int:
        """Ask it to end, as an operator would; its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it in the middle of whatever it does."""
        return self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(10)

    def said(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def wait_until_ready(self, address: str, seconds: float = READY_WITHIN) -> None:
        """Return when the address answers; raise with the last words when the program ends before."""
        wait_until_ready(address, lambda: self.running, self.said, seconds)


def wait_until_ready(address: str, running: object, said: object, seconds: float = READY_WITHIN) -> None:
    """Return when the address answers 200; raise DidNotStart when its process is gone or time is up."""
    assert callable(running)
    assert callable(said)
    deadline = time.monotonic() + seconds
    with httpx.Client(timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline:
            if not running():
                raise DidNotStart(f"it ended before {address} answered:\n{str(said())[-4000:]}")
            try:
                if client.get(address).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
            time.sleep(0.02)
    raise DidNotStart(f"{address} did not answer in {seconds:g} s:\n{str(said())[-4000:]}")
