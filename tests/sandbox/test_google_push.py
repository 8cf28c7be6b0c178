"""Watching a calendar."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI, Request

from tests.support.google_client import GoogleClient, reason
from tests.support.google_sandbox import CALENDAR, GoogleSandbox, google_sandbox, lesson
from tests.support.loopback import listening, serving

Heard = asyncio.Queue[dict[str, str]]


@pytest.fixture
async def google() -> AsyncIterator[GoogleSandbox]:
    async with google_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def listener() -> AsyncIterator[tuple[str, Heard]]:
    heard: Heard = asyncio.Queue()
    app = FastAPI()

    @app.post("/changed")
    async def changed(request: Request) -> None:
        await heard.put(dict(request.headers))

    door, base_url = listening()
    async with serving(app, door):
        yield f"{base_url}/changed", heard


def channel(address: str) -> dict[str, Any]:
    return {
        "id": "channel-1",
        "type": "web_hook",
        "address": address,
        "token": "secret",
        "params": {"ttl": "600"},
    }


async def watch(client: GoogleClient, address: str) -> Any:
    return await client.call(client.api.events().watch(calendarId=CALENDAR, body=channel(address)))


async def next_push(heard: Heard) -> dict[str, str]:
    return await asyncio.wait_for(heard.get(), 3)


async def test_a_watcher_hears_that_the_channel_is_open_and_then_of_every_change(
    google: GoogleSandbox, listener: tuple[str, Heard]
) -> None:
    address, heard = listener
    client = google.client()
    opened = await watch(client, address)
    first = await next_push(heard)
    assert (first["x-goog-resource-state"], first["x-goog-message-number"]) == ("sync", "1")
    await client.call(client.api.events().insert(calendarId=CALENDAR, body=lesson()))
    second = await next_push(heard)
    assert (second["x-goog-resource-state"], second["x-goog-message-number"]) == ("exists", "2")
    assert second["x-goog-resource-id"] == opened["resourceId"]
    assert second["x-goog-channel-token"] == "secret"


async def test_a_stopped_or_expired_channel_is_silent(
    google: GoogleSandbox, listener: tuple[str, Heard]
) -> None:
    address, heard = listener
    client = google.client()
    opened = await watch(client, address)
    await next_push(heard)
    google.world.advance(601)
    await client.call(client.api.events().insert(calendarId=CALENDAR, body=lesson()))
    closing = {"id": opened["id"], "resourceId": opened["resourceId"]}
    await client.call(client.api.channels().stop(body=closing))
    assert reason(await client.refused(client.api.channels().stop(body=closing))) == (404, "notFound")
    await client.call(client.api.events().insert(calendarId=CALENDAR, body=lesson()))
    assert heard.empty()


async def test_a_channel_id_is_used_once(google: GoogleSandbox, listener: tuple[str, Heard]) -> None:
    client = google.client()
    await watch(client, listener[0])
    request = client.api.events().watch(calendarId=CALENDAR, body=channel(listener[0]))
    assert reason(await client.refused(request)) == (400, "channelIdNotUnique")
