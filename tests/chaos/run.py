"""One run: start everything, let people come while things break, wait for calm, and judge."""

import asyncio
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.chaos.history import Exchange
from tests.chaos.plan import Fault
from tests.chaos.report import Run
from tests.chaos.servers import postgres, rabbit
from tests.chaos.storm import Storm
from tests.chaos.system import Shaken
from tests.chaos.verdict import judge
from tests.chaos.witness import Witness
from tests.support.customer import Customer
from tests.support.installation import Installation
from tests.support.launcher import Launcher
from tests.support.outside import Outside
from tests.support.settling import settle

SETTLES_WITHIN = 480.0
TELLS_EVERY = 15.0
ENOUGH = 4 * 1024**3
Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    seed: int
    seconds: float
    rate: float
    plan: tuple[Fault, ...]
    # Where the history of the clients is kept.
    folder: Path


@contextmanager
def shaken() -> Iterator[Shaken]:
    """Everything that is needed, running; nobody else uses any of it."""
    with ExitStack() as stack:
        own = Path(tempfile.mkdtemp(prefix="holdfast-chaos-", dir=_quick_disk()))
        stack.callback(shutil.rmtree, own, ignore_errors=True)
        # The database runs as another user when this one is root, and has to reach its folder.
        own.chmod(0o755)
        database = stack.enter_context(postgres(own))
        broker = stack.enter_context(rabbit(own))
        launcher = stack.enter_context(Launcher())
        system = stack.enter_context(Shaken(own, database, broker, launcher))
        stack.enter_context(system.doubled())
        yield system


def _quick_disk() -> str | None:
    """Memory that looks like a disk: it outlives every process, and nobody pulls the plug."""
    memory = Path("/dev/shm")
    there = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ENOUGH
    return str(memory) if there else None


class Stopwatch:
    """Seconds since the run began, and what time that was."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew."""
        self._began = time.monotonic()
        self.at = datetime.now(UTC)

    def __call__(self) -> float:
        return time.monotonic() - self._began


async def run(order: Order, system: Shaken, say: Say) -> Run:
    """Shake it, and say what came of it."""
    clock = Stopwatch()
    async with Witness(system.installation.url, clock) as http:
        crowd = Crowd(system.installation, http, order.seed, clock)
        await crowd.open_shops()
        say(f"the shops are open after {clock():.0f} s")
        clock.start()
        http.history.clear()
        storm = Storm(system, Outside(http, system.installation.sandbox), clock)
        async with storm.kept_running(), _told(say, storm, crowd, clock):
            await _shake(order, storm, crowd)
        calm = clock()
        say(f"calm after {calm:.0f} s; waiting until nothing is pending")
        left, _ = await asyncio.gather(_settled(system.installation, say), crowd.leave(SETTLES_WITHIN))
        settled_after = clock() - calm
        history = tuple(http.history)
        customer = Customer(system.installation, http)
        verdict = await judge(system.installation, customer, history, storm.struck, clock.at, left)
    _keep(order.folder, history)
    return Run(
        seed=order.seed,
        minutes=order.seconds / 60,
        rate=order.rate,
        struck=storm.struck,
        left=storm.left,
        errors=_errors(system.logs()),
        tales=crowd.tales,
        history=history,
        settled_after=settled_after,
        verdict=verdict,
    )


async def _shake(order: Order, storm: Storm, crowd: Crowd) -> None:
    async with asyncio.TaskGroup() as together:
        together.create_task(crowd.come(order.seconds, order.rate))
        together.create_task(storm.blow(order.plan))
    await storm.calm()


async def _settled(installation: Installation, say: Say) -> list[str]:
    """Wait until nothing is pending; what still is when the time is up."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while (left := await settle(installation, TELLS_EVERY)) and time.monotonic() < deadline:
        say(f"still to be done: {len(left)}, {left[0][:150]}")
    return left


@asynccontextmanager
async def _told(say: Say, storm: Storm, crowd: Crowd, clock: Callable[[], float]) -> AsyncIterator[None]:
    """While the block runs, say now and then how it goes."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(TELLS_EVERY)
            accepted = sum(tale.accepted is not None for tale in crowd.tales)
            came = f"{len(crowd.tales)} customers, {accepted} accepted"
            say(f"{clock():4.0f} s: {came}, {len(storm.struck)} faults")

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


def _keep(folder: Path, history: Sequence[Exchange]) -> None:
    lines = (json.dumps(asdict(exchange), ensure_ascii=False) for exchange in history)
    (folder / "history.jsonl").write_text("\n".join(lines) + "\n")


def _errors(logs: Sequence[Path]) -> Counter[str]:
    """What services logged as errors, by what they said."""
    found: Counter[str] = Counter()
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("{") and '"level": "error"' in line:
                said = json.loads(line)
                found[f"{log.stem}: {said.get('event')}"] += 1
    return found
