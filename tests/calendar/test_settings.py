"""What the calendar accepts as settings."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.calendar.main import build, sources_of
from services.calendar.settings import Settings
from services.calendar.sources.google import GoogleCalendar
from shared.errors import Misconfigured
from shared.messaging.local import LocalBus
from shared.runtime import Runtime
from tests.support.google_sandbox import google_sandbox

PRODUCTION = {
    "environment": "production",
    "public_url": "https://book.example.com",
    "internal_key": "k",
    "secret": "s",
}


async def a_key() -> str:
    from sandbox.google import google_credentials

    async with google_sandbox() as sandbox:
        return json.dumps(google_credentials(sandbox.world, "http://127.0.0.1:9"))


def test_without_credentials_nothing_outside_is_connected(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert sources_of(settings) == {}
    service = build(settings, Runtime.real(), LocalBus())
    assert service.name == "calendar"
    assert service.database.url == f"sqlite:///{tmp_path}/calendar.db"


async def test_a_service_account_is_read_from_the_setting_or_from_the_file_it_names(tmp_path: Path) -> None:
    key = await a_key()
    file = tmp_path / "key.json"
    file.write_text(key)
    for given in (key, str(file)):
        assert isinstance(sources_of(Settings(google_credentials=given))["google"], GoogleCalendar)


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="HOLDFAST_GOOGLE_CREDENTIALS"):
        sources_of(Settings(google_credentials=str(tmp_path / "none.json")))


def test_production_refuses_the_sandboxs_google() -> None:
    Settings.model_validate(PRODUCTION)
    with pytest.raises((Misconfigured, ValidationError), match="HOLDFAST_GOOGLE_API_BASE"):
        Settings.model_validate(
            {**PRODUCTION, "google_api_base": "http://127.0.0.1:8105/google/calendar/v3/"}
        )
