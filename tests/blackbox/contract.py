"""The published contract held against a running product: everything it allows, and what it does not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, GenerationMode, HookContext, Response
from schemathesis.engine import Status, events, from_schema
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER

from tests.support.installation import Installation

Start = tuple[str, str]
AnyCase = Case[Any]
WISHFUL = ("consent", "payment", "quote", "currency")
CHOOSY = ("quantity", "meeting_method")
# A well-formed wish may still be one that no business grants, and then the answer says so.
GRANTED_OR_NOT = ["2xx", "3xx", 401, 403, 404, 409, 422, 429]


@schemathesis.check
def valid_data_is_understood(ctx: CheckContext, response: Response, case: AnyCase) -> None:
    """What fits the published schema is never told that it does not."""
    generation = case.meta.generation if case.meta else None
    if generation and generation.mode.is_positive and response.status_code == 422:
        code = response.json().get("code")
        assert code != "invalid_request", f"fits the schema, and is refused: {response.text}"


@schemathesis.check
def refusals_have_a_code(ctx: CheckContext, response: Response, case: AnyCase) -> None:
    """Every refusal is a problem with a stable code and the id of its trace."""
    if response.status_code >= 400:
        problem = response.json()
        assert problem["code"] != "http_error", response.text
        assert problem["trace_id"], response.text


@dataclass
class Examined:
    """What came of it."""

    failures: list[str] = field(default_factory=list)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)

    @property
    def cases(self) -> int:
        return self.answers.total()


def examine(installation: Installation, starts: Sequence[Start], *, examples: int, seed: int = 1) -> Examined:
    """Try every operation, then their sequences along the links; the same for the same seed."""
    config = schemathesis.Config.from_dict(_settings(installation, examples, seed))
    schema = schemathesis.openapi.from_url(f"{installation.url}/openapi.json", config=config)
    found = Examined()
    with _booking_what_is_offered(starts):
        for event in from_schema(schema).execute():
            _note(event, found)
    return found


@contextmanager
def _booking_what_is_offered(starts: Sequence[Start]) -> Iterator[None]:
    """Whatever fits the schema asks for a time that can really be had; the schema cannot know of any.

    Every other wish is also freed of what most businesses would not grant.
    """
    free, grantable = cycle(starts), cycle((True, False))

    def before_call(context: HookContext, case: AnyCase, kwargs: dict[str, Any]) -> None:
        generation = case.meta.generation if case.meta else None
        if generation and generation.mode == GenerationMode.POSITIVE and isinstance(case.body, dict):
            wish: dict[str, Any] = case.body
            modest = next(grantable)
            for name in WISHFUL if modest else ():
                wish.pop(name, None)
            for item in wish.get("items", ()):
                item["offering"], item["start"] = next(free)
                for name in CHOOSY if modest else ():
                    item.pop(name, None)

    GLOBAL_HOOK_DISPATCHER.register_hook_with_name(before_call, "before_call")
    try:
        yield
    finally:
        GLOBAL_HOOK_DISPATCHER.unregister(before_call)


def _settings(installation: Installation, examples: int, seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "headers": dict(installation.operator),
        "continue-on-failure": True,
        "request-timeout": 20,
        # A stream goes on until its booking is over.
        "max-stream-events": 1,
        "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
        "checks": {
            "enabled": True,
            "positive_data_acceptance": {"expected-statuses": GRANTED_OR_NOT},
        },
        "phases": {"stateful": {"max-steps": 6}},
    }


def _note(event: events.EngineEvent, found: Examined) -> None:
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        found.failures.append(f"{event.label}: {event.info.title}: {event.value}")
    if isinstance(event, events.ScenarioFinished):
        found.phases[event.phase.value] += 1
        for id, interaction in event.recorder.interactions.items():
            if interaction.response is not None:
                label = event.recorder.cases[id].value.operation.label
                found.answers[label, interaction.response.status_code] += 1
        found.failures += _failures(event)


def _failures(event: events.ScenarioFinished) -> Iterator[str]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.status == Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                yield (
                    f"{event.phase.value}: {event.label}: {check.name}: {failure.title}\n"
                    f"{failure.message}\n{check.failure_info.code_sample}"
                )
