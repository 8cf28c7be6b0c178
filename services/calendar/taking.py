"""Taking time: which resource, which unit, and what to answer when there is none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.calendar import cells, repository
from services.calendar.hold import Claim, Hold, row_of, ticks_of
from services.calendar.hours import day_at, midnight, seconds_of, time_of
from services.calendar.plan import Plan, PlannedResource
from services.calendar.reasons import DAY_IS_FULL, Reason, closest
from services.calendar.rules import rules_against


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a claim: the row that took the time, or why there is none, and what lapsed on the way."""

    row: Mapping[str, Any] | None = None
    reason: Reason | None = None
    lapsed: tuple[Hold, ...] = ()


class Taking:
    """One attempt to take time for a claim, within one transaction."""

    def __init__(self, connection: AsyncConnection, plan: Plan, now: datetime, stale: datetime) -> None:
        self._connection = connection
        self._plan = plan
        self._now = now
        self._stale = stale

    async def take(self, claim: Claim, *, again: bool) -> Outcome:
        """Take the time on the first resource that has it. `again` when the item was claimed before."""
        offering, reasons = await self._offering(claim, promised=again)
        if not offering:
            return Outcome(reason=closest(reasons))
        row = await self._first(offering, claim, again)
        if row is not None:
            return Outcome(row)
        lapsed = await self._let_lapse(offering, claim)
        row = await self._first(offering, claim, again) if lapsed else None
        return Outcome(row, lapsed=tuple(lapsed))

    async def _offering(self, claim: Claim, *, promised: bool) -> tuple[list[PlannedResource], list[Reason]]:
        """The resources whose rules allow the start, and what the others' rules say."""
        offering, reasons = [], []
        for resource in self._plan.resources:
            reason = self._rules(resource, claim, promised) or await self._daily_maximum(resource, claim)
            if reason is None:
                offering.append(resource)
            else:
                reasons.append(reason)
        return offering, reasons

    def _rules(self, resource: PlannedResource, claim: Claim, promised: bool) -> Reason | None:
        now = seconds_of(self._now)
        return rules_against(self._plan, resource, claim.start, now, claim.quantity, promised=promised)

    async def _daily_maximum(self, resource: PlannedResource, claim: Claim) -> Reason | None:
        if resource.daily_maximum is None:
            return None
        day = day_at(resource.zone, claim.start)
        sessions = await repository.sessions_between(
            self._connection,
            resource.id,
            time_of(midnight(resource.zone, day)),
            time_of(midnight(resource.zone, day + 1)),
            besides=row_of(claim, self._plan, resource, self._now)["session"],
        )
        return DAY_IS_FULL if sessions >= resource.daily_maximum else None

    async def _first(
        self, offering: Iterable[PlannedResource], claim: Claim, again: bool
    ) -> Mapping[str, Any] | None:
        for resource in offering:
            row = row_of(claim, self._plan, resource, self._now)
            if not (again or resource.counted or row["seated"]):
                found = await self._insert(resource, row)
            else:
                found = await self._whole(resource, row, again)
            if found is not None:
                return found
        return None

    async def _whole(
        self, resource: PlannedResource, row: dict[str, Any], again: bool
    ) -> Mapping[str, Any] | None:
        """Take a row and the cells it counts in, or nothing of them."""
        async with self._connection.begin_nested() as savepoint:
            if again:
                await repository.forget_inactive(self._connection, row)
            found = await self._insert(resource, row) if await self._count(resource, row) else None
            if found is None:
                await savepoint.rollback()
        return found

    async def _count(self, resource: PlannedResource, row: Mapping[str, Any]) -> bool:
        """Count the claim into its cells: who is present, and the seats of the start."""
        quantity = row["quantity"]
        if resource.counted:
            ticks = ticks_of(row["blocked_from"], row["blocked_to"])
            most = self._plan.capacity(resource)
            if not await cells.claim(self._connection, resource.id, cells.PRESENT, ticks, quantity, most):
                return False
        if not row["seated"]:
            return True
        start = [row["starts_at"]]
        return await cells.claim(
            self._connection, resource.id, self._plan.offering, start, quantity, self._plan.seats
        )

    async def _insert(self, resource: PlannedResource, row: dict[str, Any]) -> Mapping[str, Any] | None:
        for unit in await self._units(resource, row):
            candidate = {**row, "unit": unit}
            if await repository.insert_if_free(self._connection, candidate):
                return candidate
        return None

    async def _units(self, resource: PlannedResource, row: Mapping[str, Any]) -> list[int | None]:
        """The units to try, from the lowest. Where there is only one choice nobody needs to look first."""
        if resource.counted:
            return [None]
        if resource.capacity == 1 or self._plan.shares(resource):
            return [0]
        used = await repository.used_units(self._connection, row)
        return [
            first
            for first in range(resource.capacity - row["units"] + 1)
            if all(first + row["units"] <= units.start or first >= units.stop for units in used)
        ]

    async def _let_lapse(self, offering: Iterable[PlannedResource], claim: Claim) -> list[Hold]:
        lapsed: list[Hold] = []
        for resource in offering:
            row = row_of(claim, self._plan, resource, self._now)
            for hold in await repository.lapse(self._connection, [resource.id], row, self._stale, self._now):
                await cells.give_back(self._connection, hold)
                lapsed.append(hold)
        return lapsed


def reclaim(hold: Hold, now: datetime) -> Claim | None:
    """The claim by which a lapsed hold is taken anew as an allocation."""
    if hold.offering is None or hold.starts_at is None:
        return None
    return Claim(
        item_id=hold.id,
        booking_id=hold.booking_id,
        saga=hold.saga,
        offering=hold.offering,
        start=seconds_of(hold.starts_at),
        quantity=hold.quantity,
        expires_at=hold.expires_at or now,
        status="confirmed",
        claims=hold.claims + 1,
        released_by=hold.released_by,
    )
