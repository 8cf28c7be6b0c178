"""Live status by server-sent events: what a booking is now, then each change of it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from sse_starlette import ServerSentEvent

from services.gateway.access import Access
from services.gateway.bookings import Bookings, Json, is_over
from services.gateway.clients import ServiceUnavailable
from services.gateway.live import LiveFeed
from shared.errors import Refusal

_RETRY_MILLISECONDS = 2000


class Streams:
    """The open streams of this process."""

    def __init__(
        self, bookings: Bookings, feed: LiveFeed, *, look_again: float, lifetime: float, per_caller: int
    ) -> None:
        self._bookings = bookings
        self._feed = feed
        self._look_again = look_again
        self._lifetime = lifetime
        self._per_caller = per_caller
        self._open: Counter[str] = Counter()
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Ask every stream to end now: the process stops."""
        self._ending.set()
        self._feed.wake_all()

    def room_for(self, caller: str) -> None:
        """Refuse a caller that has too many streams open."""
        if self._open[caller] >= self._per_caller:
            raise Refusal(
                "too_many_streams",
                f"{self._per_caller} streams are open from your address.",
                status=429,
                next_steps=[{"action": "close a stream, or read the booking by GET"}],
            )

    async def of(
        self, booking_id: str, access: Access, seen: int, caller: str
    ) -> AsyncIterator[ServerSentEvent]:
        """Versions above `seen` as they come, until the booking is over or the stream is old."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._lifetime
        with self._counted(caller), self._feed.subscribe(booking_id) as watch:
            while not self._ending.is_set():
                booking = await self._try_to_read(booking_id, access)
                if booking and booking["version"] > seen:
                    seen = booking["version"]
                    yield _event(booking)
                if booking and is_over(booking):
                    return
                left = ends_at - loop.time()
                if left <= 0:
                    break
                await watch.heard_within(min(self._look_again, left))
        yield ServerSentEvent(event="reconnect", data="{}", retry=_RETRY_MILLISECONDS)

    async def _try_to_read(self, booking_id: str, access: Access) -> Json | None:
        with suppress(ServiceUnavailable):
            return await self._bookings.read(booking_id, access)
        return None

    @contextmanager
    def _counted(self, caller: str) -> Iterator[None]:
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


def _event(booking: Json) -> ServerSentEvent:
    data = json.dumps(booking, separators=(",", ":"))
    return ServerSentEvent(event="booking", id=str(booking["version"]), data=data, retry=_RETRY_MILLISECONDS)
