"""The saga engine without its rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from services.booking import coordinator
from services.booking.sagas.book import BOOK, CAPTURE, COLLECT, CONFIRM, HOLD
from services.booking.sagas.take_up import TAKE_UP
from shared.saga import runner
from shared.saga.advance import _Engine
from shared.saga.plan import Plan
from tests.simulation.replacing import replaced


@contextmanager
def epoch_ignored() -> Iterator[None]:
    """An answer to an older command counts as the answer to the newest."""
    answered = _Engine.answered

    def any_epoch(self: _Engine, event: Any, name: str, item: str, epoch: int) -> None:
        step = self._known(name)
        found = self.plan.step(step, item) if step else None
        answered(self, event, name, item, found.epoch if found else epoch)

    with replaced(_Engine, "answered", any_epoch):
        yield


@contextmanager
def undo_skipped_on_timeout() -> Iterator[None]:
    """What timed out is taken for what never happened."""

    def only_before(self: _Engine, step: Any, item: str) -> None:
        self.plan.settle(step, item, "refused")
        self.plan.note("timed out", step.name, item)
        self.undo_from(self.plan.at - 1, "timed_out", step.name)

    with replaced(_Engine, "_timed_out", only_before):
        yield


@contextmanager
def siblings_kept() -> Iterator[None]:
    """When one item is refused, the others of its step are left as they are."""
    refused = _Engine._refused

    def alone(self: _Engine, step: Any, item: str, event: Any) -> None:
        plan = self.plan
        plan.at -= 1
        refused(self, step, item, event)

    with replaced(_Engine, "_refused", alone):
        yield


@contextmanager
def late_effect_kept() -> Iterator[None]:
    """What succeeds after its saga gave up is left standing."""

    def only_noted(self: _Engine, step: Any, item: str, epoch: int, event: Any, found: Any) -> None:
        self.plan.note("late", step.name, item, epoch, detail=event.wire_name)

    with replaced(_Engine, "_late", only_noted):
        yield


@contextmanager
def no_timers() -> Iterator[None]:
    """Nobody looks again at a step whose answer does not come."""
    store = runner.Sagas._store

    async def without_timers(self: runner.Sagas, work: Any, decision: Any) -> None:
        await store(self, work, replace(decision, timers=()))

    with replaced(runner.Sagas, "_store", without_timers):
        yield


@contextmanager
def asked_once() -> Iterator[None]:
    """A command that is not answered is not sent again."""
    send = Plan.send

    def first_time_only(self: Plan, step: Any, item: str, kind: Any, status: Any, *, deadline: Any) -> None:
        before, said = self.step(step, item), len(self._commands)
        send(self, step, item, kind, status, deadline=deadline)
        if before is not None and before.status == status:
            del self._commands[said:]

    with replaced(Plan, "send", first_time_only):
        yield


@contextmanager
def failed_without_waiting() -> Iterator[None]:
    """A saga that gives up says so before everything is given back."""
    undo_from = _Engine.undo_from

    def hasty(self: _Engine, index: int, reason: str, detail: str | None) -> None:
        undo_from(self, index, reason, detail)
        if self.plan.status == "undoing":
            self.plan.status = "failed"
            self.plan.tell(self.saga.refused)

    with replaced(_Engine, "undo_from", hasty):
        yield


@contextmanager
def cancelled_after_no_return() -> Iterator[None]:
    """A booking can be cancelled at any moment, also while it is being paid."""
    with replaced(_Engine, "_can_turn_back", lambda self: self.plan.status == "running"):
        yield


@contextmanager
def capture_before_confirm() -> Iterator[None]:
    """The money is taken before the time is certain."""
    late = replace(CONFIRM, undo=None, undone=None)
    hasty = replace(BOOK, steps=(HOLD, COLLECT, CAPTURE, late))
    engine = coordinator.SAGA_ENGINE
    with (
        replaced(engine, "_known", {**engine._known, ("book", 1): hasty}),
        replaced(coordinator, "status_of", lambda state: None),
    ):
        yield


@contextmanager
def taken_up_without_time() -> Iterator[None]:
    """Late money makes a booking of what nobody holds any more."""
    hasty = replace(TAKE_UP, steps=(COLLECT, CAPTURE))
    engine = coordinator.SAGA_ENGINE
    with replaced(engine, "_known", {**engine._known, ("take-up", 1): hasty}):
        yield


@contextmanager
def told_before_the_end() -> Iterator[None]:
    """The booking is confirmed as soon as the first step is done."""
    settle = Plan.settle

    def eager(self: Plan, step: Any, item: str, status: Any) -> None:
        settle(self, step, item, status)
        if status == "ok" and step is COLLECT:
            self.tell(self.saga.completed)

    with replaced(Plan, "settle", eager):
        yield


MUTATIONS = {
    "epoch ignored": epoch_ignored,
    "undo skipped on timeout": undo_skipped_on_timeout,
    "siblings of a refused item kept": siblings_kept,
    "late effect not undone": late_effect_kept,
    "no timers": no_timers,
    "a command is sent once": asked_once,
    "failed before everything is back": failed_without_waiting,
    "cancelled after the point of no return": cancelled_after_no_return,
    "capture before the slots are confirmed": capture_before_confirm,
    "taken up without holding the time again": taken_up_without_time,
    "confirmed as soon as it is paid": told_before_the_end,
}
