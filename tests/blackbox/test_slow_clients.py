"""Callers who take for ever, break off, or talk ahead: others are served meanwhile, and nothing is lost."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from tests.blackbox import business
from tests.blackbox.logs import alarms
from tests.blackbox.raw import Wire, ask, connected, request
from tests.support.customer import Customer
from tests.support.embedded import Embedded
from tests.support.installation import Installation
from tests.support.launcher import Launcher

pytestmark = pytest.mark.timeout(120)

# How long a request may take to arrive here.
PATIENCE = 3.0
MANY = 150
JSON = ("Content-Type", "application/json")


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[Embedded]:
    """An installation that waits three seconds for a request."""
    folder = tmp_path_factory.mktemp("impatient")
    product = Embedded(folder, launcher.embedded, HOLDFAST_REQUEST_SECONDS=str(PATIENCE))
    product.start()
    try:
        yield product
    finally:
        product.stop()


@pytest.fixture
async def installation(impatient: Embedded) -> AsyncIterator[Installation]:
    """That installation, which does its business afterwards and has complained of nothing."""
    yield impatient.installation
    await business.goes_on(impatient.installation)
    assert not alarms(impatient.process.said())


@pytest.fixture
async def customer(installation: Installation) -> AsyncIterator[Customer]:
    """Somebody who books."""
    async with business.a_customer(installation) as found:
        yield found


async def drip(wire: Wire, data: bytes) -> None:
    """Send one byte after the other until nobody listens."""
    for number in range(len(data)):
        await wire.send(data[number : number + 1])
        await asyncio.sleep(0.2)


BEGUN = {
    "says nothing": b"",
    "half a line": b"GET /v1/busi",
    "half a head": b"GET /v1/businesses HTTP/1.1\r\nHost: a\r\nX-A: ",
    "half a body": request("POST", "/v1/quotes", [JSON, ("Content-Length", "1000")], b'{"items": ['),
    "half a piece": request(
        "POST", "/v1/quotes", [JSON, ("Transfer-Encoding", "chunked")], b"ff\r\n{" + b" " * 9
    ),
    "half a webhook": request("POST", "/webhooks/stripe", [("Content-Length", "1000")], b"{"),
}


async def left_waiting(address: str, data: bytes) -> tuple[str, float]:
    """How a request that does not go on ends, and after how long."""
    began = time.monotonic()
    reply = await ask(address, data)
    return str(reply.problem["code"]) if reply else "no answer", time.monotonic() - began


async def test_whoever_does_not_go_on_is_let_go(impatient: Embedded) -> None:
    address = impatient.installation.url
    ended = await asyncio.gather(*(left_waiting(address, data) for data in BEGUN.values()))
    codes = dict(zip(BEGUN, (code for code, _ in ended), strict=True))
    assert codes == dict.fromkeys(BEGUN, "request_too_slow") | {"says nothing": "no answer"}
    assert all(PATIENCE - 0.5 < seconds < PATIENCE + 5 for _, seconds in ended), ended


async def test_bytes_that_drip_in_do_not_prolong_the_wait(impatient: Embedded) -> None:
    async with connected(impatient.installation.url) as wire:
        dripping = asyncio.create_task(drip(wire, BEGUN["half a head"] + b"a" * 1000))
        reply = await wire.reply(PATIENCE + 5)
        dripping.cancel()
    assert reply
    assert (reply.status, reply.problem["code"]) == (408, "request_too_slow")


async def test_customers_are_served_while_many_connections_hang(
    installation: Installation, customer: Customer
) -> None:
    async with AsyncExitStack() as stack:
        for number in range(MANY):
            wire = await stack.enter_async_context(connected(installation.url))
            await wire.send(list(BEGUN.values())[number % len(BEGUN)])
        began = time.monotonic()
        shop = await customer.shop()
        booking = await customer.book(shop.hello)
        await customer.until(booking, "confirmed")
        assert time.monotonic() - began < 10


async def test_requests_sent_ahead_are_answered_in_order(installation: Installation) -> None:
    targets = ("/healthz", "/v1/businesses", "/v1/bookings/bk_none", "/healthz")
    async with connected(installation.url) as wire:
        await wire.send(b"".join(request("GET", target) for target in targets))
        replies = [await wire.reply() for _ in targets]
    assert [reply.status if reply else 0 for reply in replies] == [200, 200, 404, 200]


async def test_a_booking_whose_caller_breaks_off_counts_once(
    installation: Installation, customer: Customer
) -> None:
    shop = await customer.shop()
    wish = customer.wish((shop.hello, await customer.a_slot(shop.hello)))
    key = installation.new_name("key")
    data = request("POST", "/v1/bookings", [JSON, ("Idempotency-Key", key)], json.dumps(wish).encode())
    async with connected(installation.url) as wire:
        await wire.send(data)
        wire.writer.write_eof()
    async with connected(installation.url) as wire:
        await wire.send(data)
        wire.writer.transport.abort()
    answer = await customer.ask_for(wish, key)
    assert answer.status_code == 201, answer.text
    found = await customer.http.get("/v1/admin/bookings", headers=installation.operator)
    mine = [one for one in found.json()["bookings"] if one["customer"]["email"] == customer.email]
    assert [one["id"] for one in mine] == [answer.json()["id"]]
