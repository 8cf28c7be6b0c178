"""What customers of a run want, and what they mean to do about the payment."""

from __future__ import annotations

import random
from typing import Any

from tests.simulation.installed import SHOP

Json = dict[str, Any]

TOO_LATE = ("pays a closed page", "leaves, then pays a closed page", "is declined, then pays a closed page")
PLANS = (
    "pays",
    "pays",
    "pays every page",
    "pays",
    "pays twice",
    "declined, then pays",
    "declined",
    "answers the bank",
    "refuses the bank",
    "leaves",
    "closes the page",
    "cancels",
    "cancels at once",
    "pays and cancels",
    "pays at the last moment",
    "pays late",
    "pays every page",
    "pays a closed page",
    *TOO_LATE,
)
# What everybody of a run may do alike.
FASHIONS = (*PLANS, *TOO_LATE, *TOO_LATE, *TOO_LATE)
PAY_AT_ONCE = ("pays", "pays twice", "pays and cancels", "pays at the last moment", "pays every page")
DAY = "2026-03-03T"
ON_THE_HOUR = ("10:00", "11:00")
STARTS = ("10:00", "10:30", "11:00")
OFFERINGS = ("visit", "visit", "long", "hello", "room", "course", "course", "hurry")


def basket(rng: random.Random) -> list[Json]:
    """One to three items that others want too."""
    offerings = [rng.choice(OFFERINGS) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    return [{"offering": f"{SHOP}.{one}", "start": _start(one, rng)} for one in offerings]


def _start(offering: str, rng: random.Random) -> str:
    # Off the grid is possible too, and refused.
    whole = offering in ("room", "course") and rng.random() < 0.95
    return f"{DAY}{rng.choice(ON_THE_HOUR if whole else STARTS)}:00+00:00"


def wish_of(number: int, items: list[Json], rng: random.Random) -> Json:
    """The body of a booking."""
    wish: Json = {
        "items": items,
        "customer": {"name": f"Customer {number}", "email": f"customer-{number}@example.com"},
    }
    if any(one["offering"] != f"{SHOP}.hello" for one in items):
        wish["payment"] = {"method": rng.choice(("checkout", "card"))}
    return wish
