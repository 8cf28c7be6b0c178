"""A saga as data: steps, what answers them, what undoes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel

from shared.events.message import Command, Event, StepRef

Data = TypeVar("Data", bound=BaseModel)
Events = type[Event] | tuple[type[Event], ...]


@dataclass(frozen=True, slots=True)
class Call(Generic[Data]):
    """What a command is made from: the saga's data, the step it belongs to, and why it is undone."""

    data: Data
    ref: StepRef
    reason: str = ""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Because:
    """Why a saga gives up, in a stable word and a detail."""

    reason: str
    detail: str | None = None


@dataclass(frozen=True)
class Step:
    """One thing that is done, how it may answer, and how it is undone.

    `each` gives the items it is done for, all at once; `when` leaves it out; `within` is its deadline;
    `again` is how long an answer may take before the command is repeated; `interruptible` means that
    it waits for a person, so that a cancellation need not wait for its answer.
    """

    name: str
    do: type[Command]
    ok: type[Event]
    fails: Events = ()
    undo: type[Command] | None = None
    undone: type[Event] | None = None
    each: Callable[[Any], tuple[str, ...]] | None = None
    when: Callable[[Any], bool] | None = None
    within: timedelta | Callable[[Any], datetime] = timedelta(minutes=5)
    again: timedelta = timedelta(seconds=30)
    patience: timedelta = timedelta(minutes=15)
    interruptible: bool = False
    point_of_no_return: bool = False

    @property
    def refusals(self) -> tuple[type[Event], ...]:
        return self.fails if isinstance(self.fails, tuple) else (self.fails,)

    def items(self, data: Any) -> tuple[str, ...]:
        """The items this step is done for; one empty item when it is done once."""
        return self.each(data) if self.each else ("",)

    def applies(self, data: Any) -> bool:
        return self.when is None or self.when(data)

    def deadline(self, data: Any, now: datetime) -> datetime:
        return now + self.within if isinstance(self.within, timedelta) else self.within(data)


@dataclass(frozen=True)
class Saga(Generic[Data]):
    """A story with an undo: steps in order, the end they lead to, and what follows it."""

    name: str
    version: int
    data: type[Data]
    starts_on: type[Event]
    steps: tuple[Step, ...]
    completed: type[Command]
    refused: type[Command]
    commands: tuple[Callable[[Call[Data]], Command], ...]
    reasons: tuple[Callable[[Any], Because], ...] = ()
    then: tuple[Step, ...] = ()
    _make: dict[type[Command], Callable[[Call[Data]], Command]] = field(default_factory=dict, repr=False)
    _why: dict[type[Event], Callable[[Any], Because]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for function in self.commands:
            self._make[get_type_hints(function)["return"]] = function
        for why in self.reasons:
            hints = get_type_hints(why)
            self._why[next(hint for name, hint in hints.items() if name != "return")] = why
        _check(self)

    @property
    def every_step(self) -> tuple[Step, ...]:
        return (*self.steps, *self.then)

    def step(self, name: str) -> Step:
        return next(step for step in self.every_step if step.name == name)

    def make(self, kind: type[Command], call: Call[Data]) -> Command:
        """The command of this kind, filled from the saga's data."""
        return self._make[kind](call)

    def why(self, refusal: Event) -> Because:
        """What a refusal means to the one who asked."""
        return self._why[type(refusal)](refusal)

    @property
    def turning_point(self) -> int:
        """The index of the step after which nothing is undone; the number of steps if there is none."""
        found = (index for index, step in enumerate(self.steps) if step.point_of_no_return)
        return next(found, len(self.steps))

    def answers(self) -> frozenset[type[Event]]:
        """Every event that may answer one of its steps."""
        return frozenset(_answers(self))

    def described(self) -> dict[str, Any]:
        """The definition as plain data: what its golden file holds."""
        return {
            "name": self.name,
            "version": self.version,
            "starts_on": self.starts_on.wire_name,
            "steps": [_described(step) for step in self.steps],
            "completed": self.completed.wire_name,
            "refused": self.refused.wire_name,
            "then": [_described(step) for step in self.then],
        }

    @property
    def fingerprint(self) -> str:
        """A short hash of the definition."""
        text = json.dumps(self.described(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _answers(saga: Saga[Any]) -> Iterator[type[Event]]:
    for step in saga.every_step:
        yield step.ok
        yield from step.refusals
        if step.undone:
            yield step.undone


def _described(step: Step) -> dict[str, Any]:
    within = step.within
    return {
        "name": step.name,
        "do": step.do.wire_name,
        "ok": step.ok.wire_name,
        "fails": [event.wire_name for event in step.refusals],
        "undo": step.undo.wire_name if step.undo else None,
        "undone": step.undone.wire_name if step.undone else None,
        "each": step.each.__name__ if step.each else None,
        "when": step.when.__name__ if step.when else None,
        "within": within.total_seconds() if isinstance(within, timedelta) else within.__name__,
        "point_of_no_return": step.point_of_no_return,
    }


def _check(saga: Saga[Any]) -> None:
    """Refuse a definition that could leave something half done."""
    wrong = next(_mistakes(saga), None)
    if wrong:
        raise TypeError(f"{saga.name}: {wrong}")


def _mistakes(saga: Saga[Any]) -> Iterator[str]:
    names = [step.name for step in saga.every_step]
    if len(set(names)) != len(names):
        yield "two steps have the same name"
    for step in saga.steps[: saga.turning_point]:
        if step.undo is None or step.undone is None:
            yield f"{step.name!r} comes before the point of no return and has no undo"
    for step in saga.steps[saga.turning_point + 1 :]:
        if step.undo is not None:
            yield f"{step.name!r} comes after the point of no return: nothing undoes it"
    wanted = {kind for step in saga.every_step for kind in (step.do, step.undo) if kind}
    for kind in sorted({*wanted, saga.completed, saga.refused} - saga._make.keys(), key=str):
        yield f"no function makes a {kind.__name__}"
    refusals = {refusal for step in saga.every_step for refusal in step.refusals}
    for refusal in sorted(refusals - saga._why.keys(), key=str):
        yield f"no function says why a {refusal.__name__} ends it"
