"""How much a caller may ask, and what is never limited."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from services.gateway.main import build
from shared.messaging.local import LocalBus
from shared.runtime import ManualClock, Runtime
from tests.support.gateway import OPERATOR, WANTED, Town, a_town, in_front_of, settings_for

JSON = {"Content-Type": "application/json", "Idempotency-Key": "k"}


def at_a_standstill() -> tuple[ManualClock, Runtime]:
    clock = ManualClock()
    return clock, Runtime(clock, Runtime.real().random)


async def reads(caller: httpx.AsyncClient, times: int) -> list[int]:
    return [(await caller.get("/v1/businesses")).status_code for _ in range(times)]


async def a_shop(town: Town) -> None:
    town.booking.tells("GET", "/businesses", {"businesses": []})


async def test_a_caller_above_the_allowance_is_told_when_to_come_back() -> None:
    clock, runtime = at_a_standstill()
    async with a_town(runtime=runtime, reads_per_minute=3) as town:
        await a_shop(town)
        assert await reads(town.client, 3) == [200, 200, 200]
        refused = await town.client.get("/v1/businesses")
        clock.advance(int(refused.headers["retry-after"]))
        assert await reads(town.client, 2) == [200, 429]
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "20"
    assert refused.headers["ratelimit"] == '"read";r=0;t=60'
    assert refused.headers["x-request-id"]


async def test_every_answer_says_how_much_is_left() -> None:
    _, runtime = at_a_standstill()
    async with a_town(runtime=runtime, reads_per_minute=10) as town:
        await a_shop(town)
        answer = await town.client.get("/v1/businesses")
    assert answer.headers["ratelimit-policy"] == '"read";q=10;w=60'
    assert answer.headers["ratelimit"] == '"read";r=9;t=6'


async def test_one_caller_does_not_use_up_the_allowance_of_another() -> None:
    async with a_town(reads_per_minute=1) as town, in_front_of(town.gateway.app, "198.51.100.9") as neighbour:
        await a_shop(town)
        assert await reads(town.client, 2) == [200, 429]
        assert await reads(neighbour, 2) == [200, 429]


async def test_reading_does_not_use_up_writing() -> None:
    async with a_town(reads_per_minute=1, writes_per_minute=1, usual_wait=0) as town:
        await a_shop(town)
        await reads(town.client, 2)
        first = await town.book()
        second = await town.book()
    assert (first.status_code, second.status_code) == (202, 429)


async def test_operators_and_health_checks_are_not_limited() -> None:
    async with a_town(reads_per_minute=1) as town:
        await a_shop(town)
        as_operator = [
            (await town.client.get("/v1/businesses", headers=OPERATOR)).status_code for _ in range(3)
        ]
        health = [(await town.client.get("/healthz")).status_code for _ in range(3)]
    assert as_operator == health == [200, 200, 200]


async def test_a_wrong_operator_key_is_limited_like_anybody() -> None:
    async with a_town(reads_per_minute=2) as town:
        wrong = {"Authorization": "Bearer hk_op_guess"}
        answers = [(await town.client.get("/v1/admin/sagas", headers=wrong)).status_code for _ in range(3)]
    assert answers == [403, 403, 429]


async def test_a_forwarded_address_counts_only_from_a_trusted_proxy() -> None:
    async with a_town(reads_per_minute=1, trusted_proxies=["10.0.0.0/8"]) as town:
        await a_shop(town)
        async with in_front_of(town.gateway.app, "10.1.2.3") as proxy:
            for_one = {"X-Forwarded-For": "198.51.100.1"}
            for_another = {"X-Forwarded-For": "198.51.100.1, 198.51.100.2, 10.9.9.9"}
            answers = [
                (await proxy.get("/v1/businesses", headers=headers)).status_code
                for headers in (for_one, for_another, for_one)
            ]
        claimed = [
            (await town.client.get("/v1/businesses", headers={"X-Forwarded-For": f"192.0.2.{n}"})).status_code
            for n in range(2)
        ]
    assert answers == [200, 200, 429]
    assert claimed == [200, 429]


async def test_a_household_with_many_ipv6_addresses_is_one_caller() -> None:
    async with a_town(reads_per_minute=1) as town:
        await a_shop(town)
        statuses = []
        for address in ("2001:db8:1:2::1", "2001:db8:1:2::ffff", "2001:db8:1:3::1"):
            async with in_front_of(town.gateway.app, address) as caller:
                statuses += await reads(caller, 1)
    assert statuses == [200, 429, 200]


async def test_a_body_declared_too_large_is_refused_unread() -> None:
    async with a_town(largest_body=1000) as town:
        answer = await town.client.post("/v1/bookings", content=b"x" * 1001, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_of_unknown_length_is_read_no_further_than_the_limit() -> None:
    pulled = []

    async def endless() -> AsyncIterator[bytes]:
        for number in range(100_000):
            pulled.append(number)
            yield b"x" * 100

    async with a_town(largest_body=1000) as town:
        answer = await town.client.post("/v1/bookings", content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert len(pulled) <= 12


async def test_a_small_body_in_pieces_is_understood() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        text = httpx.Request("POST", "http://x", json=WANTED).content
        for start in range(0, len(text), 50):
            yield text[start : start + 50]

    async with a_town(usual_wait=0) as town:
        answer = await town.client.post("/v1/bookings", content=pieces(), headers=JSON)
    assert answer.status_code == 202


async def test_an_app_that_is_mounted_beside_the_gateway_keeps_its_own_rules() -> None:
    async def guest(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await PlainTextResponse(f"{scope['path']} {len(body)}")(scope, receive, send)

    settings = settings_for(writes_per_minute=1, largest_body=10)
    gateway = build(settings, Runtime.real(), LocalBus(), mounts={"/sandbox": guest})
    async with in_front_of(gateway.app) as visitor:
        answers = [await visitor.post("/sandbox/control/pay", content=b"x" * 100) for _ in range(2)]
        neighbour = await visitor.post("/sandboxes", content=b"x" * 100)
    assert [answer.text for answer in answers] == ["/sandbox/control/pay 100"] * 2
    assert "content-security-policy" not in answers[0].headers
    assert neighbour.status_code == 413


@pytest.mark.parametrize("size", [10, 5_000])
async def test_webhooks_pass_untouched_whatever_their_size_and_number(size: int) -> None:
    ingress = APIRouter()

    @ingress.post("/webhooks/stripe")
    async def receive(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    settings = settings_for(writes_per_minute=1, largest_body=1000)
    gateway = build(settings, Runtime.real(), LocalBus(), extra_routers=[ingress])
    async with in_front_of(gateway.app) as provider:
        answers = [await provider.post("/webhooks/stripe", content=b"x" * size) for _ in range(3)]
    assert [answer.text for answer in answers] == [str(size)] * 3
    assert "ratelimit" not in answers[0].headers
