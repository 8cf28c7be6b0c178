"""What all tests share: services found once per run, and marks that follow from what a test asks for."""

import os

import hypothesis
import pytest

from tests.support import services

pytest_plugins = [
    "tests.support.databases",
    "tests.support.broker",
    "tests.support.chromium",
    "tests.support.launcher",
    "tests.support.summary",
]

MARKS = {"postgres_server": "postgres", "amqp_server": "rabbitmq", "chromium_program": "browser"}


KEPT = ("HOLDFAST_TEST_", "HOLDFAST_CONTRACTS", services.REQUIRE_VARIABLE)

# How long one example takes says more about the machine than about the code.
_given = hypothesis.settings.get_profile("ci" if os.environ.get("CI") else "default")
hypothesis.settings.register_profile("holdfast", parent=_given, deadline=None)
hypothesis.settings.load_profile("holdfast")


def _steers(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """One folder per run, in which the workers agree on what was found."""
    if _steers(config):
        _forget_settings()
        services.open_state()


def _forget_settings() -> None:
    """Settings of whoever runs the tests are not settings of the tests."""
    for name in [name for name in os.environ if name.startswith("HOLDFAST_") and not name.startswith(KEPT)]:
        del os.environ[name]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends what the run started, after the last worker."""
    if _steers(config):
        services.close_state()


def _patience(item: pytest.Item) -> int:
    asked = item.get_closest_marker("timeout")
    return int(asked.args[0]) if asked else 0


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a real service carries its mark, so that `-m "not rabbitmq"` works.

    What is allowed to take long begins first: nobody waits for it at the end.
    """
    items.sort(key=_patience, reverse=True)
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKS:
                item.add_marker(MARKS[fixture])
