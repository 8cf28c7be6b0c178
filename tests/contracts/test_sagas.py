"""Released sagas never change: one in flight keeps the definition it began with."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.booking.sagas import SAGAS
from services.booking.sagas.book import BOOK, HOLD
from shared.saga.definition import Saga, Step

GOLDEN = Path(__file__).parent / "sagas"


@pytest.mark.parametrize("saga", [pytest.param(saga, id=f"{saga.name}.v{saga.version}") for saga in SAGAS])
def test_a_released_definition_is_what_its_golden_file_says(saga: Saga[Any]) -> None:
    golden = GOLDEN / f"{saga.name}.v{saga.version}.json"
    written = json.dumps(saga.described(), indent=2) + "\n"
    assert golden.exists(), f"a new version: write {golden.name} with\n{written}"
    assert written == golden.read_text(), "a released saga was edited: make a new version beside it"


def test_every_released_version_is_still_known() -> None:
    known = {f"{saga.name}.v{saga.version}" for saga in SAGAS}
    assert {path.stem for path in GOLDEN.glob("*.json")} <= known


def changed(**values: Any) -> Any:
    fields = ("name", "version", "data", "starts_on", "steps", "completed", "refused", "commands", "reasons")
    return Saga(**{**{name: getattr(BOOK, name) for name in fields}, **values})


def test_a_step_without_an_undo_before_the_point_of_no_return_is_refused() -> None:
    step = Step("hold every slot", do=HOLD.do, ok=HOLD.ok)
    with pytest.raises(TypeError, match="has no undo"):
        changed(steps=(step, *BOOK.steps[1:]))


def test_an_undo_after_the_point_of_no_return_is_refused() -> None:
    late = Step("hold again", do=HOLD.do, ok=HOLD.ok, undo=HOLD.undo, undone=HOLD.undone)
    with pytest.raises(TypeError, match="nothing undoes it"):
        changed(steps=(*BOOK.steps, late))


def test_a_refusal_that_nobody_explains_is_refused() -> None:
    with pytest.raises(TypeError, match="says why"):
        changed(reasons=())


def test_a_command_that_nobody_makes_is_refused() -> None:
    with pytest.raises(TypeError, match="no function makes"):
        changed(commands=BOOK.commands[1:])
