"""What is true outside of a saga: one small truth per step and item, told only by messages."""

from dataclasses import dataclass, field
from typing import Any

from shared.events.message import Command, Event, StepRef
from shared.saga.definition import Saga, Step
from shared.saga.state import key_of
from tests.support.flow import an_event


@dataclass
class Truth:
    """Whether the effect stands, and whether it was undone for good: then no late command brings it back."""

    stands: bool = False
    undone: bool = False


@dataclass
class Participants:
    """Everybody who does a saga's steps. A command that comes twice is handled once, as by an inbox."""

    saga: Saga[Any]
    truths: dict[str, Truth] = field(default_factory=dict)
    handled: set[tuple[str, int]] = field(default_factory=set)

    def of(self, step: str, item: str) -> Truth:
        return self.truths.setdefault(key_of(step, item), Truth())

    def standing(self) -> set[str]:
        return {key for key, truth in self.truths.items() if truth.stands}

    def handle(self, command: Command, *, agrees: bool) -> Event | None:
        """What a participant answers. Whoever has no word for no says nothing."""
        ref = command.ref
        assert ref is not None
        if (key_of(ref.step, ref.item), ref.epoch) in self.handled:
            return None
        self.handled.add((key_of(ref.step, ref.item), ref.epoch))
        step, truth = self.saga.step(ref.step), self.of(ref.step, ref.item)
        if step.undo is not None and type(command) is step.undo:
            truth.stands, truth.undone = False, True
            return _answer(step.undone, ref)
        if not truth.stands:
            truth.stands = agrees and not truth.undone
        return _answer(step.ok if truth.stands else next(iter(step.refusals), None), ref)

    def settle_by_hand(self, step: Step, item: str, *, stands: bool) -> None:
        """A person makes it so, and says so to nobody."""
        truth = self.of(step.name, item)
        truth.stands, truth.undone = stands, not stands


def _answer(kind: type[Event] | None, ref: StepRef) -> Event | None:
    return an_event(kind, ref.item).answering(ref) if kind else None
