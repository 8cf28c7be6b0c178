"""A customer who gets what they came for, however often the product dies meanwhile."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from tests.support.customer import OVER, Customer
from tests.support.installation import Json
from tests.support.outside import GOOD, NO_FUNDS
from tests.support.shop import Shop

Answer = TypeVar("Answer")

PATIENCE = 60.0


class Stubborn:
    """Asks again with the same key, reloads the page, presses the button again."""

    def __init__(self, customer: Customer, shop: Shop, starts: list[str]) -> None:
        self._customer = customer
        self._shop = shop
        self._starts = iter(starts)

    async def pays(self) -> Json:
        """Books and pays; the confirmed booking."""
        return await self._story(GOOD, ("authorized", "already_paid"))

    async def is_declined(self) -> Json:
        """Books, and has no money on the card; the failed booking."""
        return await self._story(NO_FUNDS, ("declined", "expired"))

    async def _story(self, card: str, outcomes: tuple[str, ...]) -> Json:
        booking = await self._book()
        outcome = await insist(lambda: self._customer.pay(booking, card))
        assert outcome["outcome"] in outcomes, outcome
        return await self._until(booking, lambda seen: seen["status"] in OVER)

    async def _book(self) -> Json:
        wish = self._customer.wish((self._shop.visit, next(self._starts)))
        key = self._customer.installation.new_name("key")
        answer = await insist(lambda: self._asked(wish, key))
        return await self._until(answer.json(), lambda seen: bool(seen["payment"]["next_action"]))

    async def _asked(self, wish: Json, key: str) -> httpx.Response:
        answer = await self._customer.ask_for(wish, key)
        if answer.status_code >= 500:
            raise httpx.RemoteProtocolError(answer.text)
        assert answer.is_success, answer.text
        return answer

    async def _until(self, booking: Json, enough: Callable[[Json], bool]) -> Json:
        deadline = time.monotonic() + PATIENCE
        seen = booking
        while not enough(seen):
            assert time.monotonic() < deadline, f"{booking['id']} stays {seen['status']}"
            await asyncio.sleep(0.05)
            seen = await insist(lambda: self._customer.look(booking))
        return seen


async def insist(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """What is answered in the end, when nobody answers at first."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return await ask()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        except AssertionError:
            # A part of the product that is away is answered for by another with 503.
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.05)
