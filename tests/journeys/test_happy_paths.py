"""Bookings that go well: taken once, in the calendar once, said once."""

from tests.support.customer import Customer, moment
from tests.support.letters import invitations, only_event


async def test_a_visit_paid_by_checkout_is_taken_once_shown_once_and_mailed_once(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit)
    assert booking["status"] == "awaiting_payment"
    assert (await customer.pay(booking))["outcome"] == "authorized"
    booking = await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]
    [event] = await customer.events_within(booking, 1)
    assert event["calendar"] == shop.calendar
    assert moment(event["start"]["dateTime"]) == moment(booking["items"][0]["start"])
    [mail] = await customer.mails_within(1)
    assert "Visit" in mail["subject"]
    [invitation] = await invitations(customer.outside, mail)
    assert only_event(mail["calendars"][0]["ics"]) == invitation
    assert invitation["method"] == "REQUEST"
    assert invitation["start"] == moment(booking["items"][0]["start"])
    assert invitation["end"] == moment(booking["items"][0]["end"])


async def test_a_visit_paid_with_the_card_form_is_taken_once_and_mailed(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.visit, method="card")
    action = booking["payment"]["next_action"]
    assert (action["kind"], bool(action["client_secret"])) == ("client_secret", True)
    await customer.pay(booking)
    booking = await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [2500]
    assert len(await customer.events_within(booking, 1)) == 1
    assert len(await customer.mails_within(1)) == 1


async def test_a_free_visit_is_confirmed_at_once_and_nobody_is_charged(customer: Customer) -> None:
    shop = await customer.shop()
    booking = await customer.book(shop.hello)
    assert (booking["status"], booking["amount_due"]) == ("confirmed", None)
    assert await customer.charges(booking) == []
    assert len(await customer.events_within(booking, 1)) == 1
    assert len(await customer.mails_within(1)) == 1


async def test_a_basket_is_paid_together_and_every_item_is_in_its_calendar(customer: Customer) -> None:
    shop = await customer.shop()
    starts = [await customer.a_slot(shop.visit), await customer.a_slot(shop.room)]
    answer = await customer.ask_for(customer.wish((shop.visit, starts[0]), (shop.room, starts[1])))
    booking = answer.json()
    assert booking["amount_due"] == {"amount": 4000, "currency": "USD"}
    await customer.pay(booking)
    booking = await customer.until(booking, "confirmed")
    assert await customer.taken(booking) == [4000]
    events = await customer.events_within(booking, 2)
    assert {event["calendar"] for event in events} == {
        shop.calendar,
        f"{shop.slug}-room@sandbox.holdfast.test",
    }
    [mail] = await customer.mails_within(1)
    invited = await invitations(customer.outside, mail)
    assert {one["start"] for one in invited} == {moment(start) for start in starts}
    assert len({one["uid"] for one in invited}) == 2


async def test_a_basket_with_one_taken_item_holds_and_charges_nothing(customer: Customer) -> None:
    shop = await customer.shop()
    taken = await customer.a_slot(shop.room)
    await customer.book(shop.room, taken)
    free = await customer.a_slot(shop.visit)
    answer = await customer.ask_for(customer.wish((shop.visit, free), (shop.room, taken)))
    assert (answer.status_code, answer.json()["code"]) == (409, "slot_taken")
    assert await customer.offered(shop.visit, free)


async def test_three_people_sit_in_a_course_and_the_fourth_is_refused(customer: Customer) -> None:
    shop = await customer.shop()
    start = await customer.a_slot(shop.course)
    for _ in range(3):
        booking = await customer.book(shop.course, start)
        await customer.pay(booking)
        await customer.until(booking, "confirmed")
    answer = await customer.ask_for(customer.wish((shop.course, start)))
    assert (answer.status_code, answer.json()["code"]) == (409, "slot_taken")
    assert not await customer.offered(shop.course, start)
