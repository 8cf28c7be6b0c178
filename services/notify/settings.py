"""The settings of notify."""

from email.utils import parseaddr
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.settings import ServiceSettings, refuse_in_production

SENDER = "bookings@localhost"


class Settings(ServiceSettings):
    """What notify must know: where mail goes out, and as whom."""

    database_url_notify: str = ""
    smtp_host: str = ""
    smtp_port: int | None = Field(None, ge=1, le=65535)
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_security: Literal["auto", "starttls", "tls", "none"] = "auto"
    # The address alone: mails show the business's name beside it, and answers go to the business.
    smtp_from: str = SENDER
    # How long a mail is tried again while the mail server is down or puts it off.
    mail_patience_hours: float = Field(72.0, gt=0)
    # Whether the business hears of a confirmed booking at its own address.
    mail_new_bookings: bool = False

    @field_validator("smtp_from")
    @classmethod
    def _only_the_address(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if "@" not in address.strip("@"):
            raise ValueError(f"{value!r} is not an e-mail address")
        return address

    @model_validator(mode="after")
    def _name_the_mail_server(self) -> Self:
        if self.environment == "production":
            refuse_in_production(
                HOLDFAST_SMTP_HOST=self.smtp_host,
                HOLDFAST_SMTP_FROM="" if self.smtp_from == SENDER else self.smtp_from,
            )
        return self

    @property
    def mail_server(self) -> tuple[str, int]:
        """Where mail goes out: what was set, else the sandbox's inbox, or the submission port."""
        usual = 587 if self.environment == "production" else 8125
        return self.smtp_host or "127.0.0.1", self.smtp_port or usual
