"""Processes of the product that die at a chosen fault point, forked from one that has loaded everything.

    python -m tests.support.crashing

reads one wish per line from its input and answers each with the id of the process that it forked. A forked
process starts in half a second; loading the product takes several.
"""

import asyncio
import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop

import holdfast.cli
from holdfast.parts import PARTS
from holdfast.running import run_embedded
from holdfast.serving import migrate_service, serve_service
from shared.errors import Misconfigured
from shared.runtime import Runtime, SystemClock

ARMED = "crash"
PASSED = "passed"
CODE = "code"
MIGRATIONS = "migrations"


class FaultPoints:
    """Notes the fault points that its process passes, and ends the process at the one it was armed for."""

    def __init__(self, folder: Path) -> None:
        self._armed = folder / ARMED
        self._passed = (folder / PASSED).open("a", buffering=1)
        self._seen = 0

    def __call__(self, point: str) -> None:
        self._passed.write(f"{point}\n")
        if not self._armed.exists():
            return
        wanted, _, number = self._armed.read_text().rpartition("#")
        if point != wanted:
            return
        self._seen += 1
        if self._seen >= int(number):
            self._armed.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Fork a process for every line that comes, until there are no more."""
    # Nobody waits for the forked ones: the system may forget them as soon as they end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _become(wish: dict[str, Any]) -> None:
    """Be the wished-for process, from its environment to its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    os.environ.clear()
    os.environ.update(wish["environment"])
    code = 1
    try:
        code = _command(wish["command"]) if wish["command"] else _process(wish)
    finally:
        Path(wish["folder"], CODE).write_text(str(code))
        os._exit(code)


def _command(arguments: list[str]) -> int:
    """Be the `holdfast` command; its exit code."""
    sys.argv = ["holdfast", *arguments]
    try:
        holdfast.cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        # As the interpreter does for a command that nobody caught.
        traceback.print_exc()
        return 1
    return 0


def _process(wish: dict[str, Any]) -> int:
    """Be a service, or all of them, until asked to stop."""
    runtime = Runtime(SystemClock(), random.SystemRandom(), FaultPoints(Path(wish["folder"])))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(wish, runtime))
    except Misconfigured as error:
        os.write(2, f"holdfast: {error}\n".encode())
        return 1
    return 0


def _work(wish: dict[str, Any], runtime: Runtime) -> Coroutine[Any, Any, None]:
    if wish["service"] == MIGRATIONS:
        return _migrate_all()
    if wish["service"]:
        return serve_service(wish["service"], wish["port"], runtime)
    return run_embedded(runtime)


async def _migrate_all() -> None:
    for service in PARTS:
        await migrate_service(service)


if __name__ == "__main__":
    main()
