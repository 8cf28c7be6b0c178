"""Notify on both databases, beside a mail server."""

from collections.abc import AsyncIterator

import pytest

from tests.support.notify import MailServer, Notify, mail_server, notify_on


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    """A mail server that takes everything until told otherwise."""
    async with mail_server() as server:
        yield server


@pytest.fixture
async def notify(database_url: str, mail: MailServer) -> AsyncIterator[Notify]:
    """Notify with an empty schema, sending to the mail server."""
    async with notify_on(database_url, smtp_port=mail.port) as service:
        yield service


@pytest.fixture
async def small_notify(sqlite_url: str, mail: MailServer) -> AsyncIterator[Notify]:
    """Notify on SQLite alone, for what does not depend on the database."""
    async with notify_on(sqlite_url, smtp_port=mail.port) as service:
        yield service
