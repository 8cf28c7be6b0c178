"""What the gateway can be told from outside."""

from ipaddress import IPv4Network, IPv6Network
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from shared.errors import Misconfigured
from shared.settings import ServiceSettings, refuse_in_production


class Settings(ServiceSettings):
    """Where the services are, and how much a caller may ask."""

    operator_key: str = Field("", description="Opens /v1/admin. Without one nobody gets in.")

    booking_url: str = "http://127.0.0.1:8101"
    payment_url: str = "http://127.0.0.1:8102"
    calendar_url: str = "http://127.0.0.1:8103"
    notify_url: str = "http://127.0.0.1:8104"

    reads_per_minute: int = Field(600, gt=0)
    writes_per_minute: int = Field(60, gt=0)
    streams_per_caller: int = Field(20, gt=0)
    largest_body: int = Field(256 * 1024, gt=0, description="Bytes.")
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = Field(
        (), description="Networks whose X-Forwarded-For is believed, as a JSON list."
    )

    connect_seconds: float = 1.0
    answer_seconds: float = 10.0
    usual_wait: float = Field(10.0, description="How long POST /v1/bookings waits for the next step.")
    longest_wait: float = 30.0
    look_again_seconds: float = Field(0.25, description="How often a waiter reads when it hears nothing.")
    stream_look_again_seconds: float = Field(
        5.0, description="How often a stream reads when it hears nothing."
    )
    stream_seconds: float = Field(600.0, description="After this long a stream asks to be opened again.")
    stream_ping_seconds: float = 15.0

    @property
    def over_https(self) -> bool:
        return self.site.startswith("https://")

    @property
    def payment_origins(self) -> tuple[str, ...]:
        """Hosts beside the provider's own that the card page needs: where the sandbox is."""
        # Also on our own host: a visitor may have come by another name of it (localhost, 127.0.0.1).
        sandbox = urlsplit(self.sandbox_url)
        return (f"{sandbox.scheme}://{sandbox.netloc}",) if sandbox.netloc else ()

    @model_validator(mode="after")
    def _refuse_open_doors(self) -> Self:
        if self.environment == "production":
            refuse_in_production(HOLDFAST_OPERATOR_KEY=self.operator_key)
            if len(self.operator_key) < 20:
                raise Misconfigured("HOLDFAST_OPERATOR_KEY is too short: use at least 20 random characters.")
            if not self.over_https:
                raise Misconfigured("HOLDFAST_PUBLIC_URL must be the https:// address that customers use.")
        return self
