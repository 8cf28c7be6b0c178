"""Logs as production writes them: the development traceback takes seconds to draw."""

import pytest

from shared.telemetry import configure_logging


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    configure_logging(json=True, level="ERROR")
