"""A longer look at the published contract than the tests take.

python -m tests.blackbox --examples 200 --seed 7
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.blackbox import business
from tests.blackbox.contract import Examined, examine
from tests.blackbox.logs import alarms
from tests.support.embedded import Embedded


def main() -> int:
    """Examine an installation and say what came of it; the exit code tells whether all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.blackbox", description=main.__doc__)
    parser.add_argument("--examples", type=int, default=100, help="for each operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        product = Embedded(Path(folder))
        product.start()
        try:
            starts = asyncio.run(business.free_starts(product.installation))
            found = examine(product.installation, starts, examples=told.examples, seed=told.seed)
            asyncio.run(business.goes_on(product.installation))
            found.failures += alarms(product.process.said())
        finally:
            product.stop()
    return _tell(found)


def _tell(found: Examined) -> int:
    for (operation, status), times in sorted(found.answers.items()):
        sys.stdout.write(f"{times:6} {status} {operation}\n")
    for failure in found.failures:
        sys.stdout.write(f"\n{failure}\n")
    sys.stdout.write(f"\n{found.cases} requests, {len(found.failures)} failures\n")
    return 1 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())
