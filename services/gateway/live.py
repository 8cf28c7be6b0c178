"""What is being said about bookings right now, for those who wait and watch in this process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.messaging.envelope import Envelope

PATTERNS = ("booking.*", "payment.action_required")
_KEPT = 8


@dataclass(frozen=True, slots=True)
class News:
    """Something was said about a booking: a reason to read it again, never the truth itself."""

    booking_id: str
    what: str


class Watch:
    """The news of one booking for one listener. When it fills up, the newest wins."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[News] = asyncio.Queue(_KEPT)

    def put(self, news: News) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(news)

    async def heard_within(self, seconds: float) -> bool:
        """Wait for news; false when the time passed in silence. What has piled up counts once."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.get()
        except TimeoutError:
            return False
        while not self._queue.empty():
            self._queue.get_nowait()
        return True


class LiveFeed:
    """Fans the events of the bus out to those who watch a booking. Keeps nothing."""

    def __init__(self) -> None:
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)

    @contextmanager
    def subscribe(self, booking_id: str) -> Iterator[Watch]:
        """Watch a booking while the block runs."""
        watch = Watch()
        self._watches[booking_id].add(watch)
        try:
            yield watch
        finally:
            self._watches[booking_id].discard(watch)
            if not self._watches[booking_id]:
                del self._watches[booking_id]

    @property
    def watched(self) -> int:
        """How many bookings are being watched."""
        return len(self._watches)

    def wake_all(self) -> None:
        """Have everybody look again now."""
        for booking_id, watches in self._watches.items():
            for watch in watches:
                watch.put(News(booking_id, "wake"))

    async def heard(self, envelope: Envelope) -> None:
        """Tell those who watch the envelope's booking."""
        booking_id = str(envelope.data.get("booking_id", "")) or envelope.subject
        for watch in tuple(self._watches.get(booking_id, ())):
            watch.put(News(booking_id, envelope.type))
