"""The sweep against a slow and plain reading of the same rules."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import portion  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calendar.availability import free_starts
from services.calendar.explain import StartReasons
from services.calendar.hours import seconds_of
from services.calendar.plan import Plan
from services.calendar.taken import Taken
from shared.events.values import DateSpan, OpenHours, Resource
from tests.support.calendar import plan, resource, taken

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
# Each holds a change of the clocks in one of the zones.
FIRST_DAYS = [date(2026, 3, 7), date(2026, 3, 27), date(2026, 4, 3), date(2026, 10, 2), date(2026, 10, 23)]
ITEM = "consulting.ada"


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@st.composite
def open_hours(draw: st.DrawFn) -> tuple[OpenHours, ...]:
    """Up to three windows a day between four in the morning and midnight; they may touch or overlap."""
    found = []
    for weekday in range(7):
        for _ in range(draw(st.integers(0, 3))):
            opens = draw(st.integers(16, 90)) * 15
            closes = draw(st.integers(opens // 15 + 1, 96)) * 15
            found.append(OpenHours(weekday=weekday, opens=clock(opens), closes=clock(closes)))
    return tuple(found)


@st.composite
def questions(draw: st.DrawFn, /, **fields: Any) -> tuple[Resource, Plan, int, int, int]:
    """A resource, an offering on it, a window of five days, and when it is asked."""
    first = draw(st.sampled_from(FIRST_DAYS))
    blocked = first + timedelta(days=draw(st.integers(-1, 5)))
    one = resource(
        ITEM,
        zone=draw(st.sampled_from(ZONES)),
        weekly_hours=draw(open_hours()),
        blocked=(DateSpan(first=blocked.isoformat(), last=blocked.isoformat()),),
        **{key: value for key, value in fields.items() if key == "capacity"},
    )
    offering = plan(
        one,
        duration=draw(st.sampled_from([15, 30, 50, 60, 90, 240])),
        step=draw(st.sampled_from([5, 15, 20, 60])),
        buffer_before=draw(st.sampled_from([0, 5, 15])),
        buffer_after=draw(st.sampled_from([0, 10, 30])),
        minimum_notice=draw(st.sampled_from([0, 90, 24 * 60])),
        horizon_days=draw(st.sampled_from([1, 3, 60])),
        **({"capacity": fields["seats"]} if "seats" in fields else {}),
    )
    since = seconds_of(datetime.combine(first, time(), UTC)) + draw(st.integers(-12, 12)) * 3600
    now = since + draw(st.integers(-48, 48)) * 1800
    return one, offering, since, since + 5 * 86_400, now


def starts_of_holds(since: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(-12, 5 * 96).map(lambda quarter: since + quarter * 900), max_size=12)


def local_days(
    one: Resource, since: int, until: int
) -> Iterator[tuple[date, list[tuple[datetime, datetime]]]]:
    """Every date around the window with its windows in naive local time."""
    day = datetime.fromtimestamp(since, UTC).date() - timedelta(days=2)
    while day <= datetime.fromtimestamp(until, UTC).date() + timedelta(days=2):
        midnight = datetime.combine(day, time())
        yield (
            day,
            [
                (midnight + _written(hours.opens), midnight + _written(hours.closes))
                for hours in one.weekly_hours
                if hours.weekday == day.weekday()
            ],
        )
        day += timedelta(days=1)


def _written(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def instant(naive: datetime, zone: ZoneInfo) -> int:
    return seconds_of(naive.replace(tzinfo=zone))


def plainly(one: Resource, offering: Plan, holds: list[Taken], since: int, until: int, now: int) -> list[int]:
    """The free starts by interval algebra, one candidate at a time."""
    zone = ZoneInfo(one.timezone)
    days = list(local_days(one, since, until))
    opening, busy = portion.empty(), portion.empty()
    for _, found in days:
        for opens, closes in found:
            opening |= portion.closedopen(instant(opens, zone), instant(closes, zone))
    for hold in holds:
        busy |= portion.closedopen(hold.start, hold.end)
    blocked = date.fromisoformat(one.blocked[0].first)
    whole = datetime.combine(blocked, time())
    opening -= portion.closedopen(instant(whole, zone), instant(whole + timedelta(days=1), zone))
    last = datetime.fromtimestamp(now, zone).date() + timedelta(days=offering.horizon_days)
    starts = set()
    for _, found in days:
        for opens, closes in found:
            for step in range((closes - opens) // timedelta(seconds=offering.step) + 1):
                start = instant(opens + step * timedelta(seconds=offering.step), zone)
                session = portion.closedopen(start, start + offering.duration)
                kept = portion.closedopen(start - offering.before, start + offering.duration + offering.after)
                early = start < now + offering.notice or start <= now
                late = datetime.fromtimestamp(start, zone).date() > last
                outside = (
                    not since <= start < until or opens + step * timedelta(seconds=offering.step) >= closes
                )
                if not (early or late or outside) and session in opening and (kept & busy).empty:
                    starts.add(start)
    return sorted(starts)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_sweep_offers_exactly_what_interval_algebra_offers(data: st.DataObject) -> None:
    one, offering, since, until, now = data.draw(questions())
    holds = [taken(start, offering) for start in data.draw(starts_of_holds(since))]
    swept = free_starts(offering, {ITEM: holds}, since, until, now)
    assert swept == plainly(one, offering, holds, since, until, now)


def room_for(offering: Plan, holds: list[Taken], start: int, quantity: int) -> bool:
    """Whether a start finds room, looking at every hold and every minute."""
    one = offering.resources[0]
    begins, ends = start - offering.before, start + offering.duration + offering.after
    touching = [hold for hold in holds if hold.start < ends and hold.end > begins]
    together = [hold for hold in holds if hold.starts_at == start]
    if offering.seats > 1 and sum(hold.quantity for hold in together) + quantity > offering.seats:
        return False
    if one.counted:
        tick = range(begins // 300 * 300, ends, 300)
        present = [
            sum(hold.quantity for hold in touching if hold.start < at + 300 and hold.end > at) for at in tick
        ]
        return max(present) + quantity <= offering.capacity(one)
    if offering.shares(one):
        return all(hold in together for hold in touching)
    used = {unit for hold in touching for unit in range(hold.unit or 0, (hold.unit or 0) + hold.units)}
    return any(
        used.isdisjoint(range(first, first + quantity)) for first in range(one.capacity - quantity + 1)
    )


@settings(max_examples=150, deadline=None)
@given(
    st.data(),
    st.sampled_from([(1, 1), (2, 1), (4, 1), (1, 3), (4, 2), (30, 1), (30, 4), (30, 50)]),
    st.integers(1, 3),
)
def test_capacities_are_kept_for_every_kind_of_resource(
    data: st.DataObject, sizes: tuple[int, int], quantity: int
) -> None:
    capacity, seats = sizes
    _, offering, since, until, now = data.draw(questions(capacity=capacity, seats=seats))
    holds: list[Taken] = []
    for start in data.draw(starts_of_holds(since)):
        hold = a_hold(data, offering, start, capacity)
        if not offering.shares(offering.resources[0]) or all(apart(hold, other) for other in holds):
            holds.append(hold)
    swept = set(free_starts(offering, {ITEM: holds}, since, until, now, quantity))
    empty = free_starts(offering, {}, since, until, now, quantity)
    assert swept == {start for start in empty if room_for(offering, holds, start, quantity)}


def apart(one: Taken, other: Taken) -> bool:
    """Two sessions that share a whole resource never overlap."""
    return one.starts_at == other.starts_at or one.end <= other.start or other.end <= one.start


def a_hold(data: st.DataObject, offering: Plan, start: int, capacity: int) -> Taken:
    one = offering.resources[0]
    if one.counted:
        return taken(start, offering, unit=None, units=data.draw(st.integers(1, 20)))
    if offering.shares(one):
        return taken(start, offering, units=1000, quantity=1, session=f"class@{start}")
    unit = data.draw(st.integers(0, capacity - 1))
    return taken(start, offering, unit=unit, units=data.draw(st.integers(1, capacity - unit)))


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from([None, 1, 2]))
def test_a_start_is_explained_exactly_when_it_is_not_offered(data: st.DataObject, most: int | None) -> None:
    one, _, since, until, now = data.draw(questions())
    offering = plan(one.model_copy(update={"daily_maximum": most}), step=30, minimum_notice=60)
    holds = {ITEM: [taken(start, offering) for start in data.draw(starts_of_holds(since))]}
    offered = set(free_starts(offering, holds, since, until, now))
    asked = {since + quarter * 900 for quarter in data.draw(st.sets(st.integers(0, 479), max_size=40))}
    reasons = StartReasons(offering, holds, since, until, now)
    for start in asked | offered:
        alone = StartReasons(offering, holds, start, start + 1, now)
        assert (reasons.of(start) is None) == (start in offered)
        assert reasons.of(start) == alone.of(start)
