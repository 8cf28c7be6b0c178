"""Accessibility, measured on every page in light and in dark."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.support.public_api import Town
from tests.support.visitor import choose, is_ready, leave_payment, review

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def mistakes_of_a_form(page: Page) -> None:
    await choose(page, "2026-11-25", "11:00")
    await page.get_by_role("button", name="Continue").click()


async def a_card_form(page: Page) -> None:
    await review(page)
    await page.get_by_label("By card, right here").check()
    await page.get_by_role("button", name="Hold this time and pay").click()
    await expect(page.get_by_label("Card number")).to_be_visible()


async def a_taken_time(page: Page) -> None:
    await review(page)
    await page.route("**/v1/bookings", _taken)
    await page.get_by_role("button", name="Hold this time and pay").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def _taken(route: Any) -> None:
    await route.fulfill(status=409, json={"code": "slot_taken", "detail": "Taken.", "nearest": []})


async def a_question(page: Page) -> None:
    await leave_payment(page)
    await page.get_by_role("button", name="Give the time back").click()


async def a_time_given_back(page: Page) -> None:
    await a_question(page)
    await page.get_by_role("button", name="Give it back").click()
    await expect(page.locator(".nearest li").first).to_be_visible()


async def a_confirmed_booking(page: Page) -> None:
    await leave_payment(page)
    await page.get_by_role("link", name="Pay after all").click()
    await page.get_by_role("link", name="Pay", exact=True).click()
    await expect(page.get_by_role("heading", name="You are booked")).to_be_visible()


async def nothing(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


BOOKER = "/book/lindenhof/advice"
PLACES: dict[str, tuple[str, Callable[[Page], Awaitable[None]]]] = {
    "businesses": ("/", nothing),
    "offers": ("/book/lindenhof", nothing),
    "month": (BOOKER, is_ready),
    "mistakes": (BOOKER, mistakes_of_a_form),
    "review": (BOOKER, review),
    "taken": (BOOKER, a_taken_time),
    "card": (BOOKER, a_card_form),
    "left": (BOOKER, leave_payment),
    "question": (BOOKER, a_question),
    "given back": (BOOKER, a_time_given_back),
    "confirmed": (BOOKER, a_confirmed_booking),
    "missing": ("/nowhere", nothing),
}


@pytest.mark.parametrize("place", PLACES)
async def test_no_page_has_a_barrier_that_a_machine_can_find(visit: Visit, place: str) -> None:
    path, go_there = PLACES[place]
    page = await visit(path, color_scheme="light", reduced_motion="reduce", bypass_csp=True)
    await go_there(page)
    assert await barriers(page) == []
    await page.emulate_media(color_scheme="dark")
    assert await barriers(page) == []


async def barriers(page: Page) -> list[str]:
    # Colours that are still changing would be measured half-way.
    await page.evaluate(
        "Promise.allSettled(document.getAnimations().map((each) => each.finished)).then(() => 0)"
    )
    found = await Axe().run(page, options={"runOnly": STANDARD})
    assert len(found.response["passes"]) > 10
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("place", ["offers", "month", "mistakes", "review", "left"])
async def test_on_a_phone_nothing_is_too_small_to_touch_and_nothing_sticks_out(
    visit: Visit, place: str
) -> None:
    path, go_there = PLACES[place]
    page = await visit(path, viewport={"width": 320, "height": 640}, has_touch=True)
    await go_there(page)
    small: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll("main :is(a, button, input, select, textarea, label.choice)")]
            .filter((each) => each.offsetParent && !each.closest(".choice > *, .card-title"))
            .map((each) => [each, each.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44 || box.width < 24)
            .map(([each, box]) => `${each.outerHTML.slice(0, 80)} ${box.width} x ${box.height}`)"""
    )
    assert small == []
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width == 320


async def test_whoever_wants_no_motion_gets_none(visit: Visit, town: Town) -> None:
    town.pause = 1
    page = await visit(reduced_motion="reduce")
    moving = "document.getAnimations().filter((each) => each.effect.getTiming().iterations > 1).length"
    assert await page.evaluate(moving) == 0


async def test_without_scripts_the_offer_and_its_price_are_there(visit: Visit) -> None:
    page = await visit(java_script_enabled=False)
    await expect(page.get_by_role("heading", name="One hour of advice")).to_be_visible()
    await expect(page.locator(".facts")).to_contain_text("€90.00")
    await expect(page.get_by_role("button")).to_have_count(0)
