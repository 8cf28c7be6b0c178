"""Customers who come at a set rate, whatever becomes of those who came before."""

import asyncio
from collections.abc import Callable
from random import Random

from tests.chaos.guest import Guest, Tale, Wish
from tests.chaos.witness import Witness
from tests.support.customer import LATER_TODAY, Customer
from tests.support.installation import Installation, Json
from tests.support.shop import Shop, catalog_of

SHOPS = 6
# Long enough to be paid in calm weather, short enough that its end is seen.
HURRY_MINUTES = 0.2
WAYS = {
    "pays": 54,
    "pays by form": 10,
    "books for nothing": 10,
    "pays a basket": 4,
    "pays for a contended time": 6,
    "is declined": 5,
    "leaves": 4,
    "cancels": 4,
    "pays too late": 2,
    "never pays": 1,
}


class Crowd:
    """Everybody who comes in one run, and what each wants: drawn from the seed."""

    def __init__(
        self, installation: Installation, witness: Witness, seed: int, clock: Callable[[], float]
    ) -> None:
        self._installation = installation
        self._http = witness
        self._rng = Random(f"crowd {seed}")
        # Which times are free depends on the day: drawing them must not change what is wanted.
        self._dealer = Random(f"times {seed}")
        self._clock = clock
        self._free: dict[str, list[tuple[str, str]]] = {}
        self._taken: list[tuple[str, str]] = []
        self.tales: list[Tale] = []
        self._visits: list[asyncio.Task[None]] = []

    async def open_shops(self) -> None:
        """Open a few businesses, and see what is free there for weeks."""
        for _ in range(SHOPS):
            customer = Customer(self._installation, self._http)
            shop = await customer.shop()
            await customer.apply(_with_time_to_pay(catalog_of(shop.slug)))
            await self._look_around(customer, shop)
        for free in self._free.values():
            self._dealer.shuffle(free)

    async def _look_around(self, customer: Customer, shop: Shop) -> None:
        # The desk's times are dealt once for all that is done there.
        for kind, offering in (("desk", shop.visit), ("room", shop.room), ("hall", shop.course)):
            starts = (await customer.free_slots(offering))[LATER_TODAY:]
            self._free.setdefault(kind, []).extend((shop.slug, start) for start in starts)

    async def come(self, seconds: float, rate: float) -> None:
        """Have customers come for so long, so many a second."""
        next_at = self._clock()
        end = next_at + seconds
        while (next_at := next_at + self._rng.expovariate(rate)) < end:
            await asyncio.sleep(max(0.0, next_at - self._clock()))
            customer = Customer(self._installation, self._http)
            guest = Guest(customer, self._wish(), Random(self._rng.random()), self._clock)
            self.tales.append(guest.tale)
            self._visits.append(asyncio.create_task(guest.comes()))

    async def leave(self, seconds: float) -> None:
        """Wait so long until everybody has what they get; who is still there then goes without."""
        if not self._visits:
            return
        done, here = await asyncio.wait(self._visits, timeout=seconds)
        for visit in here:
            visit.cancel()
        await asyncio.gather(*here, return_exceptions=True)
        for visit in done:
            visit.result()

    def _wish(self) -> Wish:
        (way,) = self._rng.choices(list(WAYS), list(WAYS.values()))
        if way == "pays for a contended time" and self._taken:
            return Wish(way, (self._dealer.choice(self._taken[-30:]),))
        shop, start = self._free["desk"].pop()
        if way == "books for nothing":
            return Wish(way, ((f"{shop}.hello", start),))
        if way in ("pays too late", "never pays"):
            return Wish(way, ((f"{shop}.hurry", start),))
        if way == "pays a basket":
            return Wish(way, ((f"{shop}.visit", start), self._one_more(shop)))
        item = self._one() if self._rng.random() < 0.2 else (f"{shop}.visit", start)
        self._taken.append(item)
        return Wish(way, (item,), "card" if way == "pays by form" else None)

    def _one(self) -> tuple[str, str]:
        """An hour in a room, or a seat in a course that others sit in as well."""
        if self._rng.random() < 0.5:
            shop, start = self._free["room"].pop()
            return f"{shop}.room", start
        shop, start = self._dealer.choice(self._free["hall"])
        return f"{shop}.course", start

    def _one_more(self, shop: str) -> tuple[str, str]:
        """An hour in a room of the same shop."""
        at = next(n for n, (whose, _) in enumerate(self._free["room"]) if whose == shop)
        return f"{shop}.room", self._free["room"].pop(at)[1]


def _with_time_to_pay(catalog: Json) -> Json:
    for offering in catalog["offerings"]:
        if offering["slug"] == "hurry":
            offering["hold_minutes"] = HURRY_MINUTES
    return catalog
