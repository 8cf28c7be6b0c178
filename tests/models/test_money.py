"""Whatever happens at the provider, and whenever it is seen, money ends where it belongs."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.models.money_machine import MoneyMachine
from tests.models.money_mutations import MUTATIONS
from tests.models.running import LONGER, is_found, stories

TOLD = stories(120, 40)


@pytest.mark.timeout(240 * LONGER)
def test_money_ends_where_it_belongs() -> None:
    run_state_machine_as_test(MoneyMachine, settings=TOLD)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_rule_that_is_taken_out_of_the_payment_is_missed(name: str) -> None:
    mutation, said = MUTATIONS[name]
    is_found(MoneyMachine, mutation(), said, TOLD)
