"""From a chosen time to a booking, and what can come between."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.support.public_api import Town
from tests.support.visitor import (
    choose,
    day,
    hold,
    is_ready,
    review,
    tell_who,
    time_button,
    time_passes,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAY = "Hold this time and pay"


def booked(town: Town) -> int:
    return town.requests.count(("POST", "/v1/bookings"))


async def test_a_time_is_booked_and_paid_with_the_keyboard_alone(visit: Visit) -> None:
    page = await visit()
    await is_ready(page)
    press = page.keyboard.press
    await day(page, "2026-11-20").focus()
    for key in ("ArrowDown", "ArrowLeft", "Enter", "Tab", "Tab", "Enter"):
        await press(key)
    await expect(page.get_by_role("heading", name="Your details")).to_be_focused()
    await expect(page.locator(".chosen")).to_contain_text("Thursday 26 November, 10:00")
    for key in ("Tab", "ArrowDown", "Tab"):
        await press(key)
    await page.keyboard.type("Ada Lovelace")
    await press("Tab")
    await page.keyboard.type("ada@example.org")
    await press("Enter")
    await expect(page.get_by_role("heading", name="Check and pay")).to_be_focused()
    await expect(page.locator(".summary")).to_contain_text("Zoom")
    for key in ("Tab", "Tab", "Enter"):
        await press(key)
    await expect(page.get_by_role("heading", name="Pay here")).to_be_visible()
    await press("Tab")
    await press("Enter")
    await expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    await expect(page.get_by_text("A confirmation is on its way to ada@example.org.")).to_be_visible()


async def test_what_is_missing_is_said_beside_its_field_and_what_was_typed_stays(visit: Visit) -> None:
    page = await visit()
    await choose(page, "2026-11-25", "11:00")
    await tell_who(page, name="Ada", email="ada@")
    await page.get_by_role("button", name="Continue").click()
    email = page.get_by_label("E-mail")
    await expect(email).to_be_focused()
    await expect(email).to_have_accessible_description("Please give an address like anna@example.org.")
    await expect(page.get_by_label("Your name")).to_have_value("Ada")
    await email.fill("ada@example.org")
    await expect(email).to_have_accessible_description("")
    await page.reload()
    await expect(page.get_by_label("E-mail")).to_have_value("ada@example.org")


async def test_whoever_wants_to_be_called_must_say_where(visit: Visit) -> None:
    page = await visit()
    await choose(page, "2026-11-25", "11:00")
    await tell_who(page)
    await page.get_by_label("Phone call").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_label("Phone", exact=True)).to_be_focused()
    await page.get_by_label("Phone", exact=True).fill("+49 30 123456")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", name="Check and pay")).to_be_visible()


async def test_pressing_twice_books_once(visit: Visit, town: Town) -> None:
    page = await visit()
    await review(page)
    town.pause = 0.3
    await page.get_by_role("button", name=PAY).dblclick()
    await expect(page.get_by_role("heading", name="Pay here")).to_be_visible()
    assert booked(town) == 1


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(visit: Visit, town: Town) -> None:
    page = await visit()
    await review(page)
    town.away = 2
    await page.get_by_role("button", name=PAY).click()
    await expect(page.get_by_text("The connection is shaky. Trying again …")).to_be_visible()
    await time_passes(page, 5)
    await expect(page.get_by_role("heading", name="Pay here")).to_be_visible()
    assert (booked(town), len(town.bookings)) == (3, 1)


async def test_when_nothing_helps_the_visitor_can_try_again_later(visit: Visit, town: Town) -> None:
    page = await visit()
    await review(page)
    town.away = 4
    await page.get_by_role("button", name=PAY).click()
    await time_passes(page, 12)
    await expect(page.get_by_text("The booking service cannot be reached.")).to_be_visible()
    await page.get_by_role("button", name=PAY).click()
    await expect(page.get_by_role("heading", name="Pay here")).to_be_visible()
    assert len(town.by_key) == 1


async def test_a_time_that_was_just_taken_is_replaced_with_one_press(visit: Visit, town: Town) -> None:
    page = await visit()
    await review(page)
    town.rivals = 1
    await page.get_by_role("button", name=PAY).click()
    notice = page.get_by_role("alert")
    await expect(notice).to_contain_text("That time has just been taken. You were not charged.")
    await expect(notice).to_be_focused()
    await expect(notice.locator("li")).to_have_count(3)
    await notice.get_by_role("button", name="Wednesday 25 November, 12:00").click()
    await expect(page.locator(".chosen")).to_contain_text("Wednesday 25 November, 12:00")
    await page.get_by_role("button", name=PAY).click()
    await expect(page.get_by_role("heading", name="Pay here")).to_be_visible()
    (booking,) = town.bookings.values()
    assert booking["items"][0]["start"] == "2026-11-25T12:00:00+01:00"
    assert booking["customer"]["name"] == "Ada Lovelace"


async def test_a_taken_time_is_gone_when_all_times_are_looked_at_again(visit: Visit, town: Town) -> None:
    page = await visit()
    await review(page)
    town.rivals = 1
    await page.get_by_role("button", name=PAY).click()
    await page.get_by_role("button", name="See all times").click()
    await expect(time_button(page, "12:00")).to_be_visible()
    await expect(time_button(page, "11:00")).to_have_count(0)


async def test_what_is_free_is_booked_without_any_payment(visit: Visit, town: Town) -> None:
    page = await visit("/book/lindenhof/hello")
    await expect(page.locator(".steps li")).to_have_count(2)
    await choose(page, "2026-11-25", "11:00")
    await tell_who(page)
    await page.get_by_label("Phone").fill("+49 30 123456")
    await page.get_by_role("button", name="Book this time").click()
    await expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    await expect(page.locator(".progress li")).to_have_count(3)
    (booking,) = town.bookings.values()
    assert booking["items"][0]["meeting_method"] == "phone"


async def test_the_currency_that_is_chosen_is_the_one_that_is_priced(visit: Visit) -> None:
    page = await visit("/book/lindenhof/visit")
    await choose(page, "2026-11-25", "11:00")
    answers = {"Phone": "+49 30 1234", "Address": "Lindenhof 3", "Postcode": "10999"}
    for label, text in answers.items():
        await page.get_by_label(label).fill(text)
    await tell_who(page)
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator(".pay-total")).to_contain_text("€480.00")
    await page.get_by_label("$520.00").check()
    await expect(page.locator(".pay-total")).to_contain_text("$520.00")


async def test_coming_back_from_the_payment_page_leads_to_the_booking(visit: Visit) -> None:
    page = await visit()
    await hold(page)
    await page.go_back()
    await expect(page.get_by_role("heading", name="Held for you")).to_be_visible()
    await page.goto("/book/lindenhof/advice")
    await expect(page.get_by_text("You are holding Wednesday 25 November, 11:00.")).to_be_visible()
    await page.get_by_role("link", name="Continue and pay").click()
    await expect(page.get_by_role("link", name="Pay €90.00")).to_be_visible()


async def test_a_declined_card_can_be_replaced_on_the_same_page(visit: Visit) -> None:
    page = await visit()
    await review(page)
    await page.get_by_label("By card, right here").check()
    await page.get_by_role("button", name=PAY).click()
    await page.get_by_label("Card number").fill("4000000000000002")
    await page.get_by_role("button", name="Pay €90.00").click()
    await expect(page.get_by_role("alert")).to_contain_text("You were not charged.")
    await page.get_by_label("Card number").fill("4242424242424242")
    await page.get_by_role("button", name="Pay €90.00").click()
    await expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
