"""Said once, whatever comes twice, late or in another order."""

import asyncio
from typing import Any

from shared.events.booking import BookingConfirmed, BookingFailed
from shared.events.payment import PaymentRefunded
from tests.support.notify import (
    TEN,
    MailServer,
    Notify,
    booking,
    business,
    customer,
    notify_on,
    requested,
)


def confirmed(**changes: Any) -> BookingConfirmed:
    return BookingConfirmed(booking_id="bk_1", facts=booking(**changes), paid=TEN)


def failed(reason: str = "payment_declined") -> BookingFailed:
    return BookingFailed.model_validate({"booking_id": "bk_1", "facts": booking(), "reason": reason})


def refunded(id: str = "re_1") -> PaymentRefunded:
    return PaymentRefunded(booking_id="bk_1", refund_id=id, amount=TEN, reason="slot_taken")


async def test_a_confirmation_that_is_announced_five_times_is_mailed_once(
    notify: Notify, mail: MailServer
) -> None:
    await notify.hears(*[confirmed()] * 3)
    await notify.works()
    await notify.hears(*[confirmed()] * 2)
    await notify.works()
    assert len(mail.to("anna@example.com")) == 1
    assert await notify.said() == [("confirmation", "sent")]
    assert await notify.published() == [
        {
            "type": "notification.sent",
            "ref": None,
            "booking_id": "bk_1",
            "kind": "confirmation",
            "channel": "email",
        }
    ]


async def test_the_same_failure_is_told_once_and_another_failure_again(
    notify: Notify, mail: MailServer
) -> None:
    await notify.hears(failed("payment_expired"), failed("payment_expired"))
    await notify.works()
    await notify.hears(failed("paid_too_late"), failed("payment_expired"))
    await notify.works()
    subjects = [str(one["Subject"]) for one in mail.mails]
    assert len(subjects) == 2
    assert await notify.said() == [("failure", "sent"), ("failure", "sent")]


async def test_every_refund_is_told_once(notify: Notify, mail: MailServer) -> None:
    await notify.hears(failed(), refunded("re_1"), refunded("re_1"), refunded("re_2"))
    await notify.works()
    refunds = [one for one in mail.mails if "refund" in str(one["Subject"])]
    assert len(refunds) == 2


async def test_a_refund_waits_until_we_know_whom_to_tell(notify: Notify, mail: MailServer) -> None:
    await notify.hears(refunded())
    await notify.works()
    assert await notify.said() == [("refund", "waiting")]
    await notify.hears(requested(booking()))
    await notify.works()
    assert [str(one["Subject"]) for one in mail.mails] == ["Your refund of $10.00 from Clear Consulting"]


async def test_a_failure_says_that_the_money_is_back_when_it_is(notify: Notify, mail: MailServer) -> None:
    await notify.hears(refunded(), failed("slot_taken"))
    await notify.works()
    told = next(one for one in mail.mails if "Not booked" in str(one["Subject"]))
    body = told.get_body(("plain",))
    assert body is not None
    assert "Your payment of $10.00 has been returned in full." in body.get_content()


async def test_a_failure_is_not_told_any_more_when_the_booking_stands(
    notify: Notify, mail: MailServer
) -> None:
    mail.answers = ["451 later"]
    await notify.hears(failed("payment_expired"))
    await notify.works()
    notify.clock.advance(0.1)
    await notify.hears(confirmed())
    await notify.works(after=5)
    assert await notify.said() == [("failure", "skipped"), ("confirmation", "sent")]
    assert len(mail.mails) == 1


async def test_a_late_failure_does_not_unsettle_a_confirmed_booking(notify: Notify, mail: MailServer) -> None:
    await notify.hears(confirmed(), failed("payment_expired"))
    await notify.works()
    assert await notify.said() == [("confirmation", "sent"), ("failure", "skipped")]
    assert (await notify.get("/bookings/bk_1.ics")).status_code == 200


async def test_the_newest_address_is_used_when_an_older_message_comes_late(
    notify: Notify, mail: MailServer
) -> None:
    await notify.hears(confirmed(customer=customer(email="new@example.com")))
    await notify.hears(requested(booking()))
    await notify.works()
    assert mail.recipients == ["new@example.com"]


async def test_nothing_is_sent_to_a_customer_without_an_address(notify: Notify, mail: MailServer) -> None:
    await notify.hears(confirmed(customer=customer(email=None)))
    await notify.works()
    assert mail.taken == []
    assert await notify.said() == [("confirmation", "skipped")]
    listed = (await notify.get("/notifications", booking_id="bk_1")).json()["notifications"]
    assert listed[0]["status"] == "skipped"
    assert listed[0]["error"] == "no e-mail address"


async def test_the_business_hears_of_its_booking_once_and_answers_the_customer(
    notify: Notify, mail: MailServer
) -> None:
    await notify.hears(*[confirmed(business=business(email="desk@clear.example"))] * 3)
    await notify.works()
    ours, theirs = mail.to("desk@clear.example"), mail.to("anna@example.com")
    assert len(ours) == len(theirs) == 1
    assert "anna@example.com" in str(ours[0]["Reply-To"])
    assert "desk@clear.example" in str(theirs[0]["Reply-To"])
    assert "#t=secret" not in ours[0].as_string()
    assert len(await notify.published()) == 1


async def test_a_business_that_does_not_want_mail_gets_none(database_url: str, mail: MailServer) -> None:
    async with notify_on(database_url, smtp_port=mail.port, mail_new_bookings=False) as notify:
        await notify.hears(confirmed(business=business(email="desk@clear.example")))
        await notify.works()
    assert mail.recipients == ["anna@example.com"]


async def test_a_refund_and_the_booking_it_is_for_may_arrive_at_the_same_moment(
    notify: Notify, mail: MailServer
) -> None:
    ids = [f"bk_{number}" for number in range(12)]
    refunds = [PaymentRefunded(booking_id=id, refund_id=f"re_{id}", amount=TEN, reason="-") for id in ids]
    bookings = [requested(booking(id)) for id in ids]
    await asyncio.gather(*(notify.hears(one) for pair in zip(refunds, bookings, strict=True) for one in pair))
    await notify.works()
    assert await notify.said() == [("refund", "sent")] * 12
    assert len(mail.mails) == 12


async def test_the_running_service_sends_what_the_bus_brings(database_url: str, mail: MailServer) -> None:
    async with notify_on(database_url, smtp_port=mail.port) as notify:
        await notify.service.start()
        envelope = notify.sealed(confirmed())
        await notify.service.bus.publish([envelope, envelope])
        await asyncio.wait_for(mail.came.wait(), 10)
        await notify.service.stop()
        assert await notify.said() == [("confirmation", "sent")]
    assert len(mail.mails) == 1
