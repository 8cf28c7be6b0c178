"""Live status over a real socket: the booking as it stands, then each change."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.support.gateway import TOKEN, WAITING_FOR_PAYMENT, Town, a_town
from tests.support.loopback import listening, serving

BOOKING = "bk_06h3q8m2d4vxw0y1z5s7t9ab2c"
PATH = f"/v1/bookings/{BOOKING}/stream"
Event = dict[str, Any]


@asynccontextmanager
async def a_watched_town(**settings: Any) -> AsyncIterator[tuple[Town, httpx.AsyncClient]]:
    door, origin = listening()
    async with (
        a_town(**settings) as town,
        serving(town.gateway.app, door),
        httpx.AsyncClient(base_url=origin, timeout=5) as watcher,
    ):
        yield town, watcher


async def events_of(response: httpx.Response) -> AsyncIterator[Event]:
    event: Event = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if not line and event:
            yield event
            event = {}
        elif name:
            event[name] = value


async def test_a_watcher_sees_the_booking_now_and_then_each_change_until_it_is_over() -> None:
    async with a_watched_town() as (town, watcher), asyncio.timeout(5):
        town.booking.add()
        seen = []
        async with watcher.stream("GET", PATH) as response:
            async for event in events_of(response):
                seen.append((event["event"], event["id"], json.loads(event["data"])["status"]))
                await town.booking.move(BOOKING, _AFTER.get(len(seen), {}))
    assert response.headers["content-type"].startswith("text/event-stream")
    assert seen == [
        ("booking", "1", "pending"),
        ("booking", "2", "awaiting_payment"),
        ("booking", "3", "confirmed"),
    ]


_AFTER: dict[int, Event] = {1: WAITING_FOR_PAYMENT, 2: {"status": "confirmed"}, 3: {}}


async def test_a_stream_without_a_token_shows_no_customer() -> None:
    async with a_watched_town() as (town, watcher):
        town.booking.add(status="confirmed")
        open_to_all = await watcher.get(PATH)
        for_the_customer = await watcher.get(PATH, headers={"X-Manage-Token": TOKEN})
    assert "Ada Lovelace" not in open_to_all.text
    assert "Ada Lovelace" in for_the_customer.text


async def test_a_stream_tells_the_browser_to_come_back_after_two_seconds() -> None:
    async with a_watched_town() as (town, watcher):
        town.booking.add(status="confirmed")
        answer = await watcher.get(PATH)
    assert "retry: 2000" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_resumed_stream_sends_only_what_is_new() -> None:
    async with a_watched_town() as (town, watcher):
        town.booking.add(status="confirmed", version=7)
        missed = await watcher.get(PATH, headers={"Last-Event-ID": "6"})
        nothing_more = await watcher.get(PATH, headers={"Last-Event-ID": "7"})
        nonsense = await watcher.get(PATH, headers={"Last-Event-ID": "-1; drop"})
    assert "id: 7" in missed.text
    assert nothing_more.status_code == 204
    assert "id: 7" in nonsense.text


async def test_a_silent_bus_only_slows_a_stream_down() -> None:
    async with a_watched_town(stream_look_again_seconds=0.05) as (town, watcher), asyncio.timeout(5):
        town.booking.add()
        town.booking.heard_of = False
        ids = []
        async with watcher.stream("GET", PATH) as response:
            async for event in events_of(response):
                ids.append(event["id"])
                await town.booking.move(BOOKING, {"status": "confirmed"})
    assert ids == ["1", "2"]


async def test_an_old_stream_asks_to_be_opened_again() -> None:
    async with a_watched_town(stream_seconds=0.1) as (town, watcher), asyncio.timeout(5):
        town.booking.add()
        async with watcher.stream("GET", PATH) as response:
            events = [event["event"] async for event in events_of(response)]
    assert events == ["booking", "reconnect"]


async def test_a_quiet_stream_is_kept_open_by_pings() -> None:
    async with a_watched_town(stream_ping_seconds=0.05, stream_seconds=0.3) as (town, watcher):
        town.booking.add()
        answer = await watcher.get(PATH)
    assert ": ping" in answer.text


async def test_a_service_that_is_away_for_a_moment_does_not_end_a_stream() -> None:
    async with a_watched_town(stream_look_again_seconds=0.05) as (town, watcher), asyncio.timeout(5):
        town.booking.add()
        ids = []
        async with watcher.stream("GET", PATH) as response:
            async for event in events_of(response):
                ids.append(event["id"])
                town.booking.line.cut_for = {"GET"}
                await town.booking.move(BOOKING, {"status": "confirmed"})
                await asyncio.sleep(0.1)
                town.booking.line.cut_for = set()
    assert ids == ["1", "2"]


async def test_a_stream_of_no_booking_is_not_found() -> None:
    async with a_watched_town() as (_, watcher):
        answer = await watcher.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (404, "booking_not_found")


async def test_one_caller_cannot_hold_every_stream() -> None:
    async with a_watched_town(streams_per_caller=1) as (town, watcher):
        town.booking.add()
        async with watcher.stream("GET", PATH) as response:
            events = events_of(response)
            await anext(events)
            refused = await watcher.get(PATH)
        await _until_nobody_watches(town)
        town.booking.bookings[BOOKING]["status"] = "confirmed"
        afterwards = await watcher.get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
    assert afterwards.status_code == 200


async def test_who_goes_away_is_forgotten() -> None:
    async with a_watched_town() as (town, watcher):
        town.booking.add()
        async with watcher.stream("GET", PATH) as response:
            events = events_of(response)
            await anext(events)
            watched = town.gateway.feed.watched
        await _until_nobody_watches(town)
    assert watched == 1


async def test_ending_the_streams_lets_a_server_stop_at_once() -> None:
    async with a_watched_town() as (town, watcher), asyncio.timeout(2):
        town.booking.add()
        async with watcher.stream("GET", PATH) as response:
            events = events_of(response)
            await anext(events)
            town.gateway.end_streams()
            assert [event["event"] async for event in events] == ["reconnect"]


async def _until_nobody_watches(town: Town) -> None:
    async with asyncio.timeout(2):
        while town.gateway.feed.watched:
            await asyncio.sleep(0.01)
