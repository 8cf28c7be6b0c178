"""Mails as the sandbox's inbox shows them, and the ways its mail server can break."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from icalendar import Calendar

from sandbox.faults import arm
from sandbox.smtp import MAIL, SMTP_FAULTS, MailServer
from sandbox.world import Document, World
from shared.events.booking import BookingConfirmed
from shared.runtime import ManualClock
from tests.notify.itip import complaints_about
from tests.support.notify import Notify, booking, notify_on


@asynccontextmanager
async def inbox_and_notify(sqlite_url: str, fault: str = "") -> AsyncIterator[tuple[World, Notify]]:
    """The sandbox's inbox, broken as named for one call, and notify sending to it."""
    world = World(":memory:", ManualClock().now)
    for one in SMTP_FAULTS:
        if one.name == fault:
            arm(world, one, 1, None)
    server = MailServer(world, "127.0.0.1", 0)
    await server.start()
    try:
        async with notify_on(sqlite_url, smtp_port=server.port) as notify:
            await notify.hears(BookingConfirmed(booking_id="bk_1", facts=booking()))
            yield world, notify
    finally:
        await server.stop()
        world.close()


def mails(world: World) -> list[Document]:
    return world.all(MAIL)


async def test_the_inbox_shows_the_mail_and_its_invitation(sqlite_url: str) -> None:
    async with inbox_and_notify(sqlite_url) as (world, notify):
        await notify.works()
        (mail,) = mails(world)
    assert mail["to"] == ["anna@example.com"]
    assert mail["subject"].startswith("Booking confirmed: Advice session")
    assert mail["header_from"] == "Clear Consulting <bookings@clear.example>"
    (shown,) = mail["calendars"]
    assert shown["method"] == "REQUEST"
    assert complaints_about(shown["ics"].encode(), "REQUEST", "bookings@clear.example") == []
    assert [one["filename"] for one in mail["attachments"]] == ["booking.ics"]
    assert Calendar.from_ical(shown["ics"]).walk("VEVENT")


@pytest.mark.parametrize("fault", ["down", "later"])
async def test_a_mail_that_meets_a_broken_server_arrives_once_it_is_mended(
    sqlite_url: str, fault: str
) -> None:
    async with inbox_and_notify(sqlite_url, fault) as (world, notify):
        await notify.works()
        assert mails(world) == []
        await notify.works(after=5)
        assert len(mails(world)) == 1
        assert await notify.said() == [("confirmation", "sent")]


async def test_a_refused_address_is_given_up(sqlite_url: str) -> None:
    async with inbox_and_notify(sqlite_url, "refuse") as (world, notify):
        await notify.works()
        await notify.works(after=3600)
        assert mails(world) == []
        assert await notify.said() == [("confirmation", "failed")]


async def test_a_line_that_drops_after_success_repeats_the_mail_under_the_same_id(
    sqlite_url: str,
) -> None:
    """Nobody can know whether the server kept it; a mail that comes twice is better than none."""
    async with inbox_and_notify(sqlite_url, "error_after") as (world, notify):
        await notify.works()
        await notify.works(after=5)
        assert await notify.said() == [("confirmation", "sent")]
        assert len(mails(world)) == 2
        assert len({one["message_id"] for one in mails(world)}) == 1
