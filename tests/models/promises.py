"""What every single decision of a saga keeps to, whatever happened."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.events.message import Command
from shared.saga.definition import Saga, Step
from shared.saga.state import Answered, Decision, Input, SagaState, StepState, Timer, TimeUp, key_of

NEXT = {
    "running": {"running", "undoing", "failed", "following", "done"},
    "undoing": {"undoing", "failed"},
    "following": {"following", "done"},
    "done": {"done"},
    "failed": {"failed"},
}
WAITING = ("sent", "undoing")
GONE = ("undone", "refused")


@dataclass
class Keeper:
    """Everything that a saga said so far, and the promises that it is held to."""

    saga: Saga[Any]
    data: Any
    sent: set[tuple[str, int]] = field(default_factory=set)
    told: list[type[Command]] = field(default_factory=list)
    timers: dict[str, Timer] = field(default_factory=dict)
    old_timers: list[Timer] = field(default_factory=list)
    # What came about after it was gone: it is undone beside everything else, in no order.
    late: set[str] = field(default_factory=set)
    cancelled: bool = False

    def check(self, before: SagaState, happened: Input, decision: Decision, now: datetime) -> None:
        """Hold one decision against every promise, and remember what it said."""
        self._orders_time(decision, now)
        self._moves_on(before, decision)
        for command in decision.commands:
            if type(command) in (self.saga.completed, self.saga.refused):
                self._tells(before, decision.state, command)
            else:
                self._sends(before, decision.state, command)
        self._heeds_only_what_it_waits_for(before, happened, decision)
        self._calls_a_person_in_time(before, happened, decision.state, now)
        self._waits_for_somebody(decision.state)
        self.cancelled |= any(entry.what == "cancellation requested" for entry in decision.entries)

    def _orders_time(self, decision: Decision, now: datetime) -> None:
        keys = [key_of(timer.step, timer.item) for timer in decision.timers]
        assert len(keys) == len(set(keys)), "two timers for one step and item"
        for key, timer in zip(keys, decision.timers, strict=True):
            self.timers.pop(key, None)
            if timer.due_at is not None:
                assert timer.due_at > now, "a timer for a time that is over"
                self.timers[key] = timer
                self.old_timers.append(timer)
        waiting = {key: one.epoch for key, one in decision.state.steps.items() if one.status in WAITING}
        armed = {key: timer.epoch for key, timer in self.timers.items()}
        assert armed == waiting, "a timer for each command without an answer, and no other"

    def _moves_on(self, before: SagaState, decision: Decision) -> None:
        after = decision.state
        assert after.status in NEXT[before.status], f"{before.status} became {after.status}"
        for key, known in before.steps.items():
            assert after.steps[key].epoch >= known.epoch, "an epoch falls"

    def _tells(self, before: SagaState, after: SagaState, command: Command) -> None:
        self.told.append(type(command))
        assert len(self.told) == 1, "the end is told once"
        if type(command) is self.saga.completed:
            assert not self.cancelled, "a cancellation that was accepted ends in no booking"
            assert after.status in ("following", "done")
            undone = [
                key for key, one in self._states(after, self.saga.steps) if not one or one.status != "ok"
            ]
            assert not undone, f"completed before {undone}"
        else:
            assert after.status == "failed"
            left = {
                key for key, one in self._states(after, self.saga.steps) if one and one.status not in GONE
            }
            assert left <= self.late, f"failed while {left} stands"

    def _sends(self, before: SagaState, after: SagaState, command: Command) -> None:
        ref = command.ref
        assert ref is not None
        key, step, known = key_of(ref.step, ref.item), self.saga.step(ref.step), before.of(ref.step, ref.item)
        assert (key, ref.epoch) not in self.sent, "a command twice under one epoch"
        self.sent.add((key, ref.epoch))
        assert ref.epoch == after.steps[key].epoch == (known.epoch + 1 if known else 1), "epochs rise by one"
        if type(command) is step.do:
            self._goes_on(after, step)
        else:
            self._goes_back(after, step, known, key)

    def _goes_on(self, after: SagaState, step: Step) -> None:
        assert after.status in ("running", "following"), "nothing is done once it is given up or over"
        every = self.saga.every_step
        for key, one in self._states(after, every[: every.index(step)]):
            assert one is not None, f"{step.name} before {key}"
            assert one.status == "ok", f"{step.name} before {key}"

    def _goes_back(self, after: SagaState, step: Step, known: StepState | None, mine: str) -> None:
        assert after.status in ("undoing", "failed"), "nothing is undone in a saga that goes on"
        assert self.saga.completed not in self.told, "nothing is undone after the end was told"
        turn = self.saga.turning_point
        for key, one in self._states(after, self.saga.steps[turn:]):
            assert one is None or one.status == "refused", f"{key} was begun: there is no return"
        assert known is not None, "what never began is undone"
        if known.status in GONE:
            self.late.add(mine)
        if known.status in ("ok", "sent"):
            for key, one in self._states(after, self.saga.steps[self.saga.steps.index(step) + 1 :]):
                gone = one is None or one.status in GONE or key in self.late
                assert gone, f"{step.name} is undone before {key}"

    def _heeds_only_what_it_waits_for(self, before: SagaState, happened: Input, decision: Decision) -> None:
        match happened:
            case TimeUp(step, item, epoch):
                key = key_of(step, item)
            case Answered(_, ref):
                key, epoch = key_of(ref.step, ref.item), ref.epoch
            case _:
                return
        known = before.steps.get(key)
        if known is not None and known.epoch == epoch and known.status in WAITING:
            return
        late = [command.ref.step for command in decision.commands if command.ref]
        if isinstance(happened, Answered) and late:
            assert known is not None, "an answer that nobody asked for is acted on"
            assert known.epoch != epoch, "an answer that nobody waits for is acted on"
            assert known.status in GONE, "an answer that nobody waits for is acted on"
            assert len(late) == 1, "one late effect, one undo"
        else:
            assert decision.state == before, "what nobody waits for changes something"
            assert not decision.timers, "what nobody waits for sets a timer"

    def _calls_a_person_in_time(
        self, before: SagaState, happened: Input, after: SagaState, now: datetime
    ) -> None:
        if before.stuck or not after.stuck:
            return
        if isinstance(happened, TimeUp):
            step, known = self.saga.step(happened.step), before.of(happened.step, happened.item)
            assert known is not None, "stuck in what never began"
            assert now - known.since >= step.patience, "stuck before its patience is over"
        else:
            new = {key for key, one in after.steps.items() if one.status == "refused"}
            assert new, "stuck without a refusal"

    def _waits_for_somebody(self, after: SagaState) -> None:
        if not after.ended and not any(one.status in WAITING for one in after.steps.values()):
            assert after.stuck, "it waits for nobody"
        if after.status in ("running", "following"):
            refused = any(one.status == "refused" for one in after.steps.values())
            assert after.stuck or not refused, "a refusal that only a person can mend is nobody's"

    def _states(self, state: SagaState, steps: tuple[Step, ...]) -> Iterator[tuple[str, StepState | None]]:
        for step in steps:
            if step.applies(self.data):
                for item in step.items(self.data):
                    yield key_of(step.name, item), state.of(step.name, item)
