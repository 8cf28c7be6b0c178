"""Chromium, and the pages it visits. Every test drives it in the one event loop that it was started in."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from tests.support.browser import app_of
from tests.support.loopback import listening
from tests.support.public_api import Town

Visit = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(chromium_program: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        sandboxless = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=chromium_program, args=sandboxless)
        yield browser
        await browser.close()


@pytest.fixture
def town() -> Town:
    return Town()


@pytest_asyncio.fixture(loop_scope="session")
async def site(town: Town) -> AsyncIterator[str]:
    """Where the pages are. The town's clock, not this machine's, is in the Date header."""
    door, url = listening()
    config = uvicorn.Config(app_of(town), log_level="warning", lifespan="off", date_header=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve(sockets=[door]))
    yield url
    server.should_exit = server.force_exit = True
    await serving


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, site: str, town: Town) -> AsyncIterator[Visit]:
    """Opens a page as a visitor from somewhere; afterwards nothing may have gone wrong in its console."""
    complaints: list[str] = []
    async with AsyncExitStack() as stack:

        async def open_page(path: str = "/book/lindenhof/advice", **visitor: Any) -> Page:
            usual = {"timezone_id": "Europe/Berlin", "locale": "en-GB", "base_url": site}
            context = await chromium.new_context(**(usual | visitor))
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(5000)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            await page.clock.install(time=town.now)
            await page.goto(path)
            return page

        yield open_page
    # Chromium itself reports every answer of 400 and above; the tests look at what the page makes of it.
    assert [one for one in complaints if not one.startswith("Failed to load resource")] == []
