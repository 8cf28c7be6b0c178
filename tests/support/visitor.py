"""What a visitor does on the booker, in their words."""

import asyncio

from playwright.async_api import Locator, Page, expect

DAY = "date-grid [data-date]"


async def is_ready(page: Page) -> None:
    """The month is there."""
    await expect(page.locator("date-grid [data-heat]").first).to_be_visible()


def day(page: Page, date: str) -> Locator:
    return page.locator(f'[data-date="{date}"]')


def time_button(page: Page, words: str) -> Locator:
    return page.locator(".times").get_by_role("button", name=words, exact=True)


async def choose(page: Page, date: str, time: str) -> None:
    await is_ready(page)
    await day(page, date).click()
    await time_button(page, time).click()


async def tell_who(page: Page, name: str = "Ada Lovelace", email: str = "ada@example.org") -> None:
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("E-mail").fill(email)


async def review(page: Page, date: str = "2026-11-25", time: str = "11:00") -> None:
    """To the last look before paying."""
    await choose(page, date, time)
    await tell_who(page)
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", name="Check and pay")).to_be_focused()


async def hold(page: Page, date: str = "2026-11-25", time: str = "11:00") -> None:
    """To the provider's page, with the time held."""
    await review(page, date, time)
    await page.get_by_role("button", name="Hold this time and pay").click()
    await expect(page.get_by_role("heading", name="Pay here")).to_be_visible()


async def leave_payment(page: Page) -> None:
    """Held, and back from the provider's page without paying."""
    await hold(page)
    # The page reads the booking once more when it opens: from then on its clock is set.
    async with page.expect_response("**/v1/bookings/bk_0"):
        await page.get_by_role("link", name="Leave").click()
    await expect(page.get_by_role("heading", name="You left the payment page")).to_be_visible()


async def focused_date(page: Page) -> str:
    date: str = await page.evaluate("document.activeElement.dataset.date")
    return date


async def time_passes(page: Page, seconds: int) -> None:
    """Second by second, so that what is answered meanwhile is seen."""
    for _ in range(seconds):
        await page.clock.run_for(1000)
        await asyncio.sleep(0.05)
