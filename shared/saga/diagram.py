"""A saga as a Mermaid picture, generated from its definition."""

from collections.abc import Iterator
from typing import Any

from shared.saga.definition import Saga, Step


def mermaid(saga: Saga[Any]) -> str:
    """The flow of a saga: forward down the left, undo up the right."""
    return "\n".join(_lines(saga)) + "\n"


def _lines(saga: Saga[Any]) -> Iterator[str]:
    yield "stateDiagram-v2"
    for index, step in enumerate(saga.steps):
        yield f'  state "{_title(step)}" as step{index}'
        if step.undo:
            yield f'  state "undo: {step.undo.wire_name}" as undo{index}'
    for index, step in enumerate(saga.then):
        yield f'  state "{_title(step)}" as then{index}'
    yield f'  state "{saga.completed.wire_name}" as completed'
    yield f'  state "{saga.refused.wire_name}" as refused'
    yield f"  [*] --> step0 : {saga.starts_on.wire_name}"
    for index, step in enumerate(saga.steps):
        yield from _forward(saga, index, step)
        yield from _backward(saga, index, step)
    yield "  refused --> [*]"
    yield "  completed --> " + ("then0" if saga.then else "[*]")
    for index, step in enumerate(saga.then):
        after = f"then{index + 1}" if index + 1 < len(saga.then) else "[*]"
        yield f"  then{index} --> {after} : {step.ok.wire_name}"


def _title(step: Step) -> str:
    marks = [mark for mark, on in (("each item", step.each), ("if due", step.when)) if on]
    if step.point_of_no_return:
        marks.append("point of no return")
    return step.name + (f" ({', '.join(marks)})" if marks else "")


def _forward(saga: Saga[Any], index: int, step: Step) -> Iterator[str]:
    after = f"step{index + 1}" if index + 1 < len(saga.steps) else "completed"
    yield f"  step{index} --> {after} : {step.ok.wire_name}"
    if index >= saga.turning_point:
        return
    before = f"undo{index - 1}" if index else "refused"
    for refusal in step.refusals:
        yield f"  step{index} --> {before} : {refusal.wire_name}"
    yield f"  step{index} --> undo{index} : no answer in time"


def _backward(saga: Saga[Any], index: int, step: Step) -> Iterator[str]:
    if step.undo and step.undone:
        before = f"undo{index - 1}" if index else "refused"
        yield f"  undo{index} --> {before} : {step.undone.wire_name}"
