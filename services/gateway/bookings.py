"""Reading bookings, and waiting for what happens to them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.gateway.access import Access
from services.gateway.clients import ServiceClient, ServiceUnavailable, content_of
from services.gateway.live import LiveFeed, Watch
from services.gateway.transports import Answer

Json = dict[str, Any]
Condition = Callable[[Json], bool]

# How many times longer a waiter may pause when it hears nothing.
SLOWEST = 8

_OVER = {"confirmed", "failed", "cancelled", "completed", "no_show"}


def is_over(booking: Json) -> bool:
    """Nothing more happens to the booking by itself."""
    return booking["status"] in _OVER


def has_next_step(booking: Json) -> bool:
    """A person can act on what the booking says: pay, be glad, or choose another time."""
    waiting_for_payment = booking["status"] == "awaiting_payment"
    payment = booking.get("payment") or {}
    return is_over(booking) or (waiting_for_payment and payment.get("next_action") is not None)


def token_of(booking: Json) -> str | None:
    """The manage token in the booking's manage link, if the booking shows one."""
    fragment = urlsplit(booking.get("manage_url") or "").fragment
    return next(iter(parse_qs(fragment).get("t", [])), None)


class Bookings:
    """The bookings as the booking service tells them, and the live feed that says when to look again."""

    def __init__(self, client: ServiceClient, feed: LiveFeed, *, look_again: float) -> None:
        self._client = client
        self._feed = feed
        self._look_again = look_again
        self._ending = False

    def end(self) -> None:
        """Answer everybody who waits with how things stand: the process stops."""
        self._ending = True
        self._feed.wake_all()

    async def answer(self, booking_id: str, access: Access) -> Answer:
        """The booking as this caller may see it."""
        return await self._client.ask("GET", f"/bookings/{booking_id}", headers=access.headers)

    async def read(self, booking_id: str, access: Access) -> Json:
        """The booking; raises the service's refusal."""
        return content_of(await self.answer(booking_id, access))

    async def settle(self, booking: Json, access: Access, enough: Condition, seconds: float) -> Json:
        """The booking as soon as `enough` holds of it, or as it stands when the time is up."""
        latest = [booking]
        if enough(booking) or seconds <= 0:
            return booking
        # A stream of news is a reason to look, its absence none to wait: the bus may be away.
        with suppress(TimeoutError), self._feed.subscribe(booking["id"]) as watch:
            async with asyncio.timeout(seconds):
                await self._follow(watch, latest, access, enough)
        return latest[0]

    async def _follow(self, watch: Watch, latest: list[Json], access: Access, enough: Condition) -> None:
        booking_id = latest[0]["id"]
        pause = self._look_again
        while True:
            # What was accepted stays accepted, also when the service stumbles while we wait.
            with suppress(ServiceUnavailable):
                latest[0] = await self.read(booking_id, access)
            if enough(latest[0]) or self._ending:
                return
            # A crowd that waits must not keep the service busy with its questions.
            heard = await watch.heard_within(pause)
            pause = self._look_again if heard else min(pause * 2, self._look_again * SLOWEST)
