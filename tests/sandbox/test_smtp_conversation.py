"""Real mail programs talking to the sandbox's inbox."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage

import aiosmtplib
import pytest

from sandbox.faults import arm
from sandbox.smtp import MAIL, SMTP_FAULTS, MailServer
from sandbox.world import Document, World

BY_NAME = {fault.name: fault for fault in SMTP_FAULTS}
INVITATION = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def world() -> World:
    return World(":memory:", lambda: datetime(2026, 11, 23, 9, tzinfo=UTC))


@pytest.fixture
async def server(world: World) -> AsyncIterator[MailServer]:
    server = MailServer(world, "127.0.0.1", 0)
    await server.start()
    yield server
    await server.stop()


def confirmation() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Piano <piano@example.com>"
    message["To"] = "ann@example.com"
    message["Subject"] = "Your tuning on Tuesday – see you at 10"
    message["Message-ID"] = "<n1@example.com>"
    message.set_content("See you on Tuesday.")
    message.add_alternative("<p>See you on <b>Tuesday</b>.</p>", subtype="html")
    message.add_alternative(INVITATION.encode(), "text", "calendar", params={"method": "REQUEST"})
    return message


async def send(server: MailServer, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname="127.0.0.1", port=server.port, use_tls=False, start_tls=False)


def only(world: World) -> Document:
    (mail,) = world.all(MAIL)
    return mail


async def test_a_mail_is_kept_with_its_words_and_its_invitation(world: World, server: MailServer) -> None:
    await send(server, confirmation())
    mail = only(world)
    assert mail["from"] == "piano@example.com"
    assert mail["to"] == ["ann@example.com"]
    assert mail["subject"] == "Your tuning on Tuesday – see you at 10"
    assert mail["message_id"] == "<n1@example.com>"
    assert mail["text"].strip() == "See you on Tuesday."
    assert "<b>Tuesday</b>" in mail["html"]
    assert mail["calendars"] == [{"method": "REQUEST", "filename": None, "ics": INVITATION}]
    assert mail["attachments"] == []
    assert "Subject:" in mail["raw"]


async def test_an_attached_invitation_is_both_a_calendar_part_and_an_attachment(
    world: World, server: MailServer
) -> None:
    message = confirmation()
    message.add_attachment(INVITATION.encode(), "text", "calendar", filename="invite.ics")
    await send(server, message)
    mail = only(world)
    assert [part["filename"] for part in mail["calendars"]] == [None, "invite.ics"]
    assert [part["filename"] for part in mail["attachments"]] == ["invite.ics"]


async def test_a_plain_client_may_log_in_with_any_password(world: World, server: MailServer) -> None:
    def converse() -> None:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as line:
            line.login("holdfast", "anything")
            line.sendmail(
                "a@example.com", ["b@example.com", "c@example.com"], b"Subject: Hi\r\n\r\nHello\r\n"
            )

    await asyncio.to_thread(converse)
    assert only(world)["to"] == ["b@example.com", "c@example.com"]


async def test_a_server_that_is_down_sends_the_caller_away_and_then_works(
    world: World, server: MailServer
) -> None:
    arm(world, BY_NAME["down"], 1, None)
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(server, confirmation())
    await send(server, confirmation())
    assert only(world)["message_id"] == "<n1@example.com>"


async def test_an_outage_of_the_mail_server_ends_with_its_time(world: World, server: MailServer) -> None:
    arm(world, BY_NAME["down"], None, 60)
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPConnectError):
            await send(server, confirmation())
    world.advance(61)
    await send(server, confirmation())


@pytest.mark.parametrize(("fault", "code"), [("refuse", 550), ("later", 451)])
async def test_a_recipient_can_be_refused_for_good_or_for_now(
    world: World, server: MailServer, fault: str, code: int
) -> None:
    arm(world, BY_NAME[fault], None, None)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
        await send(server, confirmation())
    assert refusal.value.recipients[0].code == code
    assert world.all(MAIL) == []


async def test_a_line_cut_after_success_leaves_the_mail_in_the_inbox(
    world: World, server: MailServer
) -> None:
    arm(world, BY_NAME["error_after"], None, None)
    with pytest.raises(aiosmtplib.SMTPException):
        await send(server, confirmation())
    assert only(world)["message_id"] == "<n1@example.com>"
    await send(server, confirmation())
    assert [mail["message_id"] for mail in world.all(MAIL)] == ["<n1@example.com>"] * 2


async def test_a_stopped_server_hangs_up_and_starts_again(world: World, server: MailServer) -> None:
    idle = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, use_tls=False, start_tls=False)
    await idle.connect()
    await asyncio.wait_for(server.stop(), 2)
    assert not await hears(idle)
    await server.start()
    await send(server, confirmation())


async def hears(line: aiosmtplib.SMTP) -> bool:
    try:
        await line.noop()
    except aiosmtplib.SMTPServerDisconnected:
        return False
    return True
