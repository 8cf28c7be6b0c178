"""What a saga is about to do, collected while the rules are applied."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shared.events.message import Command, StepRef
from shared.saga.definition import Call, Saga, Step
from shared.saga.state import (
    Decision,
    Entry,
    SagaState,
    SagaStatus,
    StepState,
    StepStatus,
    Timer,
    key_of,
)

LONGEST_WAIT = timedelta(minutes=10)


class Plan:
    """A draft of the next state, with the commands, timers and timeline entries that go with it."""

    def __init__(self, saga: Saga[Any], state: SagaState, now: datetime) -> None:
        self.saga = saga
        self.now = now
        self.data = saga.data.model_validate(state.data)
        self.status: SagaStatus = state.status
        self.at = state.at
        self.reason = state.reason
        self.detail = state.detail
        self.cancel_requested = state.cancel_requested
        self.stuck = state.stuck
        self._before = state
        self._steps = dict(state.steps)
        self._commands: list[Command] = []
        self._timers: dict[str, Timer] = {}
        self._entries: list[Entry] = []

    def step(self, step: Step, item: str) -> StepState | None:
        return self._steps.get(key_of(step.name, item))

    def begun(self, step: Step) -> bool:
        return any(self.step(step, item) is not None for item in step.items(self.data))

    def any_refused(self) -> bool:
        return any(state.status == "refused" for state in self._steps.values())

    def note(
        self,
        what: str,
        step: str = "",
        item: str = "",
        epoch: int = 0,
        actor: str = "",
        detail: str | None = None,
    ) -> None:
        self._entries.append(Entry(what, step, item, epoch, actor, detail))

    def send(
        self, step: Step, item: str, kind: type[Command], status: StepStatus, *, deadline: datetime | None
    ) -> None:
        """Send a command under a new epoch and set the time to look at it again."""
        before = self.step(step, item)
        same = before is not None and before.status == status
        epoch = before.epoch + 1 if before else 1
        attempts = before.attempts + 1 if before and same else 1
        since = before.since if before and same else self.now
        self._steps[key_of(step.name, item)] = StepState(
            status=status, epoch=epoch, attempts=attempts, since=since, deadline=deadline
        )
        ref = StepRef(saga=self._before.id, step=step.name, item=item, epoch=epoch)
        call = Call(self.data, ref, self.reason, self.detail)
        self._commands.append(self.saga.make(kind, call))
        self.note("sent again" if same else "sent", step.name, item, epoch, detail=kind.wire_name)
        look_again = self.now + min(step.again * 2 ** min(attempts - 1, 6), LONGEST_WAIT)
        if deadline is not None and deadline > self.now and step in self.saga.steps:
            look_again = min(look_again, deadline)
        self._timers[key_of(step.name, item)] = Timer(step.name, item, epoch, look_again)

    def settle(self, step: Step, item: str, status: StepStatus) -> None:
        """The step has its answer: nothing more to wait for."""
        key = key_of(step.name, item)
        before = self._steps[key]
        self._steps[key] = before.model_copy(update={"status": status})
        self._timers[key] = Timer(step.name, item, before.epoch, None)

    def tell(self, kind: type[Command]) -> None:
        """Send the command that says how the saga ended."""
        ref = StepRef(saga=self._before.id, step="", epoch=0)
        self._commands.append(self.saga.make(kind, Call(self.data, ref, self.reason, self.detail)))

    def call_operator(self, step: Step, item: str) -> None:
        """It took longer than its patience: a person should look, while it goes on trying."""
        if not self.stuck:
            self.stuck = True
            self.note("stuck: an operator is needed", step.name, item)

    def wait_for_operator(self, step: Step, item: str, reason: str) -> None:
        """It was refused where nothing can be undone: only a person can decide."""
        key = key_of(step.name, item)
        self._steps[key] = self._steps[key].model_copy(update={"status": "refused"})
        self._timers[key] = Timer(step.name, item, self._steps[key].epoch, None)
        self.stuck = True
        self.note("stuck: an operator is needed", step.name, item, detail=reason)

    def decided(self) -> Decision:
        """The decision: what is to be stored, sent and set."""
        ended = self.status in ("done", "failed")
        state = self._before.model_copy(
            update={
                "status": self.status,
                "at": self.at,
                "steps": self._steps,
                "reason": self.reason,
                "detail": self.detail,
                "cancel_requested": self.cancel_requested,
                "stuck": self.stuck and not ended,
            }
        )
        return Decision(state, tuple(self._commands), tuple(self._timers.values()), tuple(self._entries))
