"""The engine: what a saga does about what happened. Pure: no clock, no database, no bus."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.errors import Refusal
from shared.events.message import Command, Event
from shared.saga.definition import Saga, Step
from shared.saga.plan import Plan
from shared.saga.state import (
    Answered,
    CancelRequested,
    Decision,
    Input,
    OperatorActed,
    SagaState,
    Started,
    StepState,
    TimeUp,
)


def advance(saga: Saga[Any], state: SagaState, happened: Input, now: datetime) -> Decision:
    """The new state and what to send, given what happened. Unexpected things change nothing and are noted."""
    engine = _Engine(saga, Plan(saga, state, now))
    match happened:
        case Started():
            engine.plan.note("started")
            engine.go_on()
        case Answered(event, ref):
            engine.answered(event, ref.step, ref.item, ref.epoch)
        case TimeUp(step, item, epoch):
            engine.time_up(step, item, epoch)
        case CancelRequested(reason, actor):
            engine.cancel(reason, actor)
        case OperatorActed():
            engine.operator(happened)
    return engine.plan.decided()


class _Engine:
    """The rules. What they decide is collected in the plan."""

    def __init__(self, saga: Saga[Any], plan: Plan) -> None:
        self.saga = saga
        self.plan = plan

    # Going forward

    def go_on(self) -> None:
        """Begin the next step that applies; at the end, say that it is completed."""
        plan = self.plan
        while plan.status == "running" and plan.at < len(self.saga.steps):
            step = self.saga.steps[plan.at]
            if not self._settled_or_begun(step):
                return
            plan.at += 1
        if plan.status == "running" and not self._honours_a_cancellation():
            plan.status, plan.at = "following", 0
            plan.note("completed")
            plan.tell(self.saga.completed)
        self._follow()

    def _follow(self) -> None:
        plan = self.plan
        while plan.status == "following" and plan.at < len(self.saga.then):
            if not self._settled_or_begun(self.saga.then[plan.at]):
                return
            plan.at += 1
        if plan.status == "following":
            plan.status = "done"
            plan.note("done")

    def _settled_or_begun(self, step: Step) -> bool:
        """True when nothing is left to wait for in this step; begins it if nobody has."""
        plan = self.plan
        begun = plan.begun(step)
        if not begun and self._honours_a_cancellation():
            return False
        if not step.applies(plan.data):
            return True
        items = step.items(plan.data)
        if not begun:
            for item in items:
                plan.send(step, item, step.do, "sent", deadline=step.deadline(plan.data, plan.now))
        return all(self._is_settled(plan.step(step, item)) for item in items)

    @staticmethod
    def _is_settled(found: StepState | None) -> bool:
        return found is not None and found.status == "ok"

    def _honours_a_cancellation(self) -> bool:
        """Between two steps a cancellation that was asked for earlier is carried out, if it still can be."""
        plan = self.plan
        if not plan.cancel_requested or not self._can_turn_back():
            return False
        self.undo_from(plan.at - 1, plan.reason, plan.detail)
        return True

    def _can_turn_back(self) -> bool:
        """Until the step of no return is begun, or left out, everything can still be undone."""
        plan, turn = self.plan, self.saga.turning_point
        if plan.status != "running" or plan.at > turn:
            return False
        return turn == len(self.saga.steps) or not plan.begun(self.saga.steps[turn])

    # Going back

    def undo_from(self, index: int, reason: str, detail: str | None) -> None:
        """Undo steps `index` … 0, each fully before the one before it."""
        plan = self.plan
        plan.status, plan.at = "undoing", index
        plan.reason, plan.detail = plan.reason or reason, plan.detail or detail
        plan.note("giving up", detail=f"{plan.reason}: {plan.detail}" if plan.detail else plan.reason)
        self._go_back()

    def _go_back(self) -> None:
        plan = self.plan
        while plan.at >= 0:
            step = self.saga.steps[plan.at]
            if step.undo is not None and not self._undone_or_begun(step, step.undo):
                return
            plan.at -= 1
        plan.status = "failed"
        plan.note("failed", detail=plan.reason)
        plan.tell(self.saga.refused)

    def _undone_or_begun(self, step: Step, undo: type[Command]) -> bool:
        plan = self.plan
        for item in step.items(plan.data):
            found = plan.step(step, item)
            if found is not None and found.status in ("ok", "sent", "unknown"):
                plan.send(step, item, undo, "undoing", deadline=None)
        states = [plan.step(step, item) for item in step.items(plan.data)]
        return all(one is None or one.status in ("undone", "refused") for one in states)

    # What participants say

    def answered(self, event: Event, name: str, item: str, epoch: int) -> None:
        step = self._known(name)
        found = self.plan.step(step, item) if step else None
        if step is None or found is None:
            self.plan.note("unexpected", name, item, epoch, detail=event.wire_name)
        elif epoch != found.epoch:
            self._late(step, item, epoch, event, found)
        elif found.status == "sent" and isinstance(event, step.ok):
            self._done(step, item, event)
        elif found.status == "sent" and isinstance(event, step.refusals):
            self._refused(step, item, event)
        elif found.status == "undoing" and step.undone and isinstance(event, step.undone):
            self._undone(step, item)
        else:
            self.plan.note("unexpected", name, item, epoch, detail=event.wire_name)

    def _known(self, name: str) -> Step | None:
        return next((step for step in self.saga.every_step if step.name == name), None)

    def _done(self, step: Step, item: str, event: Event) -> None:
        plan = self.plan
        plan.settle(step, item, "ok")
        plan.stuck = self._waits_for_operator()
        plan.note("ok", step.name, item, detail=event.wire_name)
        if plan.status == "running":
            self.go_on()
        else:
            self._follow()

    def _refused(self, step: Step, item: str, event: Event) -> None:
        plan, because = self.plan, self.saga.why(event)
        plan.note("refused", step.name, item, detail=because.detail or because.reason)
        if not self._turns_back_at(step):
            plan.wait_for_operator(step, item, because.reason)
            return
        plan.settle(step, item, "refused")
        self.undo_from(plan.at, because.reason, because.detail)

    def _turns_back_at(self, step: Step) -> bool:
        plan = self.plan
        return plan.status == "running" and self.saga.steps.index(step) < self.saga.turning_point

    def _undone(self, step: Step, item: str) -> None:
        plan = self.plan
        plan.settle(step, item, "undone")
        plan.stuck = False
        plan.note("undone", step.name, item)
        if plan.status == "undoing":
            self._go_back()

    def _late(self, step: Step, item: str, epoch: int, event: Event, found: StepState) -> None:
        """An answer of an older epoch is never applied; an effect that it reveals is undone at once."""
        plan = self.plan
        plan.note("late", step.name, item, epoch, detail=event.wire_name)
        gave_up = plan.status in ("undoing", "failed")
        if gave_up and isinstance(event, step.ok) and step.undo and found.status in ("undone", "refused"):
            plan.send(step, item, step.undo, "undoing", deadline=None)

    # What time says

    def time_up(self, name: str, item: str, epoch: int) -> None:
        step = self._known(name)
        found = self.plan.step(step, item) if step else None
        if step is None or found is None or found.epoch != epoch:
            return
        if found.status == "undoing" and step.undo:
            self._repeat(step, item, step.undo, found)
        elif found.status == "sent" and self._overdue(step, found):
            self._timed_out(step, item)
        elif found.status == "sent":
            self._repeat(step, item, step.do, found)

    def _overdue(self, step: Step, found: StepState) -> bool:
        late = found.deadline is not None and self.plan.now >= found.deadline
        return late and step in self.saga.steps and self._turns_back_at(step)

    def _timed_out(self, step: Step, item: str) -> None:
        """Nobody knows whether it happened, so it is undone with the rest."""
        self.plan.settle(step, item, "unknown")
        self.plan.note("timed out", step.name, item)
        self.undo_from(self.plan.at, "timed_out", step.name)

    def _repeat(self, step: Step, item: str, kind: type[Command], found: StepState) -> None:
        self.plan.send(step, item, kind, found.status, deadline=found.deadline)
        waits_for_a_person = step.interruptible and found.status == "sent"
        if self.plan.now - found.since >= step.patience and not waits_for_a_person:
            self.plan.call_operator(step, item)

    # What people want

    def cancel(self, reason: str, actor: str) -> None:
        plan = self.plan
        if plan.status != "running" or not self._can_turn_back():
            plan.note("cancellation came too late", actor=actor, detail=reason)
            return
        plan.cancel_requested, plan.reason = True, plan.reason or reason
        plan.note("cancellation requested", actor=actor, detail=reason)
        step = self.saga.steps[plan.at]
        if step.interruptible:
            self.undo_from(plan.at, reason, None)

    def operator(self, act: OperatorActed) -> None:
        plan = self.plan
        plan.note(f"operator: {act.action}", act.step, act.item, actor=act.actor, detail=act.reason)
        if act.action == "give-up":
            self._give_up(act)
            return
        step = self._known(act.step)
        found = plan.step(step, act.item) if step else None
        if step is None or found is None or not self._is_waiting(found):
            raise Refusal("nothing_to_do", f"The step {act.step!r} is not waiting for anything.")
        if act.action == "skip":
            self._skip(step, act.item, found)
        elif found.status == "undoing" and step.undo:
            plan.send(step, act.item, step.undo, "undoing", deadline=None)
        else:
            plan.send(step, act.item, step.do, "sent", deadline=found.deadline)
        plan.stuck = self._waits_for_operator()

    def _is_waiting(self, found: StepState) -> bool:
        """A refusal waits for an operator only while the saga goes on: given up, nothing was done."""
        goes_on = self.plan.status in ("running", "following")
        return found.status in ("sent", "undoing") or (found.status == "refused" and goes_on)

    def _waits_for_operator(self) -> bool:
        """Whether some other step or item was refused where nothing can be undone."""
        return self.plan.status in ("running", "following") and self.plan.any_refused()

    def _skip(self, step: Step, item: str, found: StepState) -> None:
        if found.status == "undoing":
            self._undone(step, item)
            return
        self.plan.settle(step, item, "ok")
        if self.plan.status == "running":
            self.go_on()
        else:
            self._follow()

    def _give_up(self, act: OperatorActed) -> None:
        if self.plan.status != "running":
            raise Refusal(
                "nothing_to_give_up", f"The saga is {self.plan.status}; skip or retry a step instead."
            )
        if not (self._can_turn_back() or self._no_return_was_refused()):
            raise Refusal(
                "no_return", "What is done here cannot be undone any more; skip or retry the step instead."
            )
        self.plan.stuck = False
        self.undo_from(self.plan.at, "cancelled_by_operator", act.reason)

    def _no_return_was_refused(self) -> bool:
        """The step of no return was refused for every item: none of it happened."""
        plan, turn = self.plan, self.saga.turning_point
        if plan.at != turn:
            return False
        step = self.saga.steps[turn]
        states = [plan.step(step, item) for item in step.items(plan.data)]
        return all(one is not None and one.status == "refused" for one in states)
