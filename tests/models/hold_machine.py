"""The calendar's commands in any order, twice and late, from an old and a new saga: as in the model."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from shared.events.calendar import (
    CancelSlot,
    ConfirmRefused,
    ConfirmSlot,
    HoldRefused,
    HoldSlot,
    ReleaseSlot,
    SlotConfirmed,
    SlotHeld,
    SlotReleased,
)
from shared.events.message import Message
from shared.events.values import Resource, Schedule
from tests.models.bench import Bench
from tests.models.hold_model import Life, Shelf, Wish
from tests.support.calendar import every_day, resource, schedule
from tests.support.calendar_service import ref

WORDS: dict[type[Message], str] = {SlotHeld: "held", SlotConfirmed: "confirmed", SlotReleased: "released"}
ITEMS = st.sampled_from([f"it_{number}" for number in range(8)])
SAGAS = st.sampled_from(["sg_1", "sg_2"])
QUARTERS = st.integers(0, 9)
RESOURCES = st.builds(
    resource,
    zone=st.just("UTC"),
    weekly_hours=st.just(every_day("00:00-24:00")),
    capacity=st.sampled_from([1, 1, 3, 4, 25]),
    daily_maximum=st.sampled_from([None, None, None, 2, 3]),
)
OFFERINGS = st.builds(
    lambda **fields: fields,
    duration=st.sampled_from([15, 20, 60]),
    buffer_before=st.sampled_from([0, 10]),
    buffer_after=st.sampled_from([0, 5, 15]),
    capacity=st.sampled_from([1, 1, 2, 6]),
)
COMMANDS = st.one_of(
    st.tuples(
        st.just("hold"),
        ITEMS,
        SAGAS,
        st.tuples(
            st.sampled_from(["a", "b"]), QUARTERS, st.sampled_from([1, 1, 2, 3]), st.sampled_from([5, 60])
        ),
    ),
    st.tuples(st.sampled_from(["confirm", "release", "cancel"]), ITEMS, SAGAS, st.none()),
)
Order = tuple[str, str, str, tuple[str, int, int, int] | None]
Answer = tuple[str, str]
Row = tuple[str, str, str | None, int, datetime | None, int | None, datetime | None]
Rows = dict[str, Row]


class HoldMachine(RuleBasedStateMachine):
    """Two offerings share one resource: a person, a room with units, or a hall where people are counted."""

    bench: Bench

    @initialize(place=RESOURCES, one=OFFERINGS, other=OFFERINGS)
    def opens(self, place: Resource, one: dict[str, int], other: dict[str, int]) -> None:
        schedules: list[Schedule] = [schedule("a", step=15, **one), schedule("b", step=15, **other)]
        begins = self.bench.begin(place, *schedules)
        self.model = Shelf(place, {each.id: each for each in schedules}, begins)
        self.first = begins + timedelta(minutes=30)

    @rule(order=COMMANDS)
    def a_command_comes(self, order: Order) -> None:
        self._is_as_in_the_model(self._command(order), order)

    @rule(order=COMMANDS)
    def a_command_comes_twice(self, order: Order) -> None:
        message = self._command(order)
        for _ in range(2):
            self._is_as_in_the_model(message, order)

    def _is_as_in_the_model(self, message: Message, order: Order) -> None:
        before = {item for item, life in self.model.lives.items() if life.status == "lapsed"}
        expected = self._does(self.model, order)
        said = self.bench.send(message)
        answers, lapsed = heard(said)
        assert answers == [expected], f"{answers} instead of {expected}"
        now = {item for item, life in self.model.lives.items() if life.status == "lapsed"}
        assert lapsed == now - before, "what lapsed on the way is told"
        self._agrees()
        for refused in said:
            if isinstance(refused, HoldRefused):
                self._could_be_had(refused, order)

    @precondition(lambda self: self.bench.is_concurrent)
    @rule(one=COMMANDS, other=COMMANDS)
    def two_commands_come_at_once(self, one: Order, other: Order) -> None:
        """What comes of both is what would have come of one after the other."""
        answers, _ = heard(self.bench.send_at_once(self._command(one), self._command(other)))
        serial = []
        for first, second in ((one, other), (other, one)):
            after = deepcopy(self.model)
            serial.append((sorted([self._does(after, first), self._does(after, second)]), after))
        possible = [after for told, after in serial if told == sorted(answers)]
        assert possible, f"{answers} is neither {serial[0][0]} nor {serial[1][0]}"
        rows = self._rows()
        fitting = [after for after in possible if expected_rows(after) == rows]
        assert fitting, f"{one} and {other}: {rows} is neither {[expected_rows(each) for each in possible]}"
        self.model = fitting[0]
        self._agrees()

    @rule(minutes=st.sampled_from([1, 6, 20, 45]))
    def time_passes(self, minutes: int) -> None:
        self.bench.later(minutes * 60)
        self.model.now += timedelta(minutes=minutes)

    @rule()
    def what_is_due_is_done(self) -> None:
        over = [item for item, life in self.model.lives.items() if self.model.is_over(life)]
        self.model.lapse_what_is_over()
        assert heard(self.bench.work()) == ([], set(over))
        self._agrees()

    def _command(self, order: Order) -> Message:
        kind, item, saga, _ = order
        wish = self._wish(order)
        if wish is not None:
            return hold_slot(wish)
        known = {"confirm": ConfirmSlot, "release": ReleaseSlot, "cancel": CancelSlot}[kind]
        return known(booking_id="bk", item_id=item, ref=ref(saga, step=item))

    def _wish(self, order: Order) -> Wish | None:
        _, item, saga, wanted = order
        if wanted is None:
            return None
        offering, quarter, quantity, minutes = wanted
        start = self.first + timedelta(minutes=15) * quarter
        return Wish(item, saga, offering, start, quantity, self.model.now + timedelta(minutes=minutes))

    def _does(self, model: Shelf, order: Order) -> Answer:
        kind, item, saga, _ = order
        wish = self._wish(order)
        if wish is not None:
            return item, model.hold(wish)
        if kind == "confirm":
            return item, model.confirm(item, saga)
        return item, model.give_back(item, saga, "released" if kind == "release" else "cancelled")

    def _could_be_had(self, refused: HoldRefused, order: Order) -> None:
        """What is named as free instead is free."""
        wish = self._wish(order)
        if wish is None:
            return
        for start in refused.nearest:
            other = replace(wish, item="it_new", saga="sg_new", start=start)
            assert deepcopy(self.model).hold(other) == "held", f"{start} is no alternative"

    def _agrees(self) -> None:
        assert self._rows() == expected_rows(self.model)
        assert self.bench.cells() == self.model.cells()
        held = {item for item, life in self.model.lives.items() if life.status == "held"}
        assert self.bench.waits_to_lapse() == held, "a task for every hold that may lapse, and no other"
        self._nobody_is_in_the_way_of_another()

    def _rows(self) -> Rows:
        return {
            item: (row.status, row.saga, row.released_by, row.claims, row.starts_at, row.unit, row.expires_at)
            for item, row in self.bench.rows().items()
        }

    def _nobody_is_in_the_way_of_another(self) -> None:
        """No more at any time than there is room for: said without units, cells or sessions."""
        active = [row for row in self.bench.rows().values() if row.status in ("held", "confirmed")]
        for moment in {row.blocked_from for row in active}:
            present = [row for row in active if row.blocked_from <= moment < row.blocked_to]
            together = {(row.offering, row.starts_at) for row in present}
            most = self.model.resource.capacity
            if len(together) == 1:
                most = max(most, self.model.schedules[present[0].offering].capacity)
            elif self.model.counted:
                most = max(most, *(each.capacity for each in self.model.schedules.values()))
            assert sum(row.quantity for row in present) <= most, f"too many at {moment}"


def hold_slot(wish: Wish) -> HoldSlot:
    return HoldSlot(
        ref=ref(wish.saga, step=wish.item),
        booking_id="bk",
        item_id=wish.item,
        offering=wish.offering,
        starts_at=wish.start,
        quantity=wish.quantity,
        expires_at=wish.until,
    )


def heard(said: Iterable[Message]) -> tuple[list[Answer], set[str]]:
    """The answers, and the items whose time was given back without a command."""
    answers: list[Answer] = []
    lapsed: set[str] = set()
    for one in said:
        assert isinstance(one, SlotHeld | SlotConfirmed | SlotReleased | HoldRefused | ConfirmRefused)
        if one.ref is None:
            lapsed.add(one.item_id)
        else:
            answers.append((one.item_id, word_of(one)))
    return answers, lapsed


def word_of(answer: Message) -> str:
    if isinstance(answer, HoldRefused) and answer.reason == "not_offered":
        return str(answer.detail)
    return WORDS.get(type(answer), "slot_taken")


def expected_rows(model: Shelf) -> Rows:
    return {item: _row(model, life) for item, life in model.lives.items()}


def _row(model: Shelf, life: Life) -> Row:
    if life.wish is None:
        return life.status, "", life.returned_by, 0, None, None, None
    unit = None if model.counted else life.unit
    wish = life.wish
    return life.status, wish.saga, life.returned_by, life.claims, wish.start, unit, wish.until
