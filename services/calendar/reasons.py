"""The reasons why something is not offered: a stable code, and one plain sentence."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from services.calendar.hours import DAY, Blocked
from services.calendar.plan import MINUTE, Plan

Code = Literal[
    "taken",
    "daily_maximum",
    "too_many",
    "off_grid",
    "too_soon",
    "too_far",
    "blocked",
    "closed",
    "past",
]

# Of several resources the one that came closest to offering the start explains best.
_CLOSEST_FIRST: tuple[Code, ...] = (
    "taken",
    "daily_maximum",
    "too_many",
    "too_soon",
    "too_far",
    "past",
    "off_grid",
    "blocked",
    "closed",
)


class Reason(NamedTuple):
    """Why something is not offered."""

    code: Code
    sentence: str


CLOSED = Reason("closed", "There are no opening hours at this time.")
NOT_TODAY = Reason("closed", "Closed on this day.")
PAST = Reason("past", "This time has passed.")
DAY_PAST = Reason("past", "This day has passed.")
TAKEN = Reason("taken", "This time is already taken.")
FULLY_BOOKED = Reason("taken", "Everything on this day is taken.")
DAY_IS_FULL = Reason("daily_maximum", "No more bookings are accepted on this day.")


def closest(reasons: Iterable[Reason]) -> Reason:
    """The reason of the resource that came closest to offering a start."""
    return min(reasons, key=lambda one: _CLOSEST_FIRST.index(one.code), default=CLOSED)


def too_soon(plan: Plan) -> Reason:
    """The start is within the notice that the offering needs."""
    return Reason("too_soon", f"This must be booked at least {duration_in_words(plan.notice)} ahead.")


def too_far(plan: Plan) -> Reason:
    """The start is beyond the offering's horizon."""
    return Reason("too_far", f"This can be booked at most {plan.horizon_days} days ahead.")


def off_grid(plan: Plan) -> Reason:
    """The resource is open then, but no step of the grid falls on the start."""
    return Reason("off_grid", f"Times are {plan.step // MINUTE} minutes apart, from the opening on.")


def too_many(largest: int) -> Reason:
    """The party is larger than what can be booked together."""
    return Reason("too_many", f"At most {largest} can be booked together.")


def blocked(span: Blocked | None) -> Reason:
    """The start touches a blocked date."""
    because = f": {span.reason}" if span and span.reason else ""
    return Reason("blocked", f"Not available on this day{because}.")


def duration_in_words(seconds: int) -> str:
    """`2 days`, `24 hours`, `90 minutes`: the largest unit that fits without a rest."""
    for size, word in ((DAY, "day"), (60 * MINUTE, "hour"), (MINUTE, "minute")):
        count, rest = divmod(seconds, size)
        if rest == 0 and (count > 1 or word != "day"):
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return f"{seconds} seconds"
