"""How the sandbox's Stripe is set up."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, field_validator

API_VERSION = "2026-10-28.endive"

# Stripe tries a test-mode delivery again for hours and a live one for three days.
_RETRY_DELAYS = (1.0, 3.0, 10.0, 30.0, 120.0, 600.0, 3600.0, 14400.0, 43200.0, 86400.0, 86400.0)


class Listener(BaseModel):
    """A webhook endpoint known from the start."""

    model_config = ConfigDict(frozen=True)

    url: str
    secret: str
    enabled_events: tuple[str, ...] = ("*",)


class StripeSandboxSettings(BaseModel):
    """Where the sandbox's Stripe is reached, whom it tells, and how fast its world turns."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    webhooks: tuple[Listener, ...] = ()
    business_name: str = "Sandbox business"
    fee_percent: Decimal = Decimal("1.5")
    fee_fixed: int = 25
    settle_seconds: float = 2.0
    hold_seconds: int = 7 * 24 * 3600
    idempotency_seconds: int = 24 * 3600
    retry_delays: tuple[float, ...] = _RETRY_DELAYS
    delivery_timeout: float = 15.0
    poll_seconds: float = 0.25

    @field_validator("base_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")
