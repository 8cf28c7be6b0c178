"""One availability question from the outside, answered in the visitor's time."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from services.calendar.answer import by_day, written
from services.calendar.availability import open_starts
from services.calendar.deps import Deps
from services.calendar.explain import DayReasons, StartReasons
from services.calendar.hours import seconds_of
from services.calendar.plan import Plan
from services.calendar.questions import Found, Questions
from services.calendar.window import Window, window_of, zone_named
from shared.errors import NotFound
from shared.messaging.work import Desk


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came: nothing of it is checked yet."""

    offering: str
    first: str | None
    last: str | None
    timezone: str | None
    quantity: int
    explain: bool


async def availability(asked: Asked, desk: Desk, deps: Deps) -> dict[str, Any]:
    """The free slots, what became of every day, and the next free time when there is none."""
    now = desk.runtime.now()
    zone = zone_named(asked.timezone) if asked.timezone else None
    async with desk.database.reading() as connection:
        plan = await deps.plans.of(connection, asked.offering)
        if plan is None:
            raise NotFound("unknown_offering", f"There is no offering {asked.offering!r}.")
        window = window_of(asked.first, asked.last, zone or _own_zone(plan), desk.runtime)
        questions = Questions(connection, plan, now, now - deps.margin, asked.quantity)
        found = await questions.free(window.since, window.until)
        following = found.starts[0] if found.starts else await questions.next_after(window.until)
    answer = _answer(plan, window, found, seconds_of(now))
    answer["next_available"] = written([following], window.zone)[0] if following is not None else None
    answer["as_of"] = now.isoformat()
    if asked.explain:
        answer["not_offered"] = _not_offered(plan, window, found, seconds_of(now), asked.quantity)
    return answer


def _own_zone(plan: Plan) -> ZoneInfo:
    return plan.resources[0].zone if plan.resources else ZoneInfo("UTC")


def _answer(plan: Plan, window: Window, found: Found, now: int) -> dict[str, Any]:
    starts = written(found.starts, window.zone)
    ends = written([start + plan.duration for start in found.starts], window.zone)
    reasons = DayReasons(plan, window.since, window.until, now)
    days = by_day(found.starts, window.zone, window.first_day, window.last_day, reasons.of)
    return {
        "offering": plan.offering,
        "timezone": window.zone.key,
        "slots": [{"start": start, "end": end} for start, end in zip(starts, ends, strict=True)],
        "days": [
            {"date": day.date, "status": day.status, "reason": day.reason, "count": day.count} for day in days
        ],
    }


def _not_offered(plan: Plan, window: Window, found: Found, now: int, quantity: int) -> list[dict[str, str]]:
    """Every start of the opening hours that is not free, and why."""
    free = set(found.starts)
    reasons = StartReasons(plan, found.taken, window.since, window.until, now, quantity)
    starts = [
        start
        for start in open_starts(plan, window.since, window.until, mind_blocked=False)
        if start not in free
    ]
    explained = []
    for start, text in zip(starts, written(starts, window.zone), strict=True):
        reason = reasons.of(start)
        if reason is not None:
            explained.append({"start": text, "code": reason.code, "reason": reason.sentence})
    return explained
