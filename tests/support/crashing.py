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
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop

from holdfast.parts import PARTS
from holdfast.running import run_embedded
from holdfast.serving import migrate_service, serve_service
from shared.errors import Misconfigured
from shared.runtime import Runtime, SystemClock

ARMED = "crash"
PASSED = "passed"
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
    folder = Path(wish["folder"])
    runtime = Runtime(SystemClock(), random.SystemRandom(), FaultPoints(folder))
    code = 1
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(wish, runtime))
        code = 0
    except Misconfigured as error:
        os.write(2, f"holdfast: {error}\n".encode())
    finally:
        os._exit(code)


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
