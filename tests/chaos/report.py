"""A run in words and numbers."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.chaos.guest import Tale
from tests.chaos.history import Exchange
from tests.chaos.plan import SERVERS
from tests.chaos.storm import Struck
from tests.chaos.verdict import Verdict

SHOWN = 20
PATIENT = "pays"


@dataclass(frozen=True)
class Run:
    """Everything that one run came to."""

    seed: int
    minutes: float
    rate: float
    struck: Sequence[Struck]
    left: Counter[str]
    errors: Counter[str]
    tales: Sequence[Tale]
    history: Sequence[Exchange]
    settled_after: float
    verdict: Verdict

    @property
    def accepted(self) -> int:
        """How many bookings were accepted."""
        return sum(tale.accepted is not None for tale in self.tales)


def told(run: Run) -> str:
    """The whole report."""
    return "\n".join(
        [
            f"chaos: seed {run.seed}, {run.minutes:g} minutes, {run.rate:g} customers a second",
            *_faults(run),
            *_load(run),
            *_latencies(run),
            *_recovery(run),
            *_judgement(run),
        ]
    )


def _faults(run: Run) -> Iterator[str]:
    yield ""
    yield f"faults: {len(run.struck)}"
    by_kind: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in run.struck:
        by_kind[one.fault.kind][one.fault.target] += 1
    for kind, targets in sorted(by_kind.items()):
        named = ", ".join(
            f"{name} ×{times}" if times > 1 else name for name, times in sorted(targets.items())
        )
        yield f"  {kind} {targets.total()}: {named}"
    if run.left:
        yield f"  processes that ended by themselves and were started again: {_counted(run.left)}"
    yield f"  errors that services logged: {_counted(run.errors) or 'none'}"


def _load(run: Run) -> Iterator[str]:
    answers = Counter(f"{one.status} {one.said}".strip() if one.status else one.said for one in run.history)
    failures = {name: times for name, times in answers.items() if not name.startswith("2")}
    asked_again = sum(tale.asked > 1 for tale in run.tales)
    yield ""
    yield f"customers: {len(run.tales)}, requests: {len(run.history)}"
    yield f"accepted: {run.accepted} bookings; {asked_again} customers had to ask again with the same key"
    yield f"ways: {_counted(Counter(tale.way for tale in run.tales))}"
    yield f"customers saw: {_counted(Counter(_seen_by_customer(tale) for tale in run.tales))}"
    yield f"bookings ended: {_counted(run.verdict.endings)}"
    yield f"requests that failed: {_counted(Counter(failures)) or 'none'}"


def _seen_by_customer(tale: Tale) -> str:
    return f"{tale.status or 'no end'} {tale.reason}".strip()


def _latencies(run: Run) -> Iterator[str]:
    yield ""
    yield "seconds (median, 9 of 10, 99 of 100, worst)   calm                      storm"
    accepted = [(tale, tale.began, tale.accepted) for tale in run.tales if tale.accepted]
    confirmed = [
        (tale, tale.began, tale.confirmed) for tale in run.tales if tale.confirmed and tale.way == PATIENT
    ]
    for name, measured in (("from the wish to accepted", accepted), ("… to confirmed and paid", confirmed)):
        calm = [end - began for _, began, end in measured if end and not _in_storm(run, began, end)]
        storm = [end - began for _, began, end in measured if end and _in_storm(run, began, end)]
        yield f"  {name:42s}  {_percentiles(calm):24s}  {_percentiles(storm)}"


def _in_storm(run: Run, began: float, ended: float) -> bool:
    return any(one.began <= ended and began <= one.ended for one in run.struck)


def _percentiles(values: list[float]) -> str:
    if not values:
        return "–"
    ordered = sorted(values)
    at = [
        ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.9, 0.99, 1)
    ]
    return ", ".join(f"{value:.2f}" for value in at)


def recoveries(struck: Sequence[Struck], tales: Sequence[Tale]) -> dict[str, list[float | None]]:
    """By kind of fault: seconds from its end to the first confirmation of a booking begun after it."""
    found: defaultdict[str, list[float | None]] = defaultdict(list)
    for one in struck:
        after = [tale.confirmed for tale in tales if tale.began >= one.ended and tale.confirmed]
        found[_sort(one)].append(min(after) - one.ended if after else None)
    return dict(found)


def _sort(one: Struck) -> str:
    kind, target = one.fault.kind, one.fault.target
    if kind in ("kill", "freeze"):
        return f"{kind} of {'the ' + target if target in SERVERS else 'a service'}"
    return f"{target.partition(' ')[0]} breaks" if kind == "outside" else f"line: {kind}"


def _recovery(run: Run) -> Iterator[str]:
    yield ""
    yield "seconds from the end of a fault to the first new booking confirmed (median, worst)"
    for kind, seconds in sorted(recoveries(run.struck, run.tales).items()):
        known = [one for one in seconds if one is not None]
        never = f", not seen {len(seconds) - len(known)}×" if len(known) < len(seconds) else ""
        shown = f"{median(known):.2f}, {max(known):.2f}" if known else "–"
        yield f"  {kind:24s} {shown}  ({len(seconds)}×{never})"
    yield f"nothing was pending any more {run.settled_after:.1f} s after the load and the faults had ended"


def _judgement(run: Run) -> Iterator[str]:
    yield ""
    for number, (name, breaches) in enumerate(run.verdict.broken.items(), 1):
        yield f"{number}. {name}: {'holds' if not breaches else f'broken: {len(breaches)}'}"
        yield from _some(breaches)
    yield f"mails that came twice, each after a fault that kept it from being noted: {run.verdict.doubled}"
    contradictions = run.verdict.contradictions
    yield f"what clients were told: {'agrees' if not contradictions else f'broken: {len(contradictions)}'}"
    yield from _some(contradictions)


def _some(sentences: Sequence[str]) -> Iterator[str]:
    for sentence in sentences[:SHOWN]:
        yield f"     {sentence}"
    if len(sentences) > SHOWN:
        yield f"     … and {len(sentences) - SHOWN} more"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{times} {name}" for name, times in counter.most_common())
