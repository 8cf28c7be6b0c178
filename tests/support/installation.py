"""A running installation as a test sees it from outside: where it answers, and what it keeps."""

import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

Json = dict[str, Any]

SERVICES = ("booking", "payment", "calendar", "notify")
# A declined card and a left page end soon, and late money goes back soon: a test waits for both.
DECLINE_GRACE = 0.5
LATE_WINDOW = 4.0

HOUSE = {
    "business": {
        "slug": "house",
        "name": "The house",
        "timezone": "Europe/London",
        "currencies": ["USD"],
        "email": "house@example.com",
    },
    "resources": [{"slug": "desk", "name": "The desk", "hours": {"monday": ["09:00-17:00"]}}],
    "offerings": [{"slug": "hello", "title": "Hello", "resources": ["desk"], "duration_minutes": 30}],
}


@dataclass
class Installation:
    """One installation of either kind, and what it promised to whom so far."""

    kind: str
    url: str
    environment: Mapping[str, str]
    databases: Mapping[str, str]
    webhooks: str
    # Every booking that was answered with success, by its id.
    accepted: dict[str, Json] = field(default_factory=dict)
    # What was found wrong already: a later test is not blamed for it again.
    reported: set[str] = field(default_factory=set)
    restart: Callable[[], None] = lambda: None
    _names: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _mark: str = field(default_factory=lambda: secrets.token_hex(3))

    @property
    def sandbox(self) -> str:
        """Where the outside world answers."""
        return self.environment["HOLDFAST_SANDBOX_URL"]

    @property
    def operator(self) -> dict[str, str]:
        """The headers of an operator."""
        return {"Authorization": f"Bearer {self.environment['HOLDFAST_OPERATOR_KEY']}"}

    def new_name(self, stem: str) -> str:
        """A name nobody used before in this installation."""
        return f"{stem}-{self._mark}-{next(self._names)}"


def keys_and_patience() -> dict[str, str]:
    """The settings that every installation of the tests has, whatever its kind."""
    return {
        "HOLDFAST_OPERATOR_KEY": f"hk_op_{secrets.token_urlsafe(24)}",
        "HOLDFAST_INTERNAL_KEY": secrets.token_urlsafe(24),
        "HOLDFAST_SECRET": secrets.token_urlsafe(24),
        "HOLDFAST_STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_urlsafe(24)}",
        "HOLDFAST_DECLINE_GRACE_SECONDS": str(DECLINE_GRACE),
        "HOLDFAST_LATE_WINDOW_SECONDS": str(LATE_WINDOW),
        "HOLDFAST_STRIPE_TIMEOUT_SECONDS": "2",
        "HOLDFAST_READS_PER_MINUTE": "600000",
        "HOLDFAST_WRITES_PER_MINUTE": "600000",
        # Several installations share one server, and some services are two processes.
        "HOLDFAST_DATABASE_POOL": "4",
        "HOLDFAST_LOG_FORMAT": "json",
        "HOLDFAST_LOG_LEVEL": "WARNING",
    }


def write_catalog(directory: Path) -> Path:
    """A catalog with next to nothing in it; every test brings a business of its own."""
    path = directory / "house.yaml"
    path.write_text(yaml.safe_dump(HOUSE, sort_keys=False))
    return path


def plain(url: str) -> str:
    """An address that `asyncpg` and SQLAlchemy's own driver names agree on."""
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc}{parts.path}" if parts.scheme.startswith("postgresql") else url
