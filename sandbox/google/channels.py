"""Push notifications: who wants to hear of changes, and telling them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from sandbox.google.errors import CalendarError, invalid, not_found
from sandbox.world import Document, World

CHANNEL = "google.channel"
_WEEK = 7 * 24 * 3600


class Channels:
    """The channels clients have opened. A push that cannot be delivered is lost, as with Google."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sending: asyncio.Task[None] | None = None

    def watch(self, calendar_id: str, body: dict[str, Any], resource_uri: str) -> dict[str, Any]:
        """Open a channel; its first message says so."""
        channel_id, address = body.get("id"), body.get("address", "")
        if not channel_id or body.get("type") not in ("web_hook", "webhook"):
            raise invalid("Invalid channel: an id and the type web_hook are needed.")
        if not address.startswith(("https://", "http://")):
            raise CalendarError(400, "webhookUrlNotHttps", "WebHook callback must be HTTPS")
        if self._world.get(CHANNEL, channel_id):
            raise CalendarError(400, "channelIdNotUnique", f"Channel id {channel_id} not unique")
        ttl = int(body.get("params", {}).get("ttl", _WEEK))
        expires = self._world.now() + timedelta(seconds=min(ttl, _WEEK))
        channel = {
            "id": channel_id,
            "resourceId": self._world.new_id("", 27),
            "resourceUri": resource_uri,
            "expiration": str(int(expires.timestamp() * 1000)),
        }
        if body.get("token"):
            channel["token"] = body["token"]
        known = {"calendar": calendar_id, "address": address, "number": 0, "channel": channel}
        self._world.put(CHANNEL, channel_id, known)
        self._tell(channel_id, "sync")
        return {"kind": "api#channel", **channel}

    def stop_channel(self, body: dict[str, Any]) -> None:
        """Close a channel, which takes both of its ids."""
        known = self._world.get(CHANNEL, str(body.get("id")))
        if known is None or known["channel"]["resourceId"] != body.get("resourceId"):
            raise not_found()
        self._world.delete(CHANNEL, known["channel"]["id"])

    def changed(self, calendar_id: str) -> None:
        """Tell everybody who watches this calendar."""
        now = self._world.now().timestamp() * 1000
        for known in self._world.find(CHANNEL, ("calendar", "=", calendar_id)):
            if int(known["channel"]["expiration"]) > now:
                self._tell(known["channel"]["id"], "exists")

    async def start(self) -> None:
        """Begin to deliver."""
        self._sending = asyncio.create_task(self._deliver())

    async def stop(self) -> None:
        """Stop delivering; what still waits is lost."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
            self._sending = None

    def _tell(self, channel_id: str, state: str) -> None:
        known = self._world.get(CHANNEL, channel_id)
        if known is None:
            return
        known["number"] += 1
        self._world.put(CHANNEL, channel_id, known)
        self._waiting.put_nowait({"address": known["address"], "headers": _headers(known, state)})

    async def _deliver(self) -> None:
        async with httpx.AsyncClient(timeout=5) as browser:
            while True:
                push = await self._waiting.get()
                try:
                    await browser.post(push["address"], headers=push["headers"])
                except httpx.HTTPError:
                    continue


def _headers(known: Document, state: str) -> dict[str, str]:
    channel = known["channel"]
    expires = datetime.fromtimestamp(int(channel["expiration"]) / 1000, UTC)
    headers = {
        "X-Goog-Channel-ID": channel["id"],
        "X-Goog-Channel-Expiration": expires.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "X-Goog-Resource-ID": channel["resourceId"],
        "X-Goog-Resource-URI": channel["resourceUri"],
        "X-Goog-Resource-State": state,
        "X-Goog-Message-Number": str(known["number"]),
    }
    return headers | ({"X-Goog-Channel-Token": channel["token"]} if "token" in channel else {})
