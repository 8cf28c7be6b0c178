"""A hold: a claim of one item on time, from the moment it is taken until it is given back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.calendar.hours import seconds_of, time_of
from services.calendar.plan import Plan, PlannedResource
from services.calendar.taken import TICK

HoldStatus = Literal["held", "confirmed", "released", "cancelled", "lapsed"]
ACTIVE: tuple[HoldStatus, ...] = ("held", "confirmed")

# A session that shares its resource takes every unit there can ever be.
ALL_UNITS = 1_000_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants which start, for how many, and until when it may be held."""

    item_id: str
    booking_id: str
    saga: str
    offering: str
    start: int
    quantity: int
    expires_at: datetime
    status: HoldStatus = "held"
    claims: int = 1
    released_by: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """What is stored of an item: the time it takes, or took, and who claimed and returned it."""

    id: str
    booking_id: str
    status: HoldStatus
    saga: str
    released_by: str | None
    offering: str | None
    resource: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    blocked_from: datetime | None
    blocked_to: datetime | None
    unit: int | None
    units: int
    quantity: int
    session: str
    seated: bool
    expires_at: datetime | None
    claims: int
    changed_at: datetime

    @property
    def active(self) -> bool:
        """Whether it takes time now."""
        return self.status in ACTIVE

    @property
    def counted(self) -> bool:
        """Whether its people are counted in cells instead of taking units."""
        return self.unit is None

    def given_back_by(self, saga: str) -> bool:
        """Whether this saga's claim on the item is over, whoever may hold it now."""
        return self.released_by == saga


def row_of(claim: Claim, plan: Plan, resource: PlannedResource, now: datetime) -> dict[str, Any]:
    """The row by which a claim takes a resource. It is for the lowest unit; the caller may try others."""
    shared = plan.shares(resource)
    end = claim.start + plan.duration
    start_of_range, end_of_range = claim.start - plan.before, end + plan.after
    if resource.counted:
        start_of_range, end_of_range = start_of_range // TICK * TICK, -(-end_of_range // TICK) * TICK
    return {
        "id": claim.item_id,
        "booking_id": claim.booking_id,
        "status": claim.status,
        "saga": claim.saga,
        "released_by": claim.released_by,
        "offering": plan.offering,
        "resource": resource.id,
        "starts_at": time_of(claim.start),
        "ends_at": time_of(end),
        "blocked_from": time_of(start_of_range),
        "blocked_to": time_of(end_of_range),
        "unit": None if resource.counted else 0,
        "units": ALL_UNITS if shared else claim.quantity,
        "quantity": claim.quantity,
        "session": f"{plan.offering}@{claim.start}" if shared else claim.item_id,
        "seated": plan.seats > 1,
        "expires_at": claim.expires_at,
        "claims": claim.claims,
        "changed_at": now,
    }


def ticks_of(start: datetime, end: datetime) -> list[datetime]:
    """The cells in which the people of a counted hold are present."""
    return [time_of(tick) for tick in range(seconds_of(start), seconds_of(end), TICK)]
