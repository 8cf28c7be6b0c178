"""The sandbox's page, as a browser without scripts sees it."""

from collections.abc import AsyncIterator
from html import unescape

import pytest

from sandbox.page.cards import SAMPLE_CARDS
from sandbox.stripe.cards import CARDS
from sandbox.switches import SWITCHES
from tests.support.google_sandbox import CALENDAR, lesson
from tests.support.whole_sandbox import Outside, whole_sandbox

INVITATION = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:bk_1@example.com\r\nSEQUENCE:2\r\n"
    "SUMMARY:Tuning\\, grand \r\n piano\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with whole_sandbox() as running:
        yield running


async def page(outside: Outside) -> str:
    answer = await outside.control.get("/")
    assert answer.status_code == 200
    return unescape(answer.text)


async def press(outside: Outside, form: str, **fields: str) -> None:
    answer = await outside.control.post(f"/{form}", data=fields)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("./#")


async def test_an_empty_world_says_what_to_do(outside: Outside) -> None:
    shown = await page(outside)
    assert "Book something, and the confirmation arrives here." in shown
    assert "Mon 23 Nov 2026, 09:00:00" in shown


async def test_a_mail_is_shown_in_a_frame_that_can_do_nothing_with_its_invitation(outside: Outside) -> None:
    await outside.mail("Your tuning is confirmed", ics=INVITATION)
    shown = await page(outside)
    assert '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    assert "Invitation: REQUEST" in shown
    assert "<dd>Tuning, grand piano</dd>" in shown
    assert "<dd>bk_1@example.com</dd>" in shown


async def test_what_a_mail_says_cannot_break_out_into_the_page(outside: Outside) -> None:
    await outside.mail("<script>alert(1)</script>")
    answer = await outside.control.get("/")
    assert "<script>alert" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy


async def test_money_calendar_and_webhooks_are_shown_in_plain_words(outside: Outside) -> None:
    session = await outside.checkout()
    for card in ("4000000000009995", "4242424242424242"):
        await outside.control.post("/control/pay", json={"url": session["url"], "card": card})
    client = outside.google()
    await client.call(client.api.events().insert(calendarId=CALENDAR, body=lesson(10)))
    shown = await page(outside)
    assert "€40.00" in shown
    assert "declined: insufficient funds" in shown
    assert ">reserved<" in shown
    assert "Tue 24 November 2026" in shown
    assert "10:00–11:00" in shown
    assert "checkout.session.completed" in shown


async def test_a_capture_and_a_release_read_differently(outside: Outside) -> None:
    for way in ("capture", "cancel"):
        session = await outside.checkout()
        await outside.control.post("/control/pay", json={"url": session["url"], "action": "approve"})
        paid = (await outside.stripe.get(f"/v1/checkout/sessions/{session['id']}")).json()
        await outside.stripe.post(f"/v1/payment_intents/{paid['payment_intent']}/{way}")
    shown = await page(outside)
    assert ">taken<" in shown
    assert ">released<" in shown


async def test_every_switch_has_a_form_with_its_explanation(outside: Outside) -> None:
    shown = await page(outside)
    for switch in SWITCHES:
        assert switch.explanation in shown
        assert f'name="fault" value="{switch.name}"' in shown


async def test_things_are_broken_and_mended_without_a_script(outside: Outside) -> None:
    await press(outside, "break", provider="stripe", fault="decline", count="2", seconds="")
    await press(outside, "break", provider="google", fault="down", count="", seconds="300")
    shown = await page(outside)
    assert "2 more times" in shown
    assert "until 09:05:00 UTC" in shown
    await press(outside, "mend")
    assert "more times" not in await page(outside)


async def test_the_clock_and_the_reset_work_without_a_script(outside: Outside) -> None:
    await outside.mail("Confirmed")
    await press(outside, "clock", seconds="1860")
    assert "Mon 23 Nov 2026, 09:31:00" in await page(outside)
    await press(outside, "reset")
    assert outside.world.all("mail") == []


async def test_an_event_is_sent_again_without_a_script(outside: Outside) -> None:
    await outside.intent()
    (event,) = outside.world.all("stripe.event")
    await press(outside, "again", event=event["id"], times="5")
    assert len(outside.world.all("stripe.delivery")) == 6


@pytest.mark.parametrize(("name", "kind"), [("ground.css", "text/css"), ("sandbox.js", "text/javascript")])
async def test_the_pages_files_are_served(outside: Outside, name: str, kind: str) -> None:
    answer = await outside.control.get(f"/assets/{name}")
    assert answer.headers["content-type"].startswith(kind)
    assert (await outside.control.get("/assets/nothing.js")).status_code == 404


def test_every_card_on_the_page_is_one_the_sandbox_takes() -> None:
    assert {card.number.replace(" ", "") for card in SAMPLE_CARDS} <= set(CARDS)
