"""What becomes of a mail when the mail server says no, not now, or nothing at all."""

from shared.events.booking import BookingConfirmed
from tests.support.notify import TEN, MailServer, Notify, booking, customer, notify_on
from tests.support.ports import free_port


def confirmed(email: str = "anna@example.com") -> BookingConfirmed:
    return BookingConfirmed(booking_id="bk_1", facts=booking(customer=customer(email=email)), paid=TEN)


async def test_an_address_that_is_refused_is_given_up_and_reported(notify: Notify, mail: MailServer) -> None:
    mail.answers = ["550 5.1.1 no such mailbox"]
    await notify.hears(confirmed())
    await notify.works()
    await notify.works(after=3600)
    assert await notify.said() == [("confirmation", "failed")]
    told = await notify.published()
    assert [one["type"] for one in told] == ["notification.failed"]
    assert told[0]["detail"] == "550 5.1.1 no such mailbox"
    listed = (await notify.get("/notifications", booking_id="bk_1")).json()["notifications"]
    assert listed[0]["error"] == "550 5.1.1 no such mailbox"


async def test_a_mail_that_is_put_off_arrives_later(notify: Notify, mail: MailServer) -> None:
    mail.answers = ["451 4.7.1 greylisted", "450 4.2.1 busy"]
    await notify.hears(confirmed())
    await notify.works()
    assert await notify.said() == [("confirmation", "pending")]
    await notify.works(after=2)
    await notify.works(after=5)
    assert await notify.said() == [("confirmation", "sent")]
    assert len(mail.taken) == 1


async def test_every_try_carries_the_same_message_id(small_notify: Notify, mail: MailServer) -> None:
    mail.after_data = ["451 4.3.0 disk full"]
    await small_notify.hears(confirmed())
    await small_notify.works()
    first = (await small_notify.get("/notifications", booking_id="bk_1")).json()["notifications"][0]
    assert first["status"] == "pending"
    await small_notify.works(after=5)
    assert len(mail.mails) == 1
    id = str(mail.mails[0]["Message-ID"])
    assert id.startswith("<nt_")
    assert id.endswith("@clear.example>")


async def test_a_crash_after_the_server_took_the_mail_repeats_it_under_the_same_id(
    small_notify: Notify, mail: MailServer
) -> None:
    """The one gap SMTP leaves: the server has the mail, and we died before writing it down."""

    def crash_once(point: str) -> None:
        if point == "notify: before commit: send" and mail.taken:
            small_notify.service.desk.runtime.reached = lambda point: None
            raise KeyboardInterrupt

    await small_notify.hears(confirmed())
    small_notify.service.desk.runtime.reached = crash_once
    try:
        await small_notify.works()
    except KeyboardInterrupt:
        await small_notify.works(after=120)
    assert await small_notify.said() == [("confirmation", "sent")]
    assert len(mail.taken) == 2
    assert len({str(one["Message-ID"]) for one in mail.mails}) == 1


async def test_a_mail_server_that_is_down_only_delays_the_mail(sqlite_url: str) -> None:
    async with notify_on(sqlite_url, smtp_port=free_port()) as notify:
        await notify.hears(confirmed())
        await notify.works()
        await notify.works(after=100)
        assert await notify.said() == [("confirmation", "pending")]
        assert await notify.published() == []


async def test_a_mail_is_given_up_when_patience_ends(sqlite_url: str) -> None:
    async with notify_on(sqlite_url, smtp_port=free_port()) as notify:
        await notify.hears(confirmed())
        await notify.works()
        await notify.works(after=73 * 3600)
        assert await notify.said() == [("confirmation", "failed")]
        assert [one["type"] for one in await notify.published()] == ["notification.failed"]


async def test_a_mail_whose_content_is_refused_is_given_up(small_notify: Notify, mail: MailServer) -> None:
    mail.after_data = ["554 5.7.1 looks like spam"]
    await small_notify.hears(confirmed())
    await small_notify.works()
    assert await small_notify.said() == [("confirmation", "failed")]


async def test_what_is_no_address_is_given_up_without_asking_the_server(
    small_notify: Notify, mail: MailServer
) -> None:
    await small_notify.hears(confirmed(email="anna at example"))
    await small_notify.works()
    assert await small_notify.said() == [("confirmation", "failed")]
    assert mail.taken == []


async def test_an_address_in_another_script_is_written_to(small_notify: Notify, mail: MailServer) -> None:
    await small_notify.hears(confirmed(email="järv@näide.example"))
    await small_notify.works()
    assert mail.recipients == ["järv@xn--nide-loa.example"]


async def test_names_cannot_smuggle_headers_into_a_mail(small_notify: Notify, mail: MailServer) -> None:
    facts = booking(customer=customer(name='Anna\r\nBcc: "x" <x@evil.example>, y'))
    await small_notify.hears(BookingConfirmed(booking_id="bk_1", facts=facts))
    await small_notify.works()
    assert mail.recipients == ["anna@example.com"]
    assert mail.mails[0]["Bcc"] is None
