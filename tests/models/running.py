"""How long the machines run, and how one is seen to find a defect."""

import os
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

# How many times as many stories as usual are told, other ones each time.
LONGER = int(os.environ.get("HOLDFAST_TEST_MODELS", "1"))


def stories(count: int, steps: int) -> settings:
    """So many stories of at most so many steps: always the same ones, unless it is a long run."""
    return settings(
        max_examples=count * LONGER,
        stateful_step_count=steps,
        derandomize=LONGER == 1,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


def is_found(
    machine: type[RuleBasedStateMachine],
    mutation: AbstractContextManager[None],
    said: str | None,
    told: settings,
) -> None:
    """With a guard taken out some story breaks a promise, and one that fits is named; None: any."""
    quick = settings(told, phases=[Phase.generate])
    with mutation, pytest.raises(AssertionError, match=said):
        run_state_machine_as_test(machine, settings=quick)
