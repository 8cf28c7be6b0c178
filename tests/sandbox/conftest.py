"""What the sandbox's tests share."""

from collections.abc import AsyncIterator

import pytest

from tests.support.sandbox_stripe import StripeSandbox, stripe_sandbox


@pytest.fixture
async def bank() -> AsyncIterator[StripeSandbox]:
    """The sandbox's Stripe on a loopback port, with the real SDK in front of it."""
    async with stripe_sandbox() as sandbox:
        yield sandbox
