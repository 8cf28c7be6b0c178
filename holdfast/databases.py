"""The services' databases, and what to say when one of them cannot be used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DatabaseError

from shared.db import is_database_down
from shared.errors import Misconfigured
from shared.service import Service

_SIGNS_OF_DAMAGE = ("not a database", "malformed")


async def bring_up_to_date(service: Service) -> None:
    """Run the migrations of a service; raises Misconfigured when its database cannot be used."""
    async with _in_words(service):
        await service.migrate()


async def look_at(service: Service) -> None:
    """See that a service's database answers and has the newest schema; raises Misconfigured."""
    async with _in_words(service):
        await service.database.check()
        await service.check_schema()


@asynccontextmanager
async def _in_words(service: Service) -> AsyncIterator[None]:
    try:
        yield
    except Exception as error:
        said = _said(service, error)
        if said is None:
            raise
        raise Misconfigured(said) from error


def _said(service: Service, error: Exception) -> str | None:
    # An address is shown without its user and password.
    place = service.database.url.split("@")[-1]
    setting = f"HOLDFAST_DATABASE_URL_{service.name.upper()}"
    if is_database_down(error):
        return (
            f"the database of {service.name} does not answer at {place} ({error}). "
            f"Start it, or set {setting}."
        )
    if isinstance(error, DatabaseError) and any(sign in str(error.orig) for sign in _SIGNS_OF_DAMAGE):
        return (
            f"the database of {service.name} at {place} is damaged ({error.orig}). Put a good copy in its "
            f"place, move it away to begin anew, or set {setting}."
        )
    return None
