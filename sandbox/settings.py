"""What can be set about the sandbox."""

from dataclasses import dataclass

SANDBOX_DOMAIN = "sandbox.holdfast.test"


@dataclass(frozen=True)
class GoogleSettings:
    """Which calendars exist beside those of the sandbox's own domain, and the zone they are kept in."""

    calendars: tuple[str, ...] = ()
    time_zone: str = "UTC"
