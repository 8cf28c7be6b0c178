"""What the compose files and the image promise, as far as it shows without an engine."""

import re
from typing import Any

import yaml

from tests.architecture.source import ROOT, SERVICES, listed

PLATFORM: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PRODUCTION = (ROOT / "deploy" / "compose.production.yml").read_text()
LOCKS = ("requirements.txt", "requirements-dev.txt")


def test_every_service_of_the_product_is_a_container_of_its_own() -> None:
    served = {entry["command"][1] for entry in PLATFORM.values() if entry.get("command", [""])[0] == "serve"}
    assert served == {*SERVICES, "sandbox"}


def test_only_the_edge_can_be_reached_from_outside_and_only_from_this_machine() -> None:
    published = {name: entry["ports"] for name, entry in PLATFORM.items() if "ports" in entry}
    assert list(published) == ["edge"]
    assert all(port.startswith("127.0.0.1:") for port in published["edge"])


def test_every_image_of_others_names_its_version() -> None:
    images = {entry["image"] for entry in PLATFORM.values() if "build" not in entry}
    loose = [image for image in images if not re.search(r":\d", image)]
    assert not loose, listed(loose)


def test_no_container_of_ours_may_write_to_its_image_or_gain_rights() -> None:
    ours = [entry for entry in PLATFORM.values() if "build" in entry]
    assert all(entry["read_only"] and entry["cap_drop"] == ["ALL"] for entry in ours)


def test_production_has_no_default_for_anything_that_is_secret() -> None:
    secrets = re.findall(r"\$\{(HOLDFAST_\w*(?:PASSWORD|SECRET|KEY)\w*)(:-\w|-)", PRODUCTION)
    assert [name for name, default in secrets if default != ":-"] == []


def test_everything_that_is_installed_is_pinned_with_its_hash() -> None:
    for lock in LOCKS:
        pins = re.findall(r"^[\w.-]+==.*?(?=^\S|\Z)", (ROOT / lock).read_text(), re.MULTILINE | re.DOTALL)
        unpinned = [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin]
        assert pins
        assert not unpinned, listed(unpinned)
