"""The hosted Checkout page, as a browser without scripts meets it."""

from typing import Any

import httpx
import pytest

from tests.support.sandbox_stripe import StripeSandbox, refused, session_params

CARD = {"email": "ada@example.com", "number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}
HALF_AN_HOUR = 30 * 60


async def opened(bank: StripeSandbox, **changes: Any) -> Any:
    return await bank.v1.checkout.sessions.create_async(session_params(**changes))


async def submit(bank: StripeSandbox, url: str, **changes: str) -> httpx.Response:
    return await bank.http.post(url, data=CARD | changes)


async def test_the_page_says_what_is_bought_for_how_much_and_that_no_money_moves(
    bank: StripeSandbox,
) -> None:
    session = await opened(bank)
    page = await bank.http.get(session.url)
    for words in ("Ada&#39;s advice", "Advice", "1 hour", "$20.00", "No real money", "http://127.0.0.1/left"):
        assert words in page.text
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "unsafe-inline" not in page.headers["content-security-policy"]


async def test_paying_brings_the_customer_back_to_the_business(bank: StripeSandbox) -> None:
    session = await opened(bank)
    answer = await submit(bank, session.url)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://127.0.0.1/thanks?session={session.id}"
    paid = await bank.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["payment_intent"]})
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "unpaid", None)
    assert paid.customer_details.email == "ada@example.com"
    intent = paid.payment_intent
    assert (intent.status, intent.amount_capturable, intent.metadata["booking"]) == (
        "requires_capture",
        2000,
        "bk_1",
    )
    await bank.v1.payment_intents.capture_async(intent.id)
    assert (await bank.v1.checkout.sessions.retrieve_async(session.id)).payment_status == "paid"


async def test_pressing_the_button_twice_charges_once(bank: StripeSandbox) -> None:
    session = await opened(bank)
    first, second = await submit(bank, session.url), await submit(bank, session.url)
    assert first.headers["location"] == second.headers["location"]
    assert len(bank.world.all("stripe.charge")) == 1
    assert "This has been paid" in (await bank.http.get(session.url)).text


async def test_a_declined_card_is_said_beside_the_field_and_another_can_be_tried(bank: StripeSandbox) -> None:
    session = await opened(bank)
    page = await submit(bank, session.url, number="4000000000009995")
    assert page.status_code == 200
    assert "Your card has insufficient funds." in page.text
    assert 'aria-describedby="number-error"' in page.text
    assert 'value="ada@example.com"' in page.text
    assert (await submit(bank, session.url)).status_code == 303


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number", "4111 1111 1111 1111", "use a test card"),
        ("number", "", "Enter the card number."),
        ("expiry", "13", "Enter the date as MM / YY."),
        ("expiry", "12/20", "expiration year is invalid"),
        ("cvc", "1", "Enter the 3 or 4 digits."),
        ("email", "nobody", "Enter your email address."),
    ],
)
async def test_what_is_wrong_is_said_in_words_and_nothing_is_charged(
    bank: StripeSandbox, field: str, value: str, words: str
) -> None:
    session = await opened(bank)
    page = await submit(bank, session.url, **{field: value})
    assert words in page.text
    assert f'aria-describedby="{field}-error"' in page.text
    assert bank.world.all("stripe.charge") == []


async def test_a_test_card_can_be_filled_in_without_scripts(bank: StripeSandbox) -> None:
    session = await opened(bank)
    page = await submit(bank, session.url, number="", fill="4000 0000 0000 9995")
    assert 'value="4000 0000 0000 9995"' in page.text
    assert 'value="ada@example.com"' in page.text
    assert bank.events() == []


async def test_the_bank_may_ask_and_the_customer_may_complete_or_fail(bank: StripeSandbox) -> None:
    session = await opened(bank, customer_email="fixed@example.com")
    sent = await submit(bank, session.url, number="4000002760003184")
    page = await bank.http.get(sent.headers["location"])
    assert "$20.00" in page.text
    failed = await bank.http.post(sent.headers["location"], data={"answer": "fail"})
    back = await bank.http.get(failed.headers["location"])
    assert "The bank did not confirm the payment." in back.text
    again = await submit(bank, session.url, number="4000002760003184")
    done = await bank.http.post(again.headers["location"], data={"answer": "complete"})
    assert done.headers["location"] == f"http://127.0.0.1/thanks?session={session.id}"
    paid = await bank.v1.checkout.sessions.retrieve_async(session.id)
    assert (paid.status, paid.customer_details.email) == ("complete", "fixed@example.com")


@pytest.mark.parametrize(
    ("ahead", "allowed"), [(-1, False), (0, True), (23 * 3600, True), (24 * 3600, False)]
)
async def test_a_page_stays_open_between_half_an_hour_and_a_day(
    bank: StripeSandbox, ahead: int, allowed: bool
) -> None:
    expires_at = int(bank.clock.now().timestamp()) + HALF_AN_HOUR + ahead
    if allowed:
        assert (await opened(bank, expires_at=expires_at)).expires_at == expires_at
    else:
        error = await refused(opened(bank, expires_at=expires_at))
        assert (error.http_status, error.param) == (400, "expires_at")


async def test_a_page_closes_by_itself_and_then_takes_no_money(bank: StripeSandbox) -> None:
    session = await opened(bank, expires_at=int(bank.clock.now().timestamp()) + HALF_AN_HOUR)
    assert bank.pay(session.url, "4000000000000002")["outcome"] == "declined"
    bank.clock.advance(HALF_AN_HOUR)
    page = await submit(bank, session.url)
    assert "This page has expired" in page.text
    closed = await bank.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["payment_intent"]})
    assert (closed.status, closed.payment_intent.status) == ("expired", "canceled")
    assert bank.events()[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


async def test_a_page_that_was_paid_on_cannot_be_closed(bank: StripeSandbox) -> None:
    session = await opened(bank)
    bank.pay(session.url)
    error = await refused(bank.v1.checkout.sessions.expire_async(session.id))
    assert error.http_status == 400
    assert "status of `complete`" in error.user_message


async def test_the_payment_behind_an_open_page_is_not_cancelled_behind_its_back(bank: StripeSandbox) -> None:
    session = await opened(bank)
    bank.pay(session.url, "4000000000000002")
    intent = (await bank.v1.checkout.sessions.retrieve_async(session.id)).payment_intent
    error = await refused(bank.v1.payment_intents.cancel_async(intent))
    assert error.code == "payment_intent_unexpected_state"
    assert bank.pay(session.url)["outcome"] == "authorized"


@pytest.mark.parametrize("name", ["mode", "line_items", "success_url"])
async def test_a_page_needs_to_know_what_it_is_for(bank: StripeSandbox, name: str) -> None:
    params = session_params()
    del params[name]
    error = await refused(bank.v1.checkout.sessions.create_async(params))
    assert (error.code, error.param) == ("parameter_missing", name)
