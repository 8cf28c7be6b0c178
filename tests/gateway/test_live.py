"""The live feed: who watches a booking hears of it, and nobody else does."""

import asyncio

from services.gateway.live import PATTERNS, LiveFeed
from shared.events.booking import BookingProgressed
from shared.events.payment import PaymentActionRequired
from shared.events.values import NextAction
from shared.messaging.envelope import Envelope, enclose
from shared.messaging.local import LocalBus
from shared.runtime import Runtime


def envelope(booking_id: str, version: int = 1) -> Envelope:
    return _enclosed(BookingProgressed(booking_id=booking_id, status="held", version=version), "booking")


def _enclosed(message: BookingProgressed | PaymentActionRequired, source: str) -> Envelope:
    runtime = Runtime.real()
    return enclose(
        message,
        id=runtime.new_id("msg"),
        source=source,
        time=runtime.now(),
        correlationid="",
        causationid="",
        traceparent="",
    )


async def test_only_those_who_watch_the_booking_hear_of_it() -> None:
    feed = LiveFeed()
    with feed.subscribe("bk_1") as mine, feed.subscribe("bk_2") as other:
        await feed.heard(envelope("bk_1"))
        assert await mine.heard_within(0.01)
        assert not await other.heard_within(0.01)


async def test_everybody_who_watches_the_same_booking_hears() -> None:
    feed = LiveFeed()
    with feed.subscribe("bk_1") as one, feed.subscribe("bk_1") as another:
        await feed.heard(envelope("bk_1"))
        assert await one.heard_within(0.01)
        assert await another.heard_within(0.01)


async def test_what_was_said_before_the_listener_looks_is_not_missed() -> None:
    feed = LiveFeed()
    with feed.subscribe("bk_1") as watch:
        waiting = asyncio.create_task(watch.heard_within(1))
        await asyncio.sleep(0)
        await feed.heard(envelope("bk_1"))
        assert await waiting


async def test_a_flood_of_news_is_one_reason_to_look_again() -> None:
    feed = LiveFeed()
    with feed.subscribe("bk_1") as watch:
        for version in range(1_000):
            await feed.heard(envelope("bk_1", version))
        assert await watch.heard_within(0.01)
        assert not await watch.heard_within(0.01)


async def test_who_stopped_watching_leaves_nothing_behind() -> None:
    feed = LiveFeed()
    with feed.subscribe("bk_1"), feed.subscribe("bk_1"):
        assert feed.watched == 1
    await feed.heard(envelope("bk_1"))
    assert feed.watched == 0


async def test_the_feed_hears_what_bookings_and_payments_say_on_the_bus() -> None:
    feed, bus = LiveFeed(), LocalBus()
    await bus.listen(PATTERNS, feed.heard)
    action = NextAction(kind="redirect", url="https://pay.example", expires_at=Runtime.real().now())
    with feed.subscribe("bk_1") as watch:
        await bus.publish([envelope("bk_1")])
        assert await watch.heard_within(0.01)
        await bus.publish([_enclosed(PaymentActionRequired(booking_id="bk_1", action=action), "payment")])
        assert await watch.heard_within(0.01)
