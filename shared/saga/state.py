"""Where one saga stands, and what can happen to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from shared.events.message import Command, Event, StepRef

StepStatus = Literal["sent", "ok", "refused", "unknown", "undoing", "undone"]
SagaStatus = Literal["running", "undoing", "following", "done", "failed"]


class StepState(BaseModel):
    """One step for one item. The epoch rises with every command sent for it."""

    model_config = ConfigDict(frozen=True)

    status: StepStatus
    epoch: int = 0
    attempts: int = 0
    since: datetime
    deadline: datetime | None = None


class SagaState(BaseModel):
    """A saga in flight. `at` is the step it waits for; going back it counts down."""

    model_config = ConfigDict(frozen=True)

    id: str
    saga: str
    version: int
    booking_id: str
    status: SagaStatus = "running"
    at: int = 0
    steps: dict[str, StepState] = {}
    reason: str = ""
    detail: str | None = None
    cancel_requested: bool = False
    stuck: bool = False
    data: dict[str, Any]

    def of(self, step: str, item: str) -> StepState | None:
        return self.steps.get(key_of(step, item))

    @property
    def ended(self) -> bool:
        return self.status in ("done", "failed")


def key_of(step: str, item: str) -> str:
    """The name of one step for one item within its saga."""
    return f"{step}/{item}" if item else step


@dataclass(frozen=True, slots=True)
class Started:
    """The saga begins."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A participant answered a step."""

    event: Event
    ref: StepRef


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The time set for a command's answer is over."""

    step: str
    item: str
    epoch: int


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """Somebody wants it undone."""

    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class OperatorActed:
    """An operator repeats a step, declares it settled, or gives the saga up."""

    action: Literal["retry", "skip", "give-up"]
    reason: str
    actor: str
    step: str = ""
    item: str = ""


Input = Started | Answered | TimeUp | CancelRequested | OperatorActed


@dataclass(frozen=True, slots=True)
class Timer:
    """When to look at a step again; None takes the timer away."""

    step: str
    item: str
    epoch: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline."""

    what: str
    step: str = ""
    item: str = ""
    epoch: int = 0
    actor: str = ""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a saga does next: its new state, what it sends, when it looks again, what it writes down."""

    state: SagaState
    commands: tuple[Command, ...] = ()
    timers: tuple[Timer, ...] = ()
    entries: tuple[Entry, ...] = field(default=())
