"""The payment service on both kinds of database."""

from collections.abc import AsyncIterator

import pytest

from tests.support.payment import Cashier, cashier


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Cashier]:
    """The payment service and the world outside, moved by hand."""
    async with cashier(database_url) as hands:
        yield hands
