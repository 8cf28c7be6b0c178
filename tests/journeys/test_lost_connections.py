"""Databases and broker drop their connections in the middle of bookings: nothing is lost or done twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from tests.support.customer import LATER_TODAY, Customer
from tests.support.distributed import Distributed
from tests.support.installation import SERVICES, Installation
from tests.support.invariants import check_everything, mailed_once
from tests.support.stubborn import Stubborn

pytestmark = [
    pytest.mark.distributed,
    pytest.mark.postgres,
    pytest.mark.rabbitmq,
    pytest.mark.xdist_group("distributed"),
    pytest.mark.timeout(300),
]
CROWD = 12
END_EVERYBODY = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@asynccontextmanager
async def crowd(installation: Installation) -> AsyncIterator[list[asyncio.Task[str]]]:
    """Customers who book and pay at once, each stubbornly; how their bookings end."""
    async with httpx.AsyncClient(base_url=installation.url, timeout=30, trust_env=False) as http:
        customer = Customer(installation, http)
        shop = await customer.shop()
        starts = (await customer.free_slots(shop.visit))[LATER_TODAY:]
        people = [Stubborn(customer, shop, [start]) for start in starts[:CROWD]]
        yield [asyncio.create_task(_ends(one)) for one in people]


async def _ends(one: Stubborn) -> str:
    return str((await one.pays())["status"])


async def end_every_connection(installation: Installation) -> None:
    """Have PostgreSQL end the connections of every service."""
    for service in SERVICES:
        connection = await asyncpg.connect(installation.databases[service])
        try:
            await connection.fetchval(END_EVERYBODY)
        finally:
            await connection.close()


async def test_bookings_survive_databases_that_end_every_connection_again_and_again(
    services: Distributed,
) -> None:
    async with crowd(services.installation) as bookings:
        for _ in range(6):
            await asyncio.sleep(0.4)
            await end_every_connection(services.installation)
        assert set(await asyncio.gather(*bookings)) == {"confirmed"}
    await check_everything(services.installation, besides=(mailed_once,))


async def test_bookings_survive_a_broker_that_drops_every_connection_again_and_again(
    services: Distributed,
) -> None:
    async with crowd(services.installation) as bookings:
        for _ in range(4):
            await asyncio.sleep(0.5)
            services.broker.cut()
            await asyncio.sleep(0.3)
            services.broker.mend()
        assert set(await asyncio.gather(*bookings)) == {"confirmed"}
    await check_everything(services.installation)


async def test_what_is_booked_while_the_broker_is_away_is_accepted_and_finished_when_it_is_back(
    services: Distributed,
) -> None:
    async with httpx.AsyncClient(base_url=services.installation.url, timeout=30, trust_env=False) as http:
        customer = Customer(services.installation, http)
        shop = await customer.shop()
        start = await customer.a_slot(shop.hello)
        services.broker.cut()
        try:
            answer = await customer.ask_for(customer.wish((shop.hello, start)), prefer="wait=1")
            assert (answer.status_code, answer.json()["status"]) == (202, "pending")
        finally:
            services.broker.mend()
        await customer.until(answer.json(), "confirmed", seconds=30)
    await check_everything(services.installation)
