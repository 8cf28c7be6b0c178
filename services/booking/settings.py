"""The settings of the booking service."""

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service knows, and where bookings are kept."""

    database_url_booking: str = ""
    quote_minutes: int = Field(30, ge=1, le=24 * 60)
