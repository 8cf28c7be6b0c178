"""Guards taken out of the product one at a time: each must be missed.

    python -m tests.simulation.mutations [--first N] [--at-most N] [name …]

says after how many seeds, and by which promise. The table stands in docs/simulation.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from tests.simulation import run
from tests.simulation.guards import MUTATIONS

AT_MOST = 300


@dataclass(frozen=True)
class Found:
    """The first seed that misses a guard, how many were tried, and what it says."""

    seed: int
    tried: int
    broken: str


def search(name: str, seeds: Sequence[int]) -> Found | None:
    """Try seeds until one misses the guard."""
    for tried, seed in enumerate(seeds, 1):
        with MUTATIONS[name]():
            result = run.simulate(seed)
        if result.broken:
            return Found(seed, tried, result.broken[0])
    return None


def searched(seeds: range, name: str) -> tuple[str, Found | None]:
    """The search of one mutation, with its name."""
    return name, search(name, seeds)


def main() -> int:
    """Say for every mutation how it is found; 1 when one is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*MUTATIONS, []], metavar="name")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--at-most", type=int, default=AT_MOST, help="how many seeds to try")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.at_most)
    survived = 0
    # What a mutation leaves in memory must not reach the next one.
    with multiprocessing.get_context("spawn").Pool(asked.processes, maxtasksperchild=1) as pool:
        for name, found in pool.imap_unordered(partial(searched, seeds), asked.names or MUTATIONS):
            survived += found is None
            told = f"seed {found.seed}, after {found.tried}: {found.broken[:150]}" if found else "SURVIVES"
            sys.stdout.write(f"{name:46} {told}\n")
            sys.stdout.flush()
    return int(bool(survived))


if __name__ == "__main__":
    sys.exit(main())
