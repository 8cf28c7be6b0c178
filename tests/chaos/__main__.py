"""`make chaos MINUTES=10 [SEED=7] [RATE=4.5]`: real processes, real faults, and everything that was promised.

python -m tests.chaos --minutes 10 --seed 7 --rate 4.5
"""

import argparse
import os
import random
import shutil
import signal
import sys
from pathlib import Path

import uvloop

from tests.chaos.plan import plan
from tests.chaos.report import told
from tests.chaos.run import Order, run, shaken
from tests.chaos.servers import Missing
from tests.support.program import ROOT

MINUTES = 10.0
RATE = 4.5


def say(text: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run what was asked for; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help="how long people come and things break"
    )
    parser.add_argument("--seed", type=int, default=None, help="draws the faults and the customers")
    parser.add_argument("--rate", type=float, default=RATE, help="customers a second")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "chaos", help="for the report and the logs"
    )
    asked = parser.parse_args()
    seed = random.randrange(1_000_000) if asked.seed is None else asked.seed
    folder = asked.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Settings of whoever runs it are not settings of what is run.
    for name in [name for name in os.environ if name.startswith("HOLDFAST_")]:
        del os.environ[name]
    seconds = asked.minutes * 60
    # Asked to end, it still takes down what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    order = Order(seed, seconds, asked.rate, plan(seed, seconds), folder)
    say(f"seed {seed}: {len(order.plan)} faults in {asked.minutes:g} minutes; logs are in {folder}")
    try:
        with shaken() as system:
            try:
                done = uvloop.run(run(order, system, say))
            finally:
                for log in system.logs():
                    shutil.copy(log, folder)
    except Missing as missing:
        say(f"chaos {missing}")
        return 1
    report = told(done)
    (folder / "report.txt").write_text(f"{report}\n")
    say(f"\n{report}")
    return 0 if done.verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
