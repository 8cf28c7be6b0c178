"""Business as usual: what must still go its way after everything hostile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.support.customer import Customer
from tests.support.installation import Installation, Json
from tests.support.invariants import check_everything


@asynccontextmanager
async def a_customer(installation: Installation) -> AsyncIterator[Customer]:
    """Somebody who books, whatever others send meanwhile."""
    async with httpx.AsyncClient(base_url=installation.url, timeout=20, trust_env=False) as http:
        yield Customer(installation, http)


async def goes_on(installation: Installation) -> None:
    """A visit is booked, paid, confirmed and written into the calendar, and all that must hold does."""
    async with a_customer(installation) as customer:
        shop = await customer.shop()
        booking = await customer.book(shop.visit)
        await customer.pay(booking)
        await customer.until(booking, "confirmed")
        await customer.until_shown(booking)
    await check_everything(installation)


async def free_starts(installation: Installation) -> list[tuple[str, str]]:
    """What can really be booked now: offerings that cost something and that do not, with their starts."""
    async with a_customer(installation) as customer:
        shop = await customer.shop()
        return [
            (offering, start)
            for several in zip(
                *[await customer.free_slots(one) for one in (shop.hello, shop.room)], strict=False
            )
            for offering, start in zip((shop.hello, shop.room), several, strict=True)
        ]


async def a_wish(installation: Installation) -> Json:
    """A booking that would be granted, with everything filled in that can be."""
    async with a_customer(installation) as customer:
        shop = await customer.shop()
        start = await customer.a_slot(shop.hello)
    item = {
        "offering": shop.hello,
        "start": start,
        "quantity": 1,
        "meeting_method": "phone",
        "address": "1 High Street",
        "postcode": "SW1A 1AA",
    }
    somebody = {
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "phone": "+44 20 7946 0000",
        "company": "Engines",
        "notes": "Ring twice",
        "locale": "en-GB",
        "timezone": "Europe/London",
    }
    return {"items": [item], "customer": somebody, "payment": {"method": "none", "currency": "USD"}}
