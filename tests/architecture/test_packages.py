"""What may be imported from where, beyond what the import contracts say."""

import calendar
import sys
import sysconfig
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import PRODUCT, ROOT, SERVICES, listed, sources

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Used without being imported here, and by whom.
REACHED_BY_NAME = {
    "aiosqlite": "SQLAlchemy, by the address of a database",
    "asyncpg": "SQLAlchemy, by the address of a database",
    "httptools": "uvicorn, when it is there",
    "python-multipart": "FastAPI, for forms",
    "tzdata": "zoneinfo, where the system has no time zones",
}
DISTRIBUTIONS = packages_distributions()


def test_the_services_are_a_package_and_never_a_place_to_import_from() -> None:
    assert (ROOT / "services" / "__init__.py").exists()
    assert [place for place in sys.path if Path(place).resolve() == ROOT / "services"] == []


def test_the_calendar_service_does_not_hide_the_standard_library() -> None:
    assert Path(calendar.__file__).is_relative_to(sysconfig.get_path("stdlib"))


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def foreign(folder: str, declared: set[str]) -> list[str]:
    """What a part imports from distributions that nobody declared for it."""
    own = set(PRODUCT) | set(sys.stdlib_module_names)
    return [
        f"{file.name} imports {package}"
        for file in sources(folder)
        for package in file.imported_packages() - own
        # Several distributions may share one outermost name: `google` is one.
        if declared.isdisjoint(map(canonicalize_name, DISTRIBUTIONS.get(package, [package])))
    ]


@pytest.mark.parametrize("part", [*SERVICES, "sandbox"])
def test_a_part_imports_only_what_everybody_has_or_its_own_extra_names(part: str) -> None:
    declared = names(PROJECT["dependencies"]) | names(PROJECT["optional-dependencies"].get(part, []))
    found = foreign(part if part == "sandbox" else f"services/{part}", declared)
    assert not found, listed(found)


def test_what_is_shared_imports_only_what_everybody_has() -> None:
    found = foreign("shared", names(PROJECT["dependencies"]))
    assert not found, listed(found)


def test_pages_import_only_what_the_gateway_that_serves_them_has() -> None:
    extras = PROJECT["optional-dependencies"]
    found = foreign("frontend", names(PROJECT["dependencies"]) | names(extras["gateway"]))
    assert not found, listed(found)


def test_nothing_is_declared_that_nobody_uses() -> None:
    extras = [
        lines for name, lines in PROJECT["optional-dependencies"].items() if name not in ("dev", "test")
    ]
    declared = names([*PROJECT["dependencies"], *(line for lines in extras for line in lines)])
    imported = {
        canonicalize_name(distribution)
        for file in sources(*PRODUCT)
        for package in file.imported_packages()
        for distribution in DISTRIBUTIONS.get(package, [])
    }
    unused = declared - imported - set(REACHED_BY_NAME)
    assert not unused, listed(unused)
