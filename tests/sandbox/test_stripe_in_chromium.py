"""The Checkout page and the script's card form in a real browser."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Page, async_playwright, expect
from starlette.responses import HTMLResponse, Response

from tests.support.loopback import listening, serving
from tests.support.sandbox_stripe import StripeSandbox, intent_params, session_params

SHOP = """<!doctype html><html lang="en"><title>Shop</title><main><h1>Pay</h1><div id="card"></div>
<button id="pay">Pay</button><output></output></main><script src="%s/js/stripe.js"></script>
<script src="/shop.js"></script></html>"""
SHOP_JS = """
const clientSecret = new URLSearchParams(location.search).get("secret");
const stripe = Stripe("pk_test_sandbox");
const elements = stripe.elements({ clientSecret });
elements.create("payment").mount("#card");
document.getElementById("pay").onclick = async () => {
  const confirmParams = { return_url: `${location.origin}/thanks` };
  const answer = await stripe.confirmPayment({ elements, confirmParams, redirect: "if_required" });
  document.querySelector("output").textContent = answer.error?.code ?? answer.paymentIntent.status;
};
"""


@asynccontextmanager
async def opened(program: str, scheme: str = "light") -> AsyncIterator[Page]:
    """A page on a phone; nothing may go wrong in its console except the answers a test asks for."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        alone = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=program, args=alone)
        page = await browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield page
        await browser.close()
    assert [one for one in complaints if not one.startswith("Failed to load resource")] == []


@asynccontextmanager
async def shop(bank: StripeSandbox) -> AsyncIterator[str]:
    """A business's own page under the strictest policy that lets Stripe in."""
    door, origin = listening()
    address = urlsplit(bank.settings.base_url)
    stripe = f"{address.scheme}://{address.netloc}"
    policy = f"default-src 'none'; script-src 'self' {stripe}; connect-src {stripe}; base-uri 'none'"
    app = FastAPI()

    async def page() -> Response:
        return HTMLResponse(SHOP % bank.settings.base_url, headers={"Content-Security-Policy": policy})

    async def script() -> Response:
        return Response(SHOP_JS, media_type="text/javascript")

    app.add_api_route("/pay", page)
    app.add_api_route("/shop.js", script)
    app.add_api_route("/thanks", page)
    async with serving(app, door):
        yield origin


async def flaws(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [json.dumps(one["nodes"], indent=1)[:800] for one in found.response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_pay_on_the_checkout_page(
    bank: StripeSandbox, chromium_program: str, scheme: str
) -> None:
    params = session_params(success_url=f"{bank.settings.base_url}/js/checkout.css")
    session = await bank.v1.checkout.sessions.create_async(params)
    async with opened(chromium_program, scheme) as page:
        await page.goto(session.url)
        assert await flaws(page) == []
        await page.get_by_label("Email").fill("ada@example.com")
        await page.get_by_role("button", name="9995 insufficient funds").click()
        await page.get_by_role("button", name="Pay $20.00").click()
        await expect(page.get_by_role("alert")).to_have_text("Your card has insufficient funds.")
        await expect(page.get_by_label("Card number")).to_be_focused()
        assert await flaws(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await page.get_by_label("Card number").fill("")
        await page.keyboard.type("4242424242424242")
        await expect(page.get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/checkout.css")
    assert (await bank.v1.checkout.sessions.retrieve_async(session.id)).status == "complete"


async def test_the_card_form_of_the_script_works_under_a_strict_policy(
    bank: StripeSandbox, chromium_program: str
) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params(capture_method="manual"))
    async with shop(bank) as origin, opened(chromium_program) as page:
        await page.goto(f"{origin}/pay?secret={intent.client_secret}")
        await page.get_by_role("button", name="Pay", exact=True).click()
        await expect(page.locator("output")).to_have_text("incomplete_number")
        assert await flaws(page) == []
        await page.get_by_label("Card number").press_sequentially("4000000000009995")
        await page.get_by_label("Expiration date").press_sequentially("434")
        await page.get_by_label("Security code").press_sequentially("123")
        await expect(page.get_by_label("Expiration date")).to_have_value("04 / 34")
        await page.get_by_role("button", name="Pay", exact=True).click()
        await expect(page.get_by_text("Your card has insufficient funds.")).to_be_visible()
        await page.get_by_role("button", name="4242 succeeds").click()
        await page.get_by_role("button", name="Pay", exact=True).click()
        await expect(page.locator("output")).to_have_text("requires_capture")


@pytest.mark.parametrize(("answer", "status"), [("Complete", "succeeded"), ("Fail", "failed")])
async def test_the_bank_is_asked_on_a_page_of_its_own(
    bank: StripeSandbox, chromium_program: str, answer: str, status: str
) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params())
    async with shop(bank) as origin, opened(chromium_program) as page:
        await page.goto(f"{origin}/pay?secret={intent.client_secret}")
        await page.get_by_role("button", name="3184 3D Secure").click()
        await page.get_by_role("button", name="Pay", exact=True).click()
        await expect(page.get_by_role("heading", name="Is this you?")).to_be_visible()
        assert await flaws(page) == []
        await page.get_by_role("button", name=answer).click()
        await page.wait_for_url(f"{origin}/thanks?payment_intent={intent.id}*redirect_status={status}")
