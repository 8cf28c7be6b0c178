"""Names that say what a thing is, and no trace of where the project was made."""

import re
from pathlib import Path

from tests.architecture.source import NOT_TEXT, ROOT, listed, product, sources, tracked

SAYS_NOTHING = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}

# Put together here so that this file does not find itself.
REGISTRY_ADDRESS = re.compile(
    "|".join(["pypi" + r"\.org/simple", "python" + "hosted", r"(?<!emit-)index" + "-url"])
)
FOREIGN_PATH = re.compile(r"(?<![\w.$}~-])/(?:" + "|".join(["ro" + "ot", "ho" + "me", "wo" + r"rk"]) + r")/")
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"]))


def findings(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{number} {line.strip()[:80]}"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def texts() -> list[Path]:
    return [file for file in tracked() if file.suffix not in NOT_TEXT]


def test_no_module_is_named_after_nothing() -> None:
    everything = (*product(), *sources("tests", "bench"))
    idle = [
        file.name
        for file in everything
        if SAYS_NOTHING & {part.removesuffix(".py") for part in file.path.parts}
    ]
    assert not idle, listed(idle)


def test_no_class_is_named_after_nothing() -> None:
    named = re.compile(r"^class \w*(?:Manager|Helper|Util|Utils)\b")
    found = findings(named, [file.path for file in product()])
    assert not found, listed(found)


def test_no_file_names_a_package_registry() -> None:
    found = findings(REGISTRY_ADDRESS, texts())
    assert not found, listed(found)


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = findings(FOREIGN_PATH, texts())
    assert not found, listed(found)


def test_nothing_is_left_for_later() -> None:
    found = findings(UNFINISHED, [file.path for file in (*product(), *sources("tests"))])
    assert not found, listed(found)
