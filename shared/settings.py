"""Settings that every service has. All come from the environment, prefixed HOLDFAST_."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import Misconfigured

DEVELOPMENT_KEY = "development-only-key"
DEVELOPMENT_SECRET = "development-only-secret"


class ServiceSettings(BaseSettings):
    """What every service must know; a service adds its own fields."""

    model_config = SettingsConfigDict(env_prefix="HOLDFAST_", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = "development"
    port: int = Field(8000, ge=1, le=65535)
    data_dir: Path = Path("var")
    public_url: str = ""
    amqp_url: str = "amqp://guest:guest@127.0.0.1:5672/"
    amqp_prefix: str = "holdfast"
    internal_key: str = DEVELOPMENT_KEY
    secret: str = DEVELOPMENT_SECRET
    sandbox_url: str = ""
    # Connections that one process may have to PostgreSQL, which lets in a hundred unless told otherwise.
    database_pool: int = Field(10, ge=2, le=200)
    log_format: Literal["json", "text"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _refuse_what_is_for_development(self) -> Self:
        if self.environment == "production":
            refuse_in_production(
                HOLDFAST_INTERNAL_KEY="" if self.internal_key == DEVELOPMENT_KEY else self.internal_key,
                HOLDFAST_SECRET="" if self.secret == DEVELOPMENT_SECRET else self.secret,
                HOLDFAST_PUBLIC_URL=self.public_url,
            )
            if self.sandbox_url:
                raise Misconfigured(
                    "HOLDFAST_SANDBOX_URL is set: the sandbox never runs in production. Unset it."
                )
        return self

    @property
    def site(self) -> str:
        """The address that customers see, without a slash at the end."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    def database_url(self, service: str) -> str:
        """The service's database: its own setting, or a file in the data directory."""
        given = str(getattr(self, f"database_url_{service}", "") or "")
        kind = urlsplit(given).scheme
        if given and kind.partition("+")[0] not in ("postgresql", "sqlite"):
            raise Misconfigured(
                f"HOLDFAST_DATABASE_URL_{service.upper()} begins with {kind or 'no scheme'!r}: write "
                "postgresql://user:password@host/database or sqlite:///path/to/file."
            )
        return given or f"sqlite:///{self.data_dir / service}.db"


def refuse_in_production(**values: str) -> None:
    """Name every setting that production must have and that is missing or a default."""
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise Misconfigured(
            f"production needs {', '.join(missing)}. Set each to a value of your own "
            "(`openssl rand -hex 32` makes a good secret)."
        )


def is_loopback(url: str) -> bool:
    """True when the address is on this machine."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
