"""Invitations that calendars take, and files to download that give nothing away."""

from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar

from services.notify.calendar_file import Entry, Party, download, invitation
from shared.events.booking import BookingConfirmed, BookingFailed
from tests.notify.itip import complaints_about, complaints_about_mail
from tests.support.notify import START, MailServer, Notify, booking, customer, item, requested

US = Party("Clear Consulting", "bookings@clear.example")
ANNA = Party('Anna "Ann"; Smith, Dr.\r\nX-EVIL:1', "anna@example.com")
TITLE = "Äußerst lange Beratung; mit Komma, und \\ Schrägstrich " * 3


def entry(sequence: int = 0) -> Entry:
    return Entry(
        item=item(),
        uid="it_1@clear.example",
        sequence=sequence,
        issued_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        summary=TITLE,
        description="Reference: BK-1\nYour booking: https://book.example/bookings/bk_1#t=secret",
        location="1 Long Lane, AB1 2CD",
        url="https://book.example/bookings/bk_1#t=secret",
    )


def calendars_in(mail: EmailMessage) -> list[Calendar]:
    """The attached calendar files, read back."""
    return [Calendar.from_ical(bytes(part.get_content())) for part in mail.iter_attachments()]


def confirmed(**changes: Any) -> BookingConfirmed:
    return BookingConfirmed(booking_id="bk_1", facts=booking(**changes))


def test_an_invitation_is_what_calendars_ask_for() -> None:
    assert complaints_about(invitation(entry(), "REQUEST", US, ANNA), "REQUEST", US.email) == []


def test_an_invitation_reads_back_as_it_was_meant() -> None:
    raw = invitation(entry(), "REQUEST", US, ANNA)
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert str(event["SUMMARY"]) == TITLE
    assert event.decoded("DTSTART") == START
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=30)
    assert str(event["URL"]) == "https://book.example/bookings/bk_1#t=secret"
    assert b"\r\nX-EVIL" not in raw


def test_a_cancellation_takes_the_same_entry_away_with_a_higher_sequence() -> None:
    raw = invitation(entry(sequence=1), "CANCEL", US, ANNA)
    assert complaints_about(raw, "CANCEL", US.email) == []
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert (str(event["UID"]), event["SEQUENCE"]) == ("it_1@clear.example", 1)


def test_the_check_itself_finds_what_is_wrong() -> None:
    raw = invitation(entry(), "REQUEST", US, ANNA)
    assert complaints_about(raw, "CANCEL", US.email)
    assert complaints_about(raw, "REQUEST", "else@clear.example")
    assert complaints_about(raw.replace(b"SEQUENCE:0\r\n", b""), "REQUEST", US.email)
    assert complaints_about(raw.replace(b"\r\n", b"\n"), "REQUEST", US.email)
    assert complaints_about(download([entry()]), "REQUEST", US.email)


def test_times_in_other_zones_are_written_in_utc() -> None:
    east = timezone(timedelta(hours=9))
    moved = item(starts_at=START.astimezone(east), ends_at=(START + timedelta(hours=1)).astimezone(east))
    raw = download([Entry(moved, "u", 0, START, "Advice")])
    assert b"DTSTART:20261124T150000Z" in raw


async def test_the_confirmation_mail_carries_an_invitation_in_the_right_place(
    notify: Notify, mail: MailServer
) -> None:
    await notify.hears(confirmed())
    await notify.works()
    (sent,) = mail.mails
    assert complaints_about_mail(sent) == []
    parts = [part.get_content_type() for part in sent.walk()]
    assert parts == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    (event,) = calendars_in(sent)[0].walk("VEVENT")
    assert str(event["UID"]) == "it_bk_1@clear.example"
    assert str(sent["Auto-Submitted"]) == "auto-generated"


async def test_every_item_of_a_basket_comes_as_a_file_of_its_own(
    small_notify: Notify, mail: MailServer
) -> None:
    await small_notify.hears(confirmed(items=(item("it_1"), item("it_2", title="Dinner"))))
    await small_notify.works()
    (sent,) = mail.mails
    assert complaints_about_mail(sent) == []
    uids = [str(event["UID"]) for one in calendars_in(sent) for event in one.walk("VEVENT")]
    assert uids == ["it_1@clear.example", "it_2@clear.example"]


async def test_a_repeated_confirmation_leaves_the_calendar_entry_as_it_was(notify: Notify) -> None:
    await notify.hears(confirmed())
    first = (await notify.get("/bookings/bk_1.ics")).content
    notify.clock.advance(3600)
    await notify.hears(confirmed())
    assert (await notify.get("/bookings/bk_1.ics")).content == first


async def test_the_file_to_download_opens_nothing_and_names_nobody(notify: Notify) -> None:
    private = item("it_1", address="1 Long Lane", postcode="AB1 2CD")
    await notify.hears(confirmed(items=(private, item("it_2"))))
    answer = await notify.get("/bookings/bk_1.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert 'filename="BK-7F3K-92QD.ics"' in answer.headers["content-disposition"]
    calendar = Calendar.from_ical(answer.content)
    assert "METHOD" not in calendar
    assert [str(event["UID"]) for event in calendar.walk("VEVENT")] == [
        "it_1@clear.example",
        "it_2@clear.example",
    ]
    for secret in ("secret", "Anna", "anna@example.com", "Long Lane"):
        assert secret not in answer.text


async def test_there_is_no_file_before_the_booking_stands(notify: Notify) -> None:
    unknown = await notify.get("/bookings/bk_1.ics")
    await notify.hears(requested(booking(customer=customer())))
    known = await notify.get("/bookings/bk_1.ics")
    await notify.hears(BookingFailed(booking_id="bk_1", facts=booking(), reason="slot_taken"))
    failed = await notify.get("/bookings/bk_1.ics")
    for answer in (unknown, known, failed):
        assert answer.status_code == 404
        assert answer.json()["code"] == "no_calendar_file"
        assert answer.headers["content-type"] == "application/problem+json"
