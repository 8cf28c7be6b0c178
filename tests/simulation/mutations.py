"""Guards taken out of the product one at a time: each must be missed.

    python -m tests.simulation.mutations [name …]

says after how many seeds, and by which promise. The table stands in docs/simulation.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.simulation import run
from tests.simulation.guards import MUTATIONS

AT_MOST = 14


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


def main() -> int:
    """Say for every mutation how it is found; 1 when one is not."""
    survived = 0
    for name in sys.argv[1:] or MUTATIONS:
        found = search(name, range(AT_MOST))
        survived += found is None
        told = f"seed {found.seed}, after {found.tried}: {found.broken[:160]}" if found else "SURVIVES"
        sys.stdout.write(f"{name:42} {told}\n")
        sys.stdout.flush()
    return int(bool(survived))


if __name__ == "__main__":
    sys.exit(main())
