"""Collecting through the real SDK: a page or a form that is paid, declined, left or never paid."""

import pytest

from shared.money import Money
from shared.signing import LEFT, sign
from tests.support.payment import NO_FUNDS, Cashier

LINK = sign("development-only-secret", LEFT, "bk_1")


async def test_collecting_opens_a_hosted_page_that_reserves_and_does_not_take(till: Cashier) -> None:
    await till.collect()
    asked = await till.last("payment.action_required")
    session = till.world.all("stripe.checkout.session")[0]
    assert asked["action"]["kind"] == "redirect"
    assert asked["action"]["url"] == session["url"]
    assert asked["action"]["expires_at"] == "2026-03-02T09:30:00Z"
    till.pays()
    await till.deliver()
    assert (await till.names())[-1] == "payment.authorized"
    assert [(one["status"], one["amount_received"]) for one in till.intents()] == [("requires_capture", 0)]


async def test_collecting_by_card_hands_out_a_form_secret_and_where_its_script_is(till: Cashier) -> None:
    await till.collect(method="card")
    action = (await till.last("payment.action_required"))["action"]
    assert action["kind"] == "client_secret"
    assert action["client_secret"] == till.intents()[0]["client_secret"]
    assert action["publishable_key"] == "pk_test_sandbox"
    assert action["script_url"].endswith("/stripe/js/stripe.js")
    till.pays()
    await till.deliver()
    assert (await till.names())[-1] == "payment.authorized"


async def test_a_hold_shorter_than_the_shortest_page_is_ended_by_us(till: Cashier) -> None:
    await till.collect(minutes=2)
    await till.later(minutes=2)
    assert till.world.all("stripe.checkout.session")[0]["status"] == "expired"
    assert (await till.names())[-1] == "payment.expired"


async def test_an_unpaid_form_is_cancelled_at_the_deadline(till: Cashier) -> None:
    await till.collect(method="card")
    await till.later(minutes=30)
    assert till.intents()[0]["status"] == "canceled"
    assert (await till.names())[-1] == "payment.expired"


async def test_what_is_asked_for_after_its_deadline_expires_at_once_and_again_when_asked_again(
    till: Cashier,
) -> None:
    for _ in range(2):
        await till.collect(minutes=-1)
        assert (await till.last("payment.expired"))["ref"]["step"] == "collect"
    assert await till.names() == ["payment.expired"] * 2
    assert till.world.all("stripe.checkout.session") == []


@pytest.mark.parametrize("method", ["checkout", "card"])
async def test_paid_just_before_the_deadline_without_any_webhook_is_paid(till: Cashier, method: str) -> None:
    await till.collect(method=method)  # type: ignore[arg-type]
    till.clock.advance(1799)
    till.pays()
    till.clock.advance(1)
    await till.run()
    assert (await till.names())[-1] == "payment.authorized"
    assert till.intents()[0]["status"] == "requires_capture"


async def test_clicking_twice_opens_one_page(till: Cashier) -> None:
    await till.collect()
    await till.collect(epoch=2)
    assert len(till.world.all("stripe.checkout.session")) == 1
    assert await till.names() == ["payment.action_required", "payment.action_required"]


async def test_two_tabs_that_both_pay_pay_once(till: Cashier) -> None:
    await till.collect()
    till.pays()
    till.pays()
    await till.deliver()
    assert [one["status"] for one in till.intents()] == ["requires_capture"]
    assert (await till.names()).count("payment.authorized") == 1


async def test_a_declined_card_ends_the_payment_soon_and_says_why(till: Cashier) -> None:
    await till.collect()
    till.pays(NO_FUNDS)
    await till.deliver()
    assert (await till.names())[-1] == "payment.action_required"
    await till.later(seconds=300)
    failed = await till.last("payment.failed")
    assert (failed["reason"], failed["code"]) == ("declined", "insufficient_funds")


async def test_after_a_decline_the_customer_is_told_the_time_that_is_left_now(till: Cashier) -> None:
    await till.collect()
    till.pays(NO_FUNDS)
    await till.deliver()
    assert (await till.names()).count("payment.action_required") == 2
    again = await till.last("payment.action_required")
    assert again["action"]["expires_at"] < "2026-03-02T09:30:00Z"
    assert again["action"]["url"] == till.world.all("stripe.checkout.session")[0]["url"]


async def test_a_second_card_after_a_decline_is_a_paid_booking(till: Cashier) -> None:
    await till.collect()
    till.pays(NO_FUNDS)
    await till.deliver()
    till.pays()
    await till.deliver()
    await till.later(seconds=300)
    assert (await till.names())[-1] == "payment.authorized"


@pytest.mark.parametrize("card", ["4000000000009987", "4000000000009979", "4000000000000002"])
async def test_nobody_is_told_that_a_card_is_known_as_stolen(till: Cashier, card: str) -> None:
    await till.collect()
    till.pays(card)
    await till.deliver()
    await till.later(seconds=300)
    assert (await till.last("payment.failed"))["code"] == "card_declined"


async def test_coming_back_without_paying_cancels_soon_however_often_it_is_told(till: Cashier) -> None:
    await till.collect()
    first = await till.http.post("/payments/bk_1/left", params={"token": LINK})
    till.clock.advance(60)
    again = await till.http.post("/payments/bk_1/left", params={"token": LINK})
    assert first.json() == again.json()
    await till.later(seconds=240)
    assert (await till.last("payment.failed"))["reason"] == "cancelled"


async def test_a_made_up_link_cancels_nothing(till: Cashier) -> None:
    await till.collect()
    answer = await till.http.post("/payments/bk_1/left", params={"token": "x" * 32})
    assert (answer.status_code, answer.json()["code"]) == (403, "invalid_link")


async def test_a_refused_start_makes_the_payment_unavailable_at_once_and_visible(till: Cashier) -> None:
    await till.collect(amount=Money(amount=1, currency="USD"))
    failed = await till.last("payment.failed")
    assert failed["reason"] == "unavailable"
    shown = (await till.http.get("/admin/payments/attention")).json()["payments"]
    assert [one["booking_id"] for one in shown] == ["bk_1"]
    assert shown[0]["attention"].startswith("start refused: ")
