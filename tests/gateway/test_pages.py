"""Pages for people, shown with the same answers that programs get."""

import asyncio

from tests.support.gateway import Town, a_booking, a_town

PAGE = {"Accept": "text/html,application/xhtml+xml"}
BOOKING = "bk_06h3q8m2d4vxw0y1z5s7t9ab2c"
LEFT = f"/bookings/{BOOKING}/left"


def a_shop(town: Town) -> None:
    business = {
        "id": "consulting",
        "slug": "consulting",
        "name": "Northgate Consulting",
        "description": "Advice by the hour.",
        "timezone": "America/New_York",
        "currencies": ["USD"],
        "locale": "en",
        "email": "hello@northgate.example",
        "phone": None,
    }
    town.booking.tells("GET", "/businesses", {"businesses": [business]})


async def test_the_first_page_lists_who_can_be_booked() -> None:
    async with a_town() as town:
        a_shop(town)
        page = await town.client.get("/", headers=PAGE)
    assert page.status_code == 200
    assert "Northgate Consulting" in page.text


async def test_the_status_page_shows_no_customer_to_who_only_knows_the_address() -> None:
    async with a_town() as town:
        town.booking.add()
        page = await town.client.get(f"/bookings/{BOOKING}", headers=PAGE)
    assert page.status_code == 200
    assert a_booking(BOOKING)["reference"] in page.text
    assert "Ada Lovelace" not in page.text


async def test_coming_back_without_paying_is_told_to_the_payment() -> None:
    async with a_town() as town:
        town.booking.add(status="awaiting_payment")
        town.payment.tells("POST", f"/payments/{BOOKING}/left", {"status": "open"})
        page = await town.client.get(LEFT, params={"token": "signed"}, headers=PAGE)
        sent = town.payment.last("POST", f"/payments/{BOOKING}/left")
    assert page.status_code == 200
    assert sent.query == {"token": "signed"}


async def test_coming_back_while_payment_is_down_still_shows_the_booking() -> None:
    async with a_town() as town:
        town.booking.add(status="awaiting_payment")
        town.payment.line.cut_for = {"POST"}
        async with asyncio.timeout(2):
            page = await town.client.get(LEFT, params={"token": "signed"}, headers=PAGE)
    assert page.status_code == 200


async def test_a_page_that_is_not_there_is_a_page_and_not_a_problem_document() -> None:
    async with a_town() as town:
        page = await town.client.get("/bookings/bk_nothing", headers=PAGE)
        nowhere = await town.client.get("/no/such/page", headers=PAGE)
        program = await town.client.get("/no/such/page", headers={"Accept": "application/json"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert (nowhere.status_code, nowhere.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert program.json()["code"] == "not_found"


async def test_a_page_says_one_moment_while_a_service_is_down() -> None:
    async with a_town() as town:
        town.booking.line.cut_for = {"GET"}
        page = await town.client.get("/", headers=PAGE)
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
