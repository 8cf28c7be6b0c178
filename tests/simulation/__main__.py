"""`make simulate RUNS=1000 [SEED=7]`: many runs, or one of them told.

python -m tests.simulation --runs 1000 --processes 2
python -m tests.simulation --seed 7
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter

from tests.simulation.expected import never_visited, unforeseen
from tests.simulation.many import Totals, results
from tests.simulation.run import Result, simulate

EVERY = 10.0


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def tell(result: Result, lines: int = 400) -> None:
    """The story of a run that went wrong, or of one that was asked for."""
    say(f"seed {result.seed}, trace {result.digest}, {result.hours:.1f} simulated hours")
    for one in result.broken:
        say(f"  BROKEN  {one}")
    for line in result.story[:lines]:
        say(f"  {line}")
    if len(result.story) > lines:
        say(f"  … and {len(result.story) - lines} lines more")


def run_many(first: int, runs: int, processes: int) -> Totals:
    """Run the seeds from `first` on, and say how it goes."""
    totals, began, said = Totals(), time.monotonic(), time.monotonic()
    for result, cpu in results(range(first, first + runs), processes):
        totals.add(result, cpu)
        if result.broken:
            tell(result, lines=120)
            say(f"  again: make simulate SEED={result.seed}")
        if time.monotonic() - said > EVERY:
            said = time.monotonic()
            say(f"{totals.runs} of {runs} runs, {totals.sagas} sagas, {said - began:.0f} s")
    return totals


def summarize(totals: Totals) -> None:
    """What was injected, how bookings ended, and what no run ever saw."""
    minutes = max(totals.cpu / 60, 0.01)
    say()
    say(f"{totals.runs} runs, {totals.sagas} sagas, {totals.hours:.0f} simulated hours")
    say(f"{totals.cpu:.0f} s of processor time, {totals.sagas / minutes:.0f} sagas in a minute of it")
    _table("faults injected", totals.faults)
    _table("bookings ended", totals.endings)
    _list("changes of state that no run came to", never_visited(totals.changes))
    _list("changes of state that nobody expected", unforeseen(totals.changes))
    say(f"runs with a violation: {len(totals.broken)}")
    for result in totals.broken:
        say(f"  seed {result.seed}: {result.broken[0][:200]}")


def _list(title: str, found: list[str]) -> None:
    say(f"{title}: {len(found)}")
    for one in found:
        say(f"  {one}")


def _table(title: str, counted: Counter[str]) -> None:
    say(f"{title}: {sum(counted.values())}")
    for name, times in sorted(counted.items(), key=lambda one: (-one[1], one[0])):
        say(f"  {times:8d}  {name}")


def main() -> int:
    """Run what was asked for; 1 when something was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, default=None, help="one seed only, told in full")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    asked = parser.parse_args()
    if asked.seed is not None:
        result = simulate(asked.seed, told=True)
        tell(result, lines=100_000)
        return int(bool(result.broken))
    totals = run_many(asked.first, asked.runs, asked.processes)
    summarize(totals)
    return int(bool(totals.broken))


if __name__ == "__main__":
    sys.exit(main())
