"""The month, the day and its times."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.support.public_api import BERLIN, Town
from tests.support.visitor import day, focused_date, is_ready, time_button, time_passes

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def walk(page: Page, *keys: str) -> str:
    for key in keys:
        await page.keyboard.press(key)
    return await focused_date(page)


async def test_the_first_free_day_is_chosen_and_its_times_are_shown(visit: Visit) -> None:
    page = await visit()
    await is_ready(page)
    await expect(page.get_by_role("gridcell", selected=True)).to_have_text("20")
    await expect(page.get_by_role("heading", name="Friday 20 November")).to_be_visible()
    await expect(page.locator(".times h4")).to_have_text(["Morning", "Afternoon"])


async def test_the_month_is_one_tab_stop_and_arrows_walk_it(visit: Visit) -> None:
    page = await visit()
    await is_ready(page)
    await expect(page.locator('date-grid td [tabindex="0"]')).to_have_count(1)
    await day(page, "2026-11-20").focus()
    assert await walk(page, "ArrowRight") == "2026-11-21"
    assert await walk(page, "ArrowDown") == "2026-11-28"
    assert await walk(page, "Home") == "2026-11-23"
    assert await walk(page, "End") == "2026-11-29"
    assert await walk(page, "ArrowUp", "ArrowUp") == "2026-11-20"
    await expect(page.locator('date-grid td [tabindex="0"]')).to_have_count(1)


async def test_walking_over_the_edge_brings_the_next_month_and_page_keys_turn_it(visit: Visit) -> None:
    page = await visit()
    await is_ready(page)
    await day(page, "2026-11-30").focus()
    await day(page, "2026-11-30").click()
    await day(page, "2026-11-30").focus()
    assert await walk(page, "ArrowRight") == "2026-12-01"
    assert await walk(page, "PageDown") == "2027-01-01"
    await expect(page.get_by_role("heading", name="January 2027")).to_be_visible()
    assert await walk(page, "PageUp", "PageUp") == "2026-11-20"
    # The horizon ends before a year has passed.
    assert await walk(page, "Shift+PageDown") == "2027-03-20"


async def test_a_day_that_is_not_free_can_be_reached_and_says_why(visit: Visit) -> None:
    page = await visit()
    await is_ready(page)
    sunday = page.get_by_role("button", name="Sunday, 22 November 2026, Closed on this day.")
    await expect(sunday).to_have_attribute("aria-disabled", "true")
    await sunday.click(force=True)
    await expect(page.locator(".why")).to_have_text("Sunday 22 November: Closed on this day.")
    monday = page.get_by_role("button", name="Monday, 23 November 2026, 8 times available")
    await expect(monday).to_be_visible()


async def test_picking_a_day_leads_to_its_times(visit: Visit) -> None:
    page = await visit()
    await is_ready(page)
    await day(page, "2026-11-25").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Wednesday 25 November")).to_be_focused()


async def test_a_visitor_who_comes_for_the_first_free_time_skips_an_empty_month(
    visit: Visit, town: Town
) -> None:
    town.closed = {date(2026, 11, 20) + timedelta(days=ahead) for ahead in range(15)}
    page = await visit()
    await expect(page.get_by_role("heading", name="December 2026")).to_be_visible()


async def test_an_empty_month_offers_the_next_free_day_as_one_button(visit: Visit, town: Town) -> None:
    town.closed = {date(2026, 12, 1) + timedelta(days=ahead) for ahead in range(40)}
    page = await visit()
    await is_ready(page)
    await page.get_by_role("button", name="Next month").click()
    await expect(page.get_by_text("No free times in December 2026.")).to_be_visible()
    await page.get_by_role("button", name="Next available: Monday 11 January").click()
    await expect(page.get_by_role("heading", name="January 2027")).to_be_visible()
    await expect(page.get_by_role("heading", name="Monday 11 January")).to_be_visible()


async def test_slots_are_grouped_by_the_visitors_day(visit: Visit, town: Town) -> None:
    page = await visit(timezone_id="Asia/Tokyo")
    await is_ready(page)
    await expect(page.locator(".zone")).to_contain_text("Tokyo time. Berlin is 8 hours behind you.")
    # 16:00 on Tuesday in Berlin is midnight in Tokyo: it belongs to Wednesday there.
    await day(page, "2026-11-25").click()
    await expect(page.locator(".times .time").first).to_have_text("00:00")
    await time_button(page, "00:00").click()
    await expect(page.locator(".chosen")).to_contain_text("Wednesday 25 November, 00:00")
    await expect(page.locator(".chosen")).to_contain_text("Tuesday 24 November, 16:00 in Berlin")


async def test_the_chosen_zone_is_remembered(visit: Visit) -> None:
    page = await visit(timezone_id="Asia/Tokyo", locale="en-US")
    await is_ready(page)
    await page.get_by_role("button", name="Change time zone").click()
    await page.get_by_label("Time zone").select_option("America/New_York")
    await expect(page.locator(".zone")).to_contain_text("New York time. Berlin is 6 hours ahead of you.")
    await page.reload()
    await is_ready(page)
    await expect(page.locator(".zone")).to_contain_text("New York time.")
    await expect(page.locator(".times .time").first).to_have_text("5:00 AM")


async def test_an_hour_that_comes_twice_says_which_one_is_meant(visit: Visit, town: Town) -> None:
    town.now = datetime(2026, 10, 30, 9, tzinfo=BERLIN)
    town.opens = range(6, 10)
    # New York turns its clocks back on 1 November at 2:00, when it is 7:00 in Berlin.
    town.sundays = True
    page = await visit("/book/lindenhof/advice?date=2026-11-01", timezone_id="America/New_York")
    await expect(page.locator(".times .time")).to_have_text(["01:00 GMT-4", "01:00 GMT-5", "02:00", "03:00"])


async def test_a_day_that_loses_an_hour_shows_every_real_time_once(visit: Visit, town: Town) -> None:
    town.now = datetime(2027, 3, 26, 9, tzinfo=BERLIN)
    town.opens, town.sundays = range(1, 5), True
    page = await visit("/book/lindenhof/advice?date=2027-03-28")
    await expect(page.locator(".times .time")).to_have_text(["01:00", "03:00", "04:00"])
    berlin = ZoneInfo("Europe/Berlin")
    assert len({start.astimezone(berlin) for start in town.starts()}) == len(town.starts())


async def test_back_and_forward_restore_month_day_and_time(visit: Visit) -> None:
    page = await visit()
    await is_ready(page)
    await page.get_by_role("button", name="Next month").click()
    await day(page, "2026-12-03").click()
    await time_button(page, "10:00").click()
    await expect(page.get_by_role("heading", name="Your details")).to_be_focused()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Thursday 3 December")).to_be_visible()
    await page.go_back()
    await page.go_back()
    await expect(page.get_by_role("heading", name="November 2026")).to_be_visible()
    for _ in range(3):
        await page.go_forward()
    await expect(page.locator(".chosen")).to_contain_text("Thursday 3 December, 10:00")


async def test_while_the_month_loads_it_says_so_and_nothing_jumps(visit: Visit, town: Town) -> None:
    town.pause = 0.6
    page = await visit()
    table = page.get_by_role("grid")
    await expect(table).to_have_attribute("aria-busy", "true")
    before = await table.bounding_box()
    await is_ready(page)
    await expect(table).to_have_attribute("aria-busy", "false")
    assert await table.bounding_box() == before


async def test_the_next_month_is_there_before_it_is_asked_for(visit: Visit, town: Town) -> None:
    page = await visit()
    await is_ready(page)
    await page.wait_for_load_state("networkidle")
    asked = len(town.requests)
    town.pause = 5
    await page.get_by_role("button", name="Next month").click()
    await is_ready(page)
    await expect(page.get_by_role("heading", name="Tuesday 1 December")).to_be_visible()
    assert [path for _, path in town.requests[asked:]] in ([], ["/v1/availability"])


async def test_when_times_cannot_be_fetched_the_page_says_so_and_tries_again(
    visit: Visit, town: Town
) -> None:
    town.away = 4
    page = await visit()
    await time_passes(page, 12)
    await expect(page.get_by_text("The free times could not be fetched.")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await is_ready(page)


async def test_right_to_left_pages_walk_the_other_way(visit: Visit) -> None:
    page = await visit()
    await is_ready(page)
    await page.evaluate("document.documentElement.dir = 'rtl'")
    await day(page, "2026-11-24").focus()
    assert await walk(page, "ArrowRight") == "2026-11-23"
