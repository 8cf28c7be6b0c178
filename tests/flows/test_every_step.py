"""For every saga and every step: what a refusal, a silence, a repeat and a late answer lead to.

The cases come from the definitions: a new step or saga brings its own.
"""

from datetime import timedelta
from typing import Any

import pytest

from services.booking.sagas import SAGAS
from shared.events.message import Command, Event, StepRef
from shared.saga.definition import Call, Saga, Step
from tests.support.flow import Flow, a_book, an_event, ends_as

BEFORE = [
    pytest.param(saga, step, id=f"{saga.name}: {step.name}")
    for saga in SAGAS
    for step in saga.steps[: saga.turning_point]
]
REFUSALS = [
    pytest.param(saga, step, kind, id=f"{saga.name}: {step.name}: {kind.wire_name}")
    for saga in SAGAS
    for step in saga.steps[: saga.turning_point]
    for kind in step.refusals
]
AFTER = [
    pytest.param(saga, step, id=f"{saga.name}: {step.name}")
    for saga in SAGAS
    for step in saga.steps[saga.turning_point :]
]
FOLLOWING = [pytest.param(saga, step, id=f"{saga.name}: {step.name}") for saga in SAGAS for step in saga.then]


def undoing(flow: Flow, step: Step) -> list[str]:
    states = {item: flow.state.of(step.name, item) for item in step.items(flow.data)}
    return [item for item, state in states.items() if state is not None and state.status == "undoing"]


def undo_all(flow: Flow, index: int, reason: str) -> list[Command]:
    """Answer every undo from a step back to the first; each must have been sent whole, one step at a time."""
    for step in reversed(flow.saga.steps[: index + 1]):
        assert step.undo is not None
        waiting = undoing(flow, step)
        for item in waiting:
            assert flow.whole(step.undo, step, item, reason) in flow.sent
        if waiting:
            earlier = flow.saga.steps[: flow.saga.steps.index(step)]
            assert not any(undoing(flow, one) for one in earlier), "an earlier step is undone too soon"
            flow.undone(step)
    return flow.sent


def the_end(flow: Flow, kind: type[Command]) -> Command:
    (last,) = [command for command in flow.sent if isinstance(command, kind)]
    return last


@pytest.mark.parametrize(("saga", "step", "kind"), REFUSALS)
@pytest.mark.parametrize("items", [1, 3])
def test_a_refusal_undoes_what_was_done_before_it(
    saga: Saga[Any], step: Step, kind: type[Event], items: int
) -> None:
    flow = Flow(saga, a_book(items=items)).until(step)
    index = saga.steps.index(step)
    first, *others = step.items(flow.data)
    for other in others:
        flow.answer(step, an_event(step.ok, other), other)
    refusal = an_event(kind, first)
    because = saga.why(refusal)
    flow.answer(step, refusal, first)
    assert flow.of(step, first).status == "refused"
    for other in others:
        assert flow.of(step, other).status == "undoing", "a sibling that succeeded is undone"
    undo_all(flow, index, because.reason)
    assert flow.state.status == "failed"
    if index or others:
        ended = the_end(flow, saga.refused)
        assert (getattr(ended, "reason", None), getattr(ended, "detail", None)) == (
            because.reason,
            because.detail,
        )


@pytest.mark.parametrize(("saga", "step"), BEFORE)
@pytest.mark.parametrize("items", [1, 2])
def test_a_silence_undoes_the_silent_step_too(saga: Saga[Any], step: Step, items: int) -> None:
    flow = Flow(saga, a_book(items=items)).until(step)
    flow.later(hours=2).time_up(step, step.items(flow.data)[0])
    for item in step.items(flow.data):
        assert flow.of(step, item).status == "undoing", "it may have happened"
    undo_all(flow, saga.steps.index(step), "timed_out")
    assert flow.state.status == "failed"
    assert the_end(flow, saga.refused) == saga.make(saga.refused, _call(flow, "timed_out", step.name))


def _call(flow: Flow, reason: str, detail: str | None) -> Any:
    return Call(flow.data, StepRef(saga="sg_1", step="", epoch=0), reason, detail)


@pytest.mark.parametrize(("saga", "step"), BEFORE)
def test_before_its_deadline_a_silent_step_is_asked_again_under_a_new_epoch(
    saga: Saga[Any], step: Step
) -> None:
    flow = Flow(saga, a_book()).until(step)
    item = step.items(flow.data)[0]
    before = flow.of(step, item).epoch
    flow.later(seconds=31).time_up(step, item)
    assert flow.of(step, item).epoch == before + 1
    assert flow.sent == [flow.whole(step.do, step, item)]


@pytest.mark.parametrize(("saga", "step"), BEFORE)
def test_an_answer_of_an_old_epoch_is_noted_and_not_applied(saga: Saga[Any], step: Step) -> None:
    flow = Flow(saga, a_book()).until(step)
    item = step.items(flow.data)[0]
    flow.later(seconds=31).time_up(step, item)
    before = flow.state
    flow.answer(step, an_event(step.ok, item), item, epoch=1)
    assert flow.state == before
    assert flow.sent == []
    assert flow.notes() == ["late"]


