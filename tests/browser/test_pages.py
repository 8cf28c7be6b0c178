"""What the server writes before any script runs."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from frontend.outcomes import OUTCOMES
from frontend.policy import payment_headers
from frontend.rendering import STATIC, duration, held_for, notice
from tests.support.browser import app_of
from tests.support.public_api import Town

KILOBYTE = 1000
IMPORT = re.compile(r'(?:from|import) "\./([\w-]+)\.js"')


@pytest.fixture
async def browserless() -> AsyncIterator[httpx.AsyncClient]:
    town = Town()
    town.book(
        {
            "items": [{"offering": "lindenhof.advice", "start": "2026-11-25T11:00:00+01:00"}],
            "customer": {"name": "Ada", "email": "ada@example.org"},
            "payment": {"method": "checkout"},
        },
        "key",
    )
    transport = httpx.ASGITransport(app_of(town))
    async with httpx.AsyncClient(transport=transport, base_url="http://pages.test") as client:
        yield client


async def test_the_first_page_lists_every_business(browserless: httpx.AsyncClient) -> None:
    page = await browserless.get("/")
    assert page.status_code == 200
    assert 'href="/book/lindenhof"' in page.text
    assert "Keys &amp; Strings" in page.text


async def test_offers_show_their_price_and_how_long_they_take(browserless: httpx.AsyncClient) -> None:
    page = (await browserless.get("/book/lindenhof")).text
    assert "€90.00" in page
    assert "€480.00 or $520.00" in page
    assert "20 minutes" in page
    assert "Free" in page


async def test_without_scripts_the_booker_names_another_way_to_ask(browserless: httpx.AsyncClient) -> None:
    page = (await browserless.get("/book/lindenhof/advice")).text
    without_scripts = re.search(r"<noscript>(.*?)</noscript>", page, re.DOTALL)
    assert without_scripts is not None
    assert "You can also reach Lindenhof Consulting at +49 30 555 0123." in without_scripts[1]


async def test_a_booking_is_told_without_its_customer(browserless: httpx.AsyncClient) -> None:
    page = " ".join((await browserless.get("/bookings/bk_0")).text.split())
    assert "Wednesday 25 November 2026, 11:00 <small>Berlin time</small>" in page
    assert "Pay €90.00 and this time is yours." in page
    assert "ada@example.org" not in page


@pytest.mark.parametrize("path", ["/book/nobody", "/book/lindenhof/nothing", "/bookings/bk_9", "/nowhere"])
async def test_what_does_not_exist_is_told_on_a_page(browserless: httpx.AsyncClient, path: str) -> None:
    page = await browserless.get(path)
    assert page.status_code == 404
    assert "There is nothing here" in page.text


PAGES = ["/", "/book/lindenhof", "/book/lindenhof/advice", "/bookings/bk_0", "/pay/bk_0"]


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_has_inline_scripts_or_styles(browserless: httpx.AsyncClient, path: str) -> None:
    page = await browserless.get(path)
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page.text) == []
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("trusted-types 'none'" in policy) is (path != "/pay/bk_0")


def test_only_the_card_page_lets_the_provider_in() -> None:
    policy = payment_headers(["http://127.0.0.1:8105"])["Content-Security-Policy"]
    assert "script-src 'self' https://js.stripe.com https://*.js.stripe.com http://127.0.0.1:8105;" in policy


@pytest.mark.parametrize(("entry", "limit"), [("planner", 15), ("booking", 10), ("pay", 10)])
def test_the_scripts_of_a_page_stay_small(entry: str, limit: int) -> None:
    size = sum(len(gzip.compress(script.read_bytes())) for script in needed_by(entry))
    assert size <= limit * KILOBYTE


@pytest.mark.parametrize(("page", "entry"), [("booker", "planner"), ("booking", "booking"), ("pay", "pay")])
def test_every_module_is_asked_for_at_once(page: str, entry: str) -> None:
    template = (STATIC.parent / "templates" / f"{page}.html").read_text()
    listed = re.search(r"for module in \[(.*?)\]", template)
    assert listed is not None
    preloaded = set(re.findall(r'"([\w-]+)"', listed[1]))
    assert preloaded == {script.stem for script in needed_by(entry)} - {entry}


def needed_by(entry: str) -> set[Path]:
    """A module and everything it imports."""
    found: set[Path] = set()
    waiting = [STATIC / "js" / f"{entry}.js"]
    while waiting:
        script = waiting.pop()
        if script not in found:
            found.add(script)
            waiting += [script.with_name(f"{name}.js") for name in IMPORT.findall(script.read_text())]
    return found


def test_every_picture_that_styles_name_is_there() -> None:
    styles = "".join(sheet.read_text() for sheet in (STATIC / "css").glob("*.css"))
    pictures = set(re.findall(r'url\("/static/([^"]+)"\)', styles))
    assert pictures
    assert [name for name in pictures if not (STATIC / name).is_file()] == []


def test_no_failure_leaves_the_customer_wondering_about_the_money() -> None:
    money = re.compile("not charged|Nothing was charged|goes back to you")
    failures = {name for name, outcome in OUTCOMES.items() if name not in ("pending", "held")}
    silent = {
        name
        for name in failures - {"awaiting_payment", "checking", "confirming", "confirmed"}
        if not money.search(OUTCOMES[name].sentence)
    }
    assert silent == set()


def test_times_are_said_as_people_say_them() -> None:
    assert [duration(20), duration(60), duration(150)] == ["20 minutes", "1 hour", "2 hours 30 minutes"]
    assert [notice(120), notice(1440), notice(2160)] == ["2 hours", "1 day", "36 hours"]
    assert [held_for(30), held_for(1), held_for(0.25)] == ["30 minutes", "1 minute", "15 seconds"]
