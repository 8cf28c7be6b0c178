"""The page of a booking, from the hold to the end."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.support.public_api import Town
from tests.support.visitor import hold, leave_payment, time_passes

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def heading(page: Page, words: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(words)


async def test_whoever_leaves_the_payment_page_can_pay_after_all(visit: Visit) -> None:
    page = await visit()
    await leave_payment(page)
    await page.get_by_role("link", name="Pay after all").click()
    await page.get_by_role("link", name="Pay", exact=True).click()
    await heading(page, "You are booked")
    await expect(page).not_to_have_url(re.compile("paid"))


async def test_the_hold_is_counted_down_and_its_end_is_told(visit: Visit, town: Town) -> None:
    page = await visit()
    await leave_payment(page)
    await page.clock.pause_at(town.now + timedelta(minutes=1))
    await page.clock.run_for(59_000)
    await expect(page.get_by_role("timer")).to_have_text(re.compile("^28:[0-5][0-9]$"))
    town.now += timedelta(minutes=31)
    town.give_up("bk_0", "payment_expired")
    await page.clock.fast_forward("29:00")
    await heading(page, "The time to pay ran out")
    await expect(page.get_by_text("Your card was not charged")).to_be_visible()
    await expect(page.get_by_role("timer")).to_be_hidden()


async def test_the_last_minutes_are_said_aloud(visit: Visit, town: Town) -> None:
    page = await visit()
    await leave_payment(page)
    town.now += timedelta(minutes=24)
    await page.clock.pause_at(town.now)
    await page.clock.run_for(100_000)
    await expect(page.locator("hold-countdown .unseen")).to_have_text("5 minutes left")


async def test_a_booking_is_followed_while_it_happens(visit: Visit, town: Town) -> None:
    page = await visit()
    await leave_payment(page)
    town.change("bk_0", status="confirming", payment={"status": "authorized", "next_action": None})
    await heading(page, "Almost there")
    await expect(page.get_by_role("listitem").filter(has_text="Calendar")).to_have_attribute(
        "aria-current", "step"
    )
    town.pay("bk_0")
    await heading(page, "You are booked")
    await expect(page.locator(".progress li")).to_have_text([f"{name} done" for name in STEPS])
    await expect(page.get_by_role("link", name="Add to your calendar")).to_have_attribute(
        "href", "/v1/bookings/bk_0.ics"
    )


STEPS = ("Time held", "Payment", "Calendar", "Confirmed")


async def test_without_a_stream_the_page_looks_now_and_then(visit: Visit, town: Town) -> None:
    page = await visit()
    await page.route("**/stream", lambda route: route.abort())
    await leave_payment(page)
    await time_passes(page, 8)
    town.pay("bk_0")
    await time_passes(page, 8)
    await heading(page, "You are booked")


async def test_a_time_can_be_given_back_before_it_is_paid(visit: Visit, town: Town) -> None:
    page = await visit()
    await leave_payment(page)
    await page.get_by_role("button", name="Give the time back").click()
    dialog = page.get_by_role("dialog", name="Give this time back?")
    await dialog.get_by_role("button", name="Keep it").click()
    assert town.bookings["bk_0"]["status"] == "awaiting_payment"
    await page.get_by_role("button", name="Give the time back").click()
    await dialog.get_by_role("button", name="Give it back").click()
    await heading(page, "You gave the time back")
    await expect(page.get_by_role("link", name="Wednesday 25 November, 11:00")).to_be_visible()


async def test_a_declined_payment_is_told_plainly_and_leads_to_the_nearest_times(
    visit: Visit, town: Town
) -> None:
    page = await visit()
    await leave_payment(page)
    town.give_up("bk_0", "payment_declined")
    await heading(page, "Your payment was declined")
    await expect(page.get_by_text("Your card was not charged.")).to_be_visible()
    await expect(page.locator(".nearest li")).to_have_count(3)
    await page.get_by_role("link", name="Wednesday 25 November, 12:00").click()
    await expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    await expect(page.locator(".chosen")).to_contain_text("Wednesday 25 November, 12:00")


async def test_saying_to_have_paid_proves_nothing(visit: Visit, town: Town) -> None:
    page = await visit()
    await hold(page)
    await page.goto("/bookings/bk_0?paid=1")
    await heading(page, "Held for you")
    assert town.requests.count(("POST", "/v1/bookings/bk_0/confirm")) == 1
    await page.reload()
    await heading(page, "Held for you")
    assert town.requests.count(("POST", "/v1/bookings/bk_0/confirm")) == 1


async def test_the_page_says_when_it_cannot_reach_the_booking(visit: Visit, town: Town) -> None:
    page = await visit()
    await page.route("**/stream", lambda route: route.abort())
    await leave_payment(page)
    town.away = 3
    await time_passes(page, 10)
    await expect(page.get_by_text("Your booking goes on without this page")).to_be_visible()
    await time_passes(page, 30)
    await expect(page.get_by_text("Your booking goes on without this page")).to_be_hidden()


async def test_whoever_finds_the_page_without_its_link_cannot_give_the_time_back(visit: Visit) -> None:
    page = await visit()
    await leave_payment(page)
    stranger = await visit("/bookings/bk_0")
    await heading(stranger, "Held for you")
    await expect(stranger.get_by_role("button", name="Give the time back")).to_be_hidden()
    owner = await visit("/bookings/bk_0#t=secret")
    await expect(owner.get_by_role("button", name="Give the time back")).to_be_visible()