@pytest.mark.parametrize(("saga", "step"), BEFORE)
def test_a_step_that_succeeds_after_the_saga_gave_up_is_undone_again(saga: Saga[Any], step: Step) -> None:
    flow = Flow(saga, a_book()).until(step)
    item = step.items(flow.data)[0]
    flow.later(hours=2).time_up(step, item)
    undo_all(flow, saga.steps.index(step), "timed_out")
    assert flow.state.status == "failed"
    assert step.undo is not None
    flow.answer(step, an_event(step.ok, item), item, epoch=1)
    assert flow.sent == [flow.whole(step.undo, step, item, "timed_out")]
    assert "late" in flow.notes()
    flow.undone(step)
    assert flow.state.status == "failed"
    assert flow.sent == [], "the customer is not told a second time"


@pytest.mark.parametrize(("saga", "step"), BEFORE)
def test_an_undo_that_gets_no_answer_is_repeated_and_then_calls_an_operator(
    saga: Saga[Any], step: Step
) -> None:
    flow = Flow(saga, a_book()).until(step)
    item = step.items(flow.data)[0]
    flow.later(hours=2).time_up(step, item)
    assert step.undo is not None
    while not flow.state.stuck:
        flow.later(minutes=10).time_up(step, item)
        assert flow.sent == [flow.whole(step.undo, step, item, "timed_out")]
    assert flow.state.status == "undoing", "never failed with money or time somewhere"
    flow.act("skip", step, item)
    assert flow.of(step, item).status == "undone"


@pytest.mark.parametrize(("saga", "step"), AFTER)
def test_after_the_point_of_no_return_nothing_is_undone(saga: Saga[Any], step: Step) -> None:
    flow = Flow(saga, a_book()).until(step)
    item = step.items(flow.data)[0]
    flow.later(days=1).time_up(step, item)
    assert flow.sent == [flow.whole(step.do, step, item)]
    assert flow.state.stuck, "after a day an operator is called"
    for kind in step.refusals:
        flow.answer(step, an_event(kind, item), item)
    assert flow.state.status == "running"
    flow.act("retry", step, item).ok(step)
    assert flow.state.status in ("following", "running")


@pytest.mark.parametrize(("saga", "step"), FOLLOWING)
def test_what_follows_never_blocks_and_is_tried_until_it_succeeds(saga: Saga[Any], step: Step) -> None:
    flow = Flow(saga, a_book())
    for before in saga.steps:
        flow.ok(before)
    assert any(isinstance(command, saga.completed) for command in flow.sent), "confirmed at once"
    item = step.items(flow.data)[0]
    for _ in range(5):
        flow.later(minutes=11).time_up(step, item)
        assert flow.sent == [flow.whole(step.do, step, item)]
    flow.ok(step)
    assert flow.state.status == "done"


@pytest.mark.parametrize("saga", [pytest.param(saga, id=saga.name) for saga in SAGAS])
def test_every_answer_may_come_twice(saga: Saga[Any]) -> None:
    flow = Flow(saga, a_book(items=2))
    for step in saga.steps:
        for item in step.items(flow.data):
            ref = flow.ref(step, item)
            flow.answer(step, an_event(step.ok, item), item)
            before = flow.state
            flow.answer(step, an_event(step.ok, item), item, epoch=ref.epoch)
            assert flow.state == before
            assert flow.sent == []
    assert flow.state.status == "following"


@pytest.mark.parametrize(("saga", "step"), BEFORE)
def test_a_cancellation_is_honoured_at_the_next_safe_point(saga: Saga[Any], step: Step) -> None:
    flow = Flow(saga, a_book()).until(step).cancel()
    assert flow.state.cancel_requested
    if not step.interruptible:
        assert flow.state.status == "running", "its answer is awaited"
        flow.ok(step)
    undo_all(flow, saga.steps.index(step), "cancelled_by_customer")
    assert ends_as(flow) == ("failed", "cancelled_by_customer")


@pytest.mark.parametrize(("saga", "step"), AFTER)
def test_a_cancellation_after_the_point_of_no_return_is_too_late(saga: Saga[Any], step: Step) -> None:
    flow = Flow(saga, a_book()).until(step).cancel()
    assert flow.notes() == ["cancellation came too late"]
    flow.ok(step)
    assert flow.state.status == "following"


@pytest.mark.parametrize("saga", [pytest.param(saga, id=saga.name) for saga in SAGAS])
def test_every_wait_has_a_timer(saga: Saga[Any]) -> None:
    flow = Flow(saga, a_book(items=2))
    for step in saga.every_step:
        waiting = [timer for timer in flow.decision.timers if timer.due_at is not None]
        assert {timer.step for timer in waiting} == {step.name}
        assert all(timer.due_at and timer.due_at <= flow.now + timedelta(minutes=40) for timer in waiting)
        flow.ok(step)
