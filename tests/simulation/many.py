"""Many runs: on all cores, counted together."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.installed import Change
from tests.simulation.run import Result, simulate

# A fresh process after this many: nothing that one run left in memory steers the next ones for ever.
RUNS_OF_A_PROCESS = 150


@dataclass
class Totals:
    """What came of all runs together."""

    runs: int = 0
    sagas: int = 0
    hours: float = 0.0
    cpu: float = 0.0
    endings: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    changes: Counter[Change] = field(default_factory=Counter)
    broken: list[Result] = field(default_factory=list)

    def add(self, result: Result, cpu: float) -> None:
        """Count one run."""
        self.runs += 1
        self.sagas += result.sagas
        self.hours += result.hours
        self.cpu += cpu
        self.endings += result.endings
        self.faults += result.faults
        self.changes += result.changes
        if result.broken:
            self.broken.append(result)


def measured(seed: int) -> tuple[Result, float]:
    """One run, and the processor's time that it took."""
    began = time.process_time()
    try:
        result = simulate(seed)
    except Exception:
        # The other seeds go on; this one is told with the rest.
        result = Result(seed, broken=[f"0. no defect: the run itself broke: {traceback.format_exc()}"])
    return result, time.process_time() - began


def results(seeds: range, processes: int) -> Iterator[tuple[Result, float]]:
    """Every seed's result as it comes, with the processor's seconds that it took."""
    if processes == 1:
        yield from map(measured, seeds)
        return
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(processes, maxtasksperchild=RUNS_OF_A_PROCESS) as pool:
        yield from pool.imap_unordered(measured, seeds)
