"""What the end of a run says about the parts that were left out."""

import re
from collections import Counter

import pytest
from _pytest.terminal import TerminalReporter

LEFT_OUT = re.compile(r"needs (?P<name>\S.*?) \((?P<remedy>.*)\)")


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Names each missing service, how many tests wanted it and how to get it."""
    wanting = Counter(_missing(report) for report in terminalreporter.stats.get("skipped", []))
    del wanting[None]
    if not wanting:
        return
    terminalreporter.section("left out for want of something", yellow=True)
    for missing, tests in wanting.items():
        if missing:
            counted = "1 test" if tests == 1 else f"{tests} tests"
            terminalreporter.line(f"{missing[0]}: {counted}. To run: {missing[1]}.")
    terminalreporter.line("HOLDFAST_REQUIRE_SERVICES=1 makes this a failure.")


def _missing(report: pytest.TestReport) -> tuple[str, str] | None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    match = LEFT_OUT.search(reason)
    return (match["name"], match["remedy"]) if match else None
