"""The browser of this machine."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.services import CHROMIUM, Found, find_once

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium(_directory: Path) -> Found | None:
    """The program named in the environment, or the first one on the path."""
    named = os.environ.get("HOLDFAST_TEST_CHROMIUM", "")
    for name in [named] if named else NAMES:
        program = shutil.which(name)
        if program:
            return Found(program, origin="this machine")
    return None


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """The path of Chromium; root has to start it with --no-sandbox."""
    return find_once(CHROMIUM, find_chromium).address
