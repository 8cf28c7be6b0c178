"""What can be set about the sandbox."""

from dataclasses import dataclass
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

SANDBOX_DOMAIN = "sandbox.holdfast.test"


@dataclass(frozen=True)
class GoogleSettings:
    """Which calendars exist beside those of the sandbox's own domain, and the zone they are kept in."""

    calendars: tuple[str, ...] = ()
    time_zone: str = "UTC"


class Settings(BaseSettings):
    """The sandbox as a process of its own."""

    model_config = SettingsConfigDict(env_prefix="HOLDFAST_")

    sandbox_host: str = "127.0.0.1"
    sandbox_port: int = 8105
    sandbox_url: str = "http://127.0.0.1:8105"
    sandbox_calendars: tuple[str, ...] = ()
    sandbox_browser_hosts: dict[str, str] = {}
    sandbox_smtp_host: str = "127.0.0.1"
    sandbox_smtp_port: int = 8125
    data_dir: Path = Path("var")
    stripe_webhook_url: str = "http://127.0.0.1:8102/webhooks/stripe"
    stripe_webhook_secret: str = "whsec_sandbox"
