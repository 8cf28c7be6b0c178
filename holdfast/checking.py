"""`holdfast check`: what is wrong with this installation, in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import typer

from holdfast.parts import PARTS
from shared.db import Database, is_database_down
from shared.errors import Misconfigured, Outage
from shared.messaging.rabbit import RabbitBus
from shared.settings import ServiceSettings

Finding = Callable[[], Awaitable[str]]


async def check_everything() -> bool:
    """Look at settings, databases and broker; True when all of it is well."""
    settings = ServiceSettings()
    findings = [await _look(f"settings of {name}", _settings_of(name)) for name in PARTS]
    findings += [await _look(f"database of {name}", _database_of(name)) for name in PARTS]
    if any(PARTS[name].settings().database_url(name).startswith("postgresql") for name in PARTS):
        findings.append(await _look("RabbitMQ", lambda: _broker(settings)))
    return all(findings)


async def _look(what: str, find: Finding) -> bool:
    try:
        typer.echo(f"ok    {what}: {await find()}")
        return True
    except (Misconfigured, Outage, ValueError) as error:
        typer.echo(f"WRONG {what}: {error}")
        return False


def _settings_of(name: str) -> Finding:
    async def find() -> str:
        return PARTS[name].settings().environment

    return find


def _database_of(name: str) -> Finding:
    async def find() -> str:
        url = PARTS[name].settings().database_url(name)
        database = Database(url)
        try:
            await database.check()
        except Exception as error:
            if not is_database_down(error):
                raise
            raise Misconfigured(
                f"no answer ({error}). Start it, or set HOLDFAST_DATABASE_URL_{name.upper()}."
            ) from error
        finally:
            await database.dispose()
        return database.dialect

    return find


async def _broker(settings: ServiceSettings) -> str:
    bus = RabbitBus(settings.amqp_url, {}, prefix=settings.amqp_prefix)
    try:
        await bus.publish([])
        return "answers"
    except Outage as error:
        raise Misconfigured(f"{error}. Start it, or set HOLDFAST_AMQP_URL.") from error
    finally:
        await bus.close()
