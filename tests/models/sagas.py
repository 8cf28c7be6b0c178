"""Sagas of any shape: how many steps, for how many items, which apply, and after which nothing is undone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from services.booking.sagas import SAGAS
from shared.events.message import Command, Event
from shared.saga.definition import Because, Call, Saga, Step
from tests.support.flow import TEN_DOLLARS, a_book


class Do(Command): ...


class Undo(Command): ...


class Tell(Command): ...


class TellRefusal(Command): ...


class Done(Event): ...


class Undone(Event): ...


class Refused(Event): ...


class Nothing(BaseModel):
    """Made sagas know nothing: their shape is all there is to them."""


def do(call: Call[Nothing]) -> Do:
    return Do(ref=call.ref)


def undo(call: Call[Nothing]) -> Undo:
    return Undo(ref=call.ref)


def tell(call: Call[Nothing]) -> Tell:
    return Tell(ref=call.ref)


def tell_refusal(call: Call[Nothing]) -> TellRefusal:
    return TellRefusal(ref=call.ref)


def no(_: Refused) -> Because:
    return Because("refused")


@dataclass(frozen=True)
class Shape:
    """What is particular about one step."""

    items: int
    applies: bool
    refuses: bool
    interruptible: bool
    minutes: int

    def step(self, name: str, *, undoable: bool, last_chance: bool = False) -> Step:
        return Step(
            name,
            do=Do,
            ok=Done,
            fails=Refused if self.refuses else (),
            undo=Undo if undoable else None,
            undone=Undone if undoable else None,
            each=_items(self.items) if self.items else None,
            when=None if self.applies else _never,
            within=timedelta(minutes=self.minutes),
            interruptible=self.interruptible,
            point_of_no_return=last_chance,
        )


def _items(count: int) -> Callable[[Any], tuple[str, ...]]:
    names = tuple(f"it_{number}" for number in range(count))
    return lambda _: names


def _never(_: Any) -> bool:
    return False


SHAPES = st.builds(
    Shape,
    items=st.sampled_from([0, 1, 2, 2]),
    applies=st.sampled_from([True, True, True, False]),
    refuses=st.sampled_from([True, True, False]),
    interruptible=st.booleans(),
    minutes=st.sampled_from([1, 5, 30]),
)


def made(before: list[Shape], turn: Shape | None, after: list[Shape], then: list[Shape]) -> Saga[Nothing]:
    """A saga with its steps before the point of no return, that step, those after it, and what follows."""
    steps = [shape.step(f"before {number}", undoable=True) for number, shape in enumerate(before)]
    if turn is not None:
        steps.append(turn.step("no return", undoable=False, last_chance=True))
        steps += [shape.step(f"after {number}", undoable=False) for number, shape in enumerate(after)]
    return Saga(
        "made",
        version=1,
        data=Nothing,
        starts_on=Event,
        steps=tuple(steps),
        completed=Tell,
        refused=TellRefusal,
        commands=(do, undo, tell, tell_refusal),
        reasons=(no,),
        then=tuple(shape.step(f"then {number}", undoable=False) for number, shape in enumerate(then)),
    )


Story = tuple[Saga[Any], BaseModel]

MADE: st.SearchStrategy[Story] = st.builds(
    made,
    st.lists(SHAPES, min_size=1, max_size=3),
    st.none() | SHAPES,
    st.lists(SHAPES, max_size=2),
    st.lists(SHAPES, max_size=2),
).map(lambda saga: (saga, Nothing()))

REAL: st.SearchStrategy[Story] = st.tuples(
    st.sampled_from(SAGAS),
    st.builds(a_book, items=st.integers(1, 2), due=st.sampled_from([TEN_DOLLARS, None])),
)

STORIES = st.one_of(MADE, MADE, REAL)
