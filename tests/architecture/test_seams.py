"""Where the product may touch the clock, chance, the transaction and the unforeseen."""

import ast

from tests.architecture.source import dotted, listed, product, sources

RUNTIME = "shared/runtime.py"
# The loops that take messages and tasks one by one, and the one that starts a loop again.
RUNNER = ("shared/messaging/", "shared/service.py")
CLOCK_AND_CHANCE = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid.uuid7",
}


def test_time_ids_and_chance_come_from_the_runtime_alone() -> None:
    strays = [
        f"{file.name}:{line} {call}()"
        for file in product()
        if file.name != RUNTIME
        for call, line in file.calls()
        if call in CLOCK_AND_CHANCE or (call.startswith("random.") and call != "random.Random")
    ]
    assert not strays, listed(strays)


def test_one_line_of_the_product_commits() -> None:
    commits = [
        f"{file.name}:{line}"
        for file in sources("shared", "services", "holdfast")
        for call, line in file.calls()
        if call.endswith(".commit")
    ]
    assert len(commits) == 1, listed(commits)


def swallows_everything(handler: ast.ExceptHandler) -> bool:
    """Catches what nobody foresaw, and neither ends by raising nor begins by passing on the rest."""
    caught = handler.type
    several = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    broad = any(one is None or dotted(one) in {"Exception", "BaseException"} for one in several)
    return broad and not isinstance(handler.body[-1], ast.Raise) and not begins_by_passing_on(handler.body[0])


def begins_by_passing_on(first: ast.stmt) -> bool:
    last = first.body[-1] if isinstance(first, ast.If) else None
    return isinstance(last, ast.Raise) and last.exc is None


def test_only_the_message_runner_swallows_what_nobody_foresaw() -> None:
    broad = [
        f"{file.name}:{handler.lineno}"
        for file in product()
        if not file.name.startswith(RUNNER)
        for handler in ast.walk(file.tree)
        if isinstance(handler, ast.ExceptHandler) and swallows_everything(handler)
    ]
    assert not broad, listed(broad)
