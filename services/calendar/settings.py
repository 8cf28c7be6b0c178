"""The settings of the calendar."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from shared.errors import Misconfigured
from shared.settings import ServiceSettings, is_loopback


class Settings(ServiceSettings):
    """What the calendar must know: its database, and how to reach outside calendars."""

    database_url_calendar: str = ""
    # The key file of a Google service account: its path, or the JSON itself. Empty connects nothing.
    google_credentials: str = ""
    google_api_base: str = "https://www.googleapis.com/calendar/v3/"
    # The coordinator gives holds back at their deadline; this much later the calendar does so by itself.
    hold_margin_minutes: float = Field(10.0, ge=0)

    @model_validator(mode="after")
    def _reach_the_real_google(self) -> Self:
        if self.environment == "production" and is_loopback(self.google_api_base):
            raise Misconfigured("HOLDFAST_GOOGLE_API_BASE is the sandbox. Unset it in production.")
        return self

    def google_key(self) -> str:
        """The JSON of the service account's key, or an empty string."""
        given = self.google_credentials.strip()
        if not given or given.startswith("{"):
            return given
        try:
            return Path(given).read_text(encoding="utf-8")
        except OSError as error:
            raise Misconfigured(f"HOLDFAST_GOOGLE_CREDENTIALS: {error}") from error
