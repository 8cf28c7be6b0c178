"""What clients asked and were answered, and whether it fits together with what is true in the end."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
OVER = ("confirmed", "failed")


@dataclass(frozen=True)
class Seen:
    """A booking as an answer showed it."""

    id: str
    reference: str
    items: tuple[tuple[str, str, str], ...]
    status: str
    reason: str | None = None

    @classmethod
    def of(cls, booking: Json) -> "Seen":
        """The booking of an answer's body."""
        items = tuple((item["id"], item["offering"], item["start"]) for item in booking["items"])
        return cls(booking["id"], booking["reference"], items, booking["status"], booking.get("reason"))


@dataclass(frozen=True)
class Exchange:
    """One request and what came of it; times are seconds since the run began."""

    began: float
    ended: float
    method: str
    path: str
    key: str = ""
    status: int | None = None
    # Why there was no answer, or the code of a refusal.
    said: str = ""
    seen: Seen | None = None
    # The booking that a refusal names: it was made, and the time was gone.
    refused: str = ""

    @property
    def accepted(self) -> bool:
        """Whether a booking was promised by this answer."""
        return self.method == "POST" and self.path == "/v1/bookings" and self.status in (201, 202)


def contradictions(
    history: Sequence[Exchange], truth: Mapping[str, Seen | None], taken_up: Set[str]
) -> Iterator[str]:
    """Everything that clients were told and that is not so; `truth` is every booking as it stands in the end.

    A booking that was told as failed may stand only when late money took it up again.
    """
    yield from _keys(history)
    yield from _references(truth)
    told: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in sorted(history, key=lambda one: one.ended):
        if exchange.seen is not None:
            told[exchange.seen.id].append(exchange)
    for booking, answers in told.items():
        yield from _as_promised(booking, answers, truth.get(booking))
        yield from _as_told(booking, answers, truth.get(booking), booking in taken_up)
    yield from _never_unknown(history, told)
    yield from _refused(history, truth)


def _keys(history: Sequence[Exchange]) -> Iterator[str]:
    """A key stands for one booking, and a booking for one key."""
    bookings: defaultdict[str, set[str]] = defaultdict(set)
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for one in history:
        booking = one.refused or (one.seen.id if one.seen and one.accepted else "")
        if one.key and booking:
            bookings[one.key].add(booking)
            keys[booking].add(one.key)
    for key, several in bookings.items():
        if len(several) > 1:
            yield f"the key {key} was answered with several bookings: {', '.join(sorted(several))}"
    for booking, several in keys.items():
        if len(several) > 1:
            yield f"{booking} was the answer to several keys: {', '.join(sorted(several))}"


def _references(truth: Mapping[str, Seen | None]) -> Iterator[str]:
    known: dict[str, str] = {}
    for booking, stands in truth.items():
        if stands is None:
            continue
        first = known.setdefault(stands.reference, booking)
        if first != booking:
            yield f"{first} and {booking} have the same reference {stands.reference}"


def _as_promised(booking: str, answers: list[Exchange], stands: Seen | None) -> Iterator[str]:
    """What was accepted exists, as what it was accepted as."""
    if stands is None:
        yield f"{booking} was promised and is unknown"
        return
    if stands.status not in (*OVER, "awaiting_payment"):
        yield f"{booking} stays {stands.status}"
    for seen in {(one.seen.reference, one.seen.items) for one in answers if one.seen}:
        if seen != (stands.reference, stands.items):
            yield f"{booking} was promised as {seen}, and is {(stands.reference, stands.items)}"


def _as_told(booking: str, answers: list[Exchange], stands: Seen | None, taken_up: bool) -> Iterator[str]:
    """What was told as confirmed stays so, and what was told as failed too, unless it was taken up again."""
    ended = ""
    last = [stands] if stands else []
    for seen in [*(one.seen for one in answers if one.seen), *last]:
        if ended == "confirmed" and seen.status != "confirmed":
            yield f"{booking} was told as confirmed, and is {seen.status} later"
            return
        if ended == "failed" and seen.status != "failed" and not taken_up:
            yield f"{booking} was told as failed, and is {seen.status} later"
            return
        ended = seen.status if seen.status in OVER else ended


def _never_unknown(history: Sequence[Exchange], told: Mapping[str, list[Exchange]]) -> Iterator[str]:
    """From its first answer on, nobody says that there is no such booking."""
    for one in history:
        booking = one.path.removeprefix("/v1/bookings/").partition("/")[0]
        if one.status == 404 and booking in told and told[booking][0].ended < one.began:
            yield f"{one.method} {one.path} was answered 404 after the booking had been promised"


def _refused(history: Sequence[Exchange], truth: Mapping[str, Seen | None]) -> Iterator[str]:
    """Who was told that the time is gone has no booking that stands."""
    for booking in sorted({one.refused for one in history if one.refused}):
        stands = truth.get(booking)
        if stands is not None and stands.status == "confirmed":
            yield f"{booking} was refused, and is confirmed"
