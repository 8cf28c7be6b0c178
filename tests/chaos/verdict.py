"""Whether every promise was kept: all nine invariants, and what every client was told."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.booking.tables import bookings, engine
from tests.chaos.history import Exchange, Seen, contradictions
from tests.chaos.storm import Struck
from tests.support.customer import Customer
from tests.support.evidence import Evidence, gather
from tests.support.installation import Installation, Json
from tests.support.invariants import INVARIANTS, mailed_once

NAMES = (
    "no overbooking",
    "no money without a booking",
    "no booking without money",
    "nothing stays half-done",
    "promises are returned",
    "the outside agrees",
    "nothing accepted is lost",
    "said once",
    "the books balance",
)
# A mail that was taken and not noted is sent again: as long as a lease lasts may lie between.
AROUND = 5.0
AT_THE_SAME_TIME = 16
ASKED_TOGETHER = 20


@dataclass(frozen=True)
class Verdict:
    """What is broken, by invariant, and where clients were told something else."""

    broken: Mapping[str, Sequence[str]]
    contradictions: Sequence[str]
    doubled: int
    endings: Counter[str]

    @property
    def holds(self) -> bool:
        """Whether all is as promised."""
        return not self.contradictions and not any(self.broken.values())


async def judge(
    installation: Installation,
    customer: Customer,
    history: Sequence[Exchange],
    struck: Sequence[Struck],
    began: datetime,
    still_pending: Sequence[str],
) -> Verdict:
    """Read everything that is kept anywhere, ask for every booking once more, and compare."""
    seen = await gather(installation)
    truth = await _as_the_api_says(customer, installation, history)
    taken_up = {row.booking_id for row in seen.of(engine.sagas) if row.saga == "take-up"}
    copies = doubled(seen.mails, began)
    breaches = [f"4. nothing stays half-done: {one}" for one in still_pending]
    for check in INVARIANTS:
        if check is not mailed_once:
            breaches += check(seen)
    breaches += unexplained(copies, struck)
    return Verdict(
        broken=by_invariant(breaches),
        contradictions=list(contradictions(history, truth, taken_up)),
        doubled=len(copies),
        endings=_endings(seen, taken_up),
    )


def by_invariant(breaches: Iterable[str]) -> dict[str, list[str]]:
    """The breaches of each invariant; every sentence begins with its number."""
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for sentence in breaches:
        found[NAMES[int(sentence[0]) - 1]].append(sentence)
    return found


def doubled(mails: Sequence[Json], began: datetime) -> dict[str, list[float]]:
    """The mails that came more than once, and when each copy came, in seconds since the run began."""
    copies: defaultdict[str, list[float]] = defaultdict(list)
    for mail in mails:
        came = (datetime.fromisoformat(mail["received_at"]) - began).total_seconds()
        copies[mail["message_id"]].append(came)
    return {name: sorted(came) for name, came in copies.items() if len(came) > 1}


def unexplained(copies: Mapping[str, Sequence[float]], struck: Sequence[Struck]) -> Iterator[str]:
    """8. A mail comes twice only when its sender could not note in time that the first was taken.

    No mail server can be asked whether it has a mail. So the copy before each further one must have come
    while something hit notify, its way to the mail server, or its database, and at most as many mails as are
    sent together may be hit by each such fault.
    """
    causes = [one for one in struck if _keeps_from_noting(one)]
    blamed: Counter[Struck] = Counter()
    for message_id, came in copies.items():
        for first in came[:-1]:
            cause = next((one for one in causes if one.began - AROUND <= first <= one.ended + AROUND), None)
            if cause is None:
                yield f"8. said once: the mail {message_id} came {len(came)} times for no reason"
            else:
                blamed[cause] += 1
    for cause, mails in blamed.items():
        if mails > AT_THE_SAME_TIME:
            yield f"8. said once: one {cause.fault.kind} of {cause.fault.target} doubled {mails} mails"


def _keeps_from_noting(one: Struck) -> bool:
    if one.fault.kind in ("slow", "outside"):
        return False
    return one.fault.target in ("notify", "database", "notify → database", "notify → mail")


async def _as_the_api_says(
    customer: Customer, installation: Installation, history: Sequence[Exchange]
) -> dict[str, Seen | None]:
    """Every booking that anybody was ever told of, as it stands now."""
    turns = asyncio.Semaphore(ASKED_TOGETHER)

    async def ask(booking: str) -> tuple[str, Seen | None]:
        async with turns:
            promised = installation.accepted.get(booking)
            headers = customer.shown(promised) if promised else {}
            answer = await customer.http.get(f"/v1/bookings/{booking}", headers=headers, timeout=30)
        return booking, Seen.of(answer.json()) if answer.status_code == 200 else None

    told = {one.seen.id for one in history if one.seen} | {one.refused for one in history if one.refused}
    return dict(await asyncio.gather(*map(ask, sorted(told | installation.accepted.keys()))))


def _endings(seen: Evidence, taken_up: set[str]) -> Counter[str]:
    return Counter(
        " ".join(filter(None, (row.status, row.reason, "taken up again" if row.id in taken_up else "")))
        for row in seen.of(bookings)
    )
