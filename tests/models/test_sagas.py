"""Whatever happens to a saga, it keeps its promises and ends: all of it stands, or nothing."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.models.running import LONGER, is_found, stories
from tests.models.saga_machine import SagaMachine
from tests.models.saga_mutations import MUTATIONS

TOLD = stories(300, 40)


@pytest.mark.timeout(240 * LONGER)
def test_a_saga_keeps_its_promises_and_ends() -> None:
    run_state_machine_as_test(SagaMachine, settings=TOLD)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_rule_that_is_taken_out_of_the_engine_is_missed(name: str) -> None:
    mutation, said = MUTATIONS[name]
    is_found(SagaMachine, mutation(), said, TOLD)
