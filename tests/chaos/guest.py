"""One customer of a run: what they came for, how stubbornly they ask, and what they got."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.chaos.history import OVER
from tests.support.customer import Customer
from tests.support.outside import GOOD, NO_FUNDS

Json = dict[str, Any]

# How long somebody tries to book, and follows what they booked.
ASKS_FOR = 90.0
FOLLOWS_FOR = 240.0
SOONEST, SLOWEST = 0.25, 3.0
REFUSED = (400, 404, 409, 422)


@dataclass
class Tale:
    """What one customer went through; times are seconds since the run began."""

    way: str
    began: float
    accepted: float | None = None
    over: float | None = None
    status: str = ""
    reason: str = ""
    booking: str = ""
    # How often the same key was asked with.
    asked: int = 0
    outcomes: list[str] = field(default_factory=list)

    @property
    def confirmed(self) -> float | None:
        """When the customer knew that the booking stands."""
        return self.over if self.status == "confirmed" else None


@dataclass(frozen=True)
class Wish:
    """What somebody wants, and how they go about it."""

    way: str
    items: tuple[tuple[str, str], ...]
    method: str | None = None


class Guest:
    """Books, and then does what their way is: pays, is declined, leaves, cancels, pays too late."""

    def __init__(self, customer: Customer, wish: Wish, rng: Random, clock: Callable[[], float]) -> None:
        self._customer = customer
        self._wish = wish
        self._rng = rng
        self._clock = clock
        self.tale = Tale(wish.way, clock())

    async def comes(self) -> None:
        """The whole visit, from the wish to the end."""
        booking = await self._book()
        if booking is None:
            return
        stands = await self._until(booking, lambda one: bool(one["payment"]["next_action"]))
        if stands is not None and stands["status"] not in OVER:
            await self._act(stands)
            stands = await self._until(booking, lambda one: False)
        if stands is not None and stands["status"] in OVER:
            self.tale.over = self._clock()
            self.tale.status, self.tale.reason = stands["status"], stands["reason"] or ""

    async def _book(self) -> Json | None:
        """Ask, and ask again with the same key until the answer is a clear one."""
        wish = self._customer.wish(*self._wish.items, method=self._wish.method)
        key = self._customer.installation.new_name("key")
        while self._clock() - self.tale.began < ASKS_FOR:
            self.tale.asked += 1
            try:
                answer = await self._customer.ask_for(wish, key, prefer="wait=5")
            except httpx.TransportError:
                await self._pause()
                continue
            if answer.is_success:
                self.tale.accepted = self._clock()
                self.tale.booking = answer.json()["id"]
                return dict(answer.json())
            if answer.status_code in REFUSED:
                self.tale.status, self.tale.reason = "refused", str(answer.json()["code"])
                return None
            await self._pause()
        self.tale.status = "not accepted"
        return None

    async def _act(self, booking: Json) -> None:
        way = self._wish.way
        await asyncio.sleep(self._rng.uniform(0.1, 0.5))
        if way in ("pays", "pays a basket", "pays for a contended time", "pays by form"):
            await self._pays(booking, GOOD)
        elif way == "is declined":
            await self._pays(booking, NO_FUNDS)
        elif way == "leaves":
            await self._told(self._customer.leave, booking)
        elif way == "cancels":
            await self._insists(self._customer.cancel, booking)
        elif way == "pays too late":
            await self._until(booking, lambda one: False)
            await self._pays(booking, GOOD)

    async def _pays(self, booking: Json, card: str) -> None:
        await self._told(self._customer.pay, booking, card)
        # As the page does when the provider sends the customer back.
        await self._insists(self._customer.confirm, booking)

    async def _told(self, act: Callable[..., Any], *what: Any) -> None:
        """Do something at the provider's page; what it says is remembered."""
        try:
            self.tale.outcomes.append(str((await act(*what))["outcome"]))
        except (httpx.TransportError, AssertionError) as error:
            self.tale.outcomes.append(f"{type(error).__name__}: {error}"[:200])

    async def _insists(self, act: Callable[..., Any], booking: Json, times: int = 4) -> None:
        """Press the button again when nothing happens."""
        for _ in range(times):
            try:
                answer = await act(booking)
            except (httpx.TransportError, AssertionError):
                await self._pause()
                continue
            if not isinstance(answer, httpx.Response) or answer.status_code < 500:
                return
            await self._pause()

    async def _until(self, booking: Json, enough: Callable[[Json], bool]) -> Json | None:
        """The booking when it is over, or as soon as there is enough of it; None when nobody says."""
        until, pause, stands = self._clock() + FOLLOWS_FOR, SOONEST, None
        while self._clock() < until:
            try:
                stands = await self._customer.look(booking)
                if stands["status"] in OVER or enough(stands):
                    return stands
            except (httpx.TransportError, AssertionError):
                # A part that is away is answered for with 503; the history has it.
                stands = None
            await asyncio.sleep(pause)
            pause = min(SLOWEST, pause * 1.4)
        return stands

    async def _pause(self) -> None:
        await asyncio.sleep(self._rng.uniform(0.3, 1.5))
