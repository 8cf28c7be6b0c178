"""The saga engine with one of its rules taken out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from shared.events.message import Command, Event
from shared.saga.advance import _Engine
from shared.saga.definition import Step
from shared.saga.plan import Plan
from shared.saga.state import StepState, StepStatus, key_of
from tests.simulation.guards.sagas import epoch_ignored, undo_skipped_on_timeout
from tests.simulation.replacing import replaced

Mutation = Callable[[], AbstractContextManager[None]]


@contextmanager
def late_effect_stands() -> Iterator[None]:
    """An effect that shows itself late is written down and left alone."""

    def only_noted(self: _Engine, step: Step, item: str, epoch: int, event: Event, found: StepState) -> None:
        self.plan.note("late", step.name, item, epoch, detail=event.wire_name)

    with replaced(_Engine, "_late", only_noted):
        yield


@contextmanager
def siblings_stand() -> Iterator[None]:
    """A refusal undoes the steps before it, and not what the same step did for other items."""
    undo_from = _Engine.undo_from

    def without_siblings(self: _Engine, index: int, reason: str, detail: str | None) -> None:
        refused = any(state.status == "refused" for state in self.plan._steps.values())
        undo_from(self, index - 1 if refused else index, reason, detail)

    with replaced(_Engine, "undo_from", without_siblings):
        yield


@contextmanager
def always_a_return() -> Iterator[None]:
    """A refusal turns the saga back wherever it stands."""

    def while_it_runs(self: _Engine, step: Step) -> bool:
        return self.plan.status == "running"

    with replaced(_Engine, "_turns_back_at", while_it_runs):
        yield


@contextmanager
def undone_all_at_once() -> Iterator[None]:
    """Nobody waits for a step to be undone before the one before it is."""
    undone_or_begun = _Engine._undone_or_begun

    def without_waiting(self: _Engine, step: Step, undo: type[Command]) -> bool:
        undone_or_begun(self, step, undo)
        return True

    with replaced(_Engine, "_undone_or_begun", without_waiting):
        yield


@contextmanager
def undone_forwards() -> Iterator[None]:
    """What was done first is undone first."""

    def from_the_first(self: _Engine) -> None:
        plan = self.plan
        for step in self.saga.steps:
            if step.undo is not None and not self._undone_or_begun(step, step.undo):
                return
        plan.status, plan.at = "failed", -1
        plan.tell(self.saga.refused)

    with replaced(_Engine, "_go_back", from_the_first):
        yield


@contextmanager
def completed_early() -> Iterator[None]:
    """The last step's answer is not waited for."""
    settled_or_begun = _Engine._settled_or_begun

    def hasty(self: _Engine, step: Step) -> bool:
        return settled_or_begun(self, step) or step is self.saga.steps[-1]

    with replaced(_Engine, "_settled_or_begun", hasty):
        yield


@contextmanager
def asked_only_twice() -> Iterator[None]:
    """The timer of a command that is sent again is not set again."""
    send = Plan.send

    def without_timer(
        self: Plan,
        step: Step,
        item: str,
        kind: type[Command],
        status: StepStatus,
        *,
        deadline: datetime | None,
    ) -> None:
        send(self, step, item, kind, status, deadline=deadline)
        key = key_of(step.name, item)
        if self._steps[key].attempts > 1:
            del self._timers[key]

    with replaced(Plan, "send", without_timer):
        yield


@contextmanager
def cancellation_forgotten() -> Iterator[None]:
    """A cancellation that has to wait for an answer is not remembered when the answer comes."""

    def never(_: Any) -> bool:
        return False

    with replaced(_Engine, "_honours_a_cancellation", never):
        yield


@contextmanager
def given_up_anywhere() -> Iterator[None]:
    """An operator may give up what can no longer be undone."""

    def always(_: Any) -> bool:
        return True

    with replaced(_Engine, "_no_return_was_refused", always):
        yield


# Each with the promises of which it may be the first to break.
MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "epoch ignored": (epoch_ignored, "waits for changes something|waits for is acted on|stands"),
    "undo skipped on timeout": (undo_skipped_on_timeout, "stands|undone before|given up or over"),
    "late effect not undone": (late_effect_stands, "failed, and .* stands"),
    "siblings not undone on a refusal": (siblings_stand, "stands|a timer for each command"),
    "undone after the point of no return": (always_a_return, "there is no return|stands"),
    "undone all at once": (undone_all_at_once, "undone before|failed while"),
    "undone from the first step on": (undone_forwards, "undone before|given up or over"),
    "completed before the last step": (completed_early, "completed before|given up or over"),
    "timer not set again": (asked_only_twice, "waits for nothing|a timer for each command"),
    "cancellation forgotten": (cancellation_forgotten, "a cancellation that was accepted"),
    "given up after the point of no return": (
        given_up_anywhere,
        "there is no return|stands|a timer for each",
    ),
}
