"""What a calendar is: a list of who has which time. Written for reading; the service is held against it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.calendar.hold import HoldStatus
from shared.events.values import Resource, Schedule

MARGIN = timedelta(minutes=10)
TICK = timedelta(minutes=5)
MOST_UNITS = 20
ACTIVE = ("held", "confirmed")


@dataclass(frozen=True)
class Wish:
    """Who wants which start of which offering, for how many, and until when it may be held."""

    item: str
    saga: str
    offering: str
    start: datetime
    quantity: int
    until: datetime


@dataclass(frozen=True)
class Life:
    """What became of an item. One that was given back before it was ever held has no wish."""

    status: HoldStatus
    wish: Wish | None = None
    unit: int | None = None
    returned_by: str | None = None
    claims: int = 0

    @property
    def active(self) -> bool:
        return self.status in ACTIVE


@dataclass
class Shelf:
    """One resource, the offerings that share it, and the life of every item."""

    resource: Resource
    schedules: dict[str, Schedule]
    now: datetime
    lives: dict[str, Life] = field(default_factory=dict)

    # Commands: the answer is `held`, `confirmed`, `released`, or why not.

    def hold(self, wish: Wish) -> str:
        known = self.lives.get(wish.item)
        wish = replace(wish, until=max(wish.until, self.now))
        if known and known.returned_by == wish.saga:
            return "slot_taken"
        if known and known.active:
            if known.status == "held" and known.wish:
                renewed = replace(known.wish, saga=wish.saga, until=wish.until)
                self.lives[wish.item] = replace(known, wish=renewed)
            return "held"
        answer = self._take(wish, "held", known)
        if answer != "held":
            # A refusal is final for its saga.
            self.lives[wish.item] = replace(
                known or Life("released"), status="released", returned_by=wish.saga
            )
        return answer

    def confirm(self, item: str, saga: str) -> str:
        known = self.lives.get(item)
        if known is None or known.returned_by == saga or known.wish is None:
            return "slot_taken"
        if known.active:
            self.lives[item] = replace(known, status="confirmed")
            return "confirmed"
        if known.status == "lapsed" and self._take(known.wish, "confirmed", known) == "confirmed":
            return "confirmed"
        return "slot_taken"

    def give_back(self, item: str, saga: str, status: HoldStatus) -> str:
        known = self.lives.get(item, Life(status))
        if known.returned_by != saga:
            self.lives[item] = replace(known, status=status, returned_by=saga)
        return "released"

    def lapse_what_is_over(self) -> None:
        """What its coordinator never came back for takes no time any more."""
        self._lapse(item for item, life in self.lives.items() if self.is_over(life))

    # Room

    def _take(self, wish: Wish, status: HoldStatus, known: Life | None) -> str:
        reason = self.rule_against(wish)
        if reason:
            return reason
        if self.room(wish) is None:
            over = [(one, life) for one, life in self._active() if self.is_over(life)]
            self._lapse(one for one, life in over if self._meets(life, self._reach(wish)))
        unit = self.room(wish)
        if unit is None:
            return "slot_taken"
        returned_by, claims = (known.returned_by, known.claims) if known else (None, 0)
        self.lives[wish.item] = Life(status, wish, unit, returned_by, claims + 1)
        return status

    def rule_against(self, wish: Wish) -> str | None:
        schedule = self.schedules[wish.offering]
        largest = schedule.capacity if schedule.capacity > 1 else self.resource.capacity
        if wish.start <= self.now:
            return "past"
        if wish.quantity > largest:
            return "too_many"
        most = self.resource.daily_maximum
        that_day = [life.wish for _, life in self._active() if life.wish]
        sessions = {self.session(one) for one in that_day if one.start.date() == wish.start.date()}
        full = most is not None and len(sessions - {self.session(wish)}) >= most
        return "daily_maximum" if full else None

    def room(self, wish: Wish) -> int | None:
        """The first unit from which the wish finds room; 0 where nobody tells units apart."""
        schedule, reach = self.schedules[wish.offering], self._reach(wish)
        seated = [life.wish for _, life in self._active() if life.wish and self._same_start(life.wish, wish)]
        if schedule.capacity > 1 and sum(one.quantity for one in seated) + wish.quantity > schedule.capacity:
            return None
        others = [life for _, life in self._active() if self._meets(life, reach)]
        if self.counted:
            return 0 if self._fits_in(others, reach, wish) else None
        used = {
            unit
            for life in others
            if life.wish and self.session(life.wish) != self.session(wish)
            for unit in self.units(life.wish, life.unit or 0)
        }
        last = 0 if self.shares(wish) else self.resource.capacity - wish.quantity
        return next((unit for unit in range(last + 1) if not used & set(self.units(wish, unit))), None)

    def _fits_in(self, others: list[Life], reach: tuple[datetime, datetime], wish: Wish) -> bool:
        """Where people are counted: in no five minutes are there more than there is room for."""
        present = Counter[datetime]()
        for life in others:
            present.update(
                {tick: life.wish.quantity for tick in ticks(self._reach(life.wish))} if life.wish else {}
            )
        most = max(self.resource.capacity, self.schedules[wish.offering].capacity)
        return all(present[tick] + wish.quantity <= most for tick in ticks(reach))

    @property
    def counted(self) -> bool:
        return self.resource.capacity > MOST_UNITS

    def shares(self, wish: Wish) -> bool:
        """Whether everybody at one start has the whole resource together."""
        return self.schedules[wish.offering].capacity > self.resource.capacity and not self.counted

    def session(self, wish: Wish) -> str:
        return f"{wish.offering} {wish.start}" if self.shares(wish) else wish.item

    def units(self, wish: Wish, first: int) -> range:
        return range(self.resource.capacity) if self.shares(wish) else range(first, first + wish.quantity)

    def _reach(self, wish: Wish) -> tuple[datetime, datetime]:
        schedule = self.schedules[wish.offering]
        before, after = timedelta(minutes=schedule.buffer_before), timedelta(minutes=schedule.buffer_after)
        start, end = wish.start - before, wish.start + timedelta(minutes=schedule.duration) + after
        return (floor(start), ceiling(end)) if self.counted else (start, end)

    # What is taken

    def _active(self) -> list[tuple[str, Life]]:
        return [(item, life) for item, life in self.lives.items() if life.active]

    def is_over(self, life: Life) -> bool:
        return life.status == "held" and life.wish is not None and life.wish.until + MARGIN <= self.now

    def _meets(self, life: Life, reach: tuple[datetime, datetime]) -> bool:
        if life.wish is None:
            return False
        start, end = self._reach(life.wish)
        return start < reach[1] and reach[0] < end

    def _same_start(self, one: Wish, other: Wish) -> bool:
        return (one.offering, one.start) == (other.offering, other.start)

    def _lapse(self, items: Iterable[str]) -> None:
        for item in list(items):
            self.lives[item] = replace(self.lives[item], status="lapsed")

    def cells(self) -> dict[tuple[str, datetime], int]:
        """How many seats of each start, and how many people in each five minutes, are counted."""
        counted = Counter[tuple[str, datetime]]()
        for _, life in self._active():
            if life.wish and self.schedules[life.wish.offering].capacity > 1:
                counted[life.wish.offering, life.wish.start] += life.wish.quantity
            if life.wish and self.counted:
                counted.update({("", tick): life.wish.quantity for tick in ticks(self._reach(life.wish))})
        return dict(counted)


def floor(moment: datetime) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() // 300 * 300, UTC)


def ceiling(moment: datetime) -> datetime:
    return datetime.fromtimestamp(-(-moment.timestamp() // 300) * 300, UTC)


def ticks(span: tuple[datetime, datetime]) -> list[datetime]:
    """Every five minutes from the first instant to the last."""
    return [span[0] + TICK * number for number in range((span[1] - span[0]) // TICK)]
