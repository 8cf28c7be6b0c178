"""Acting as the customer by HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.whole_sandbox import Outside, whole_sandbox

GOOD, POOR, ASKS_THE_BANK = "4242 4242 4242 4242", "4000 0000 0000 9995", "4000 0027 6000 3184"


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with whole_sandbox() as running:
        yield running


async def pay(outside: Outside, **wish: Any) -> dict[str, Any]:
    answer = await outside.control.post("/control/pay", json=wish)
    outcome: dict[str, Any] = answer.raise_for_status().json()
    return outcome


async def heard(outside: Outside, what: str) -> None:
    """Wait until the business has heard of it."""
    async with asyncio.timeout(5):
        while what not in outside.visits:
            await asyncio.sleep(0.01)


async def test_a_good_card_pays_and_brings_the_customer_back(outside: Outside) -> None:
    session = await outside.checkout()
    outcome = await pay(outside, url=session["url"], card=GOOD)
    assert outcome["outcome"] == "authorized"
    assert outcome["visited"]["status"] == 200
    assert f"GET /paid?session={session['id']}" in outside.visits
    await heard(outside, "checkout.session.completed")


async def test_a_customer_may_close_the_window_after_paying(outside: Outside) -> None:
    session = await outside.checkout()
    outcome = await pay(outside, url=session["url"], card=GOOD, **{"return": False})
    assert "visited" not in outcome
    assert not any(visit.startswith("GET") for visit in outside.visits)


async def test_a_business_that_is_away_when_the_customer_comes_back_is_no_failure(outside: Outside) -> None:
    session = await outside.checkout(success_url="http://127.0.0.1:9/gone")
    outcome = await pay(outside, url=session["url"], action="approve")
    assert outcome["outcome"] == "authorized"
    assert outcome["visited"]["error"].startswith("ConnectError")


async def test_a_poor_card_is_declined_and_another_one_pays(outside: Outside) -> None:
    session = await outside.checkout()
    outcome = await pay(outside, url=session["url"], card=POOR)
    assert (outcome["outcome"], outcome["decline_code"]) == ("declined", "insufficient_funds")
    assert (await pay(outside, url=session["url"], action="approve"))["outcome"] == "authorized"


async def test_the_bank_is_answered_on_its_own_page(outside: Outside) -> None:
    session = await outside.checkout()
    asked = await pay(outside, url=session["url"], card=ASKS_THE_BANK)
    assert asked["outcome"] == "requires_action"
    approved = await pay(outside, url=asked["redirect"], action="approve")
    assert approved["outcome"] == "authorized"
    assert approved["visited"]["status"] == 200


async def test_a_card_with_an_answer_for_the_bank_goes_all_the_way(outside: Outside) -> None:
    first, second = await outside.checkout(), await outside.checkout()
    approved = await pay(outside, url=first["url"], card=ASKS_THE_BANK, action="approve")
    refused = await pay(outside, url=second["url"], card=ASKS_THE_BANK, action="cancel")
    assert (approved["outcome"], refused["outcome"]) == ("authorized", "declined")


async def test_going_back_visits_the_way_back_and_leaves_the_page_open(outside: Outside) -> None:
    session = await outside.checkout()
    outcome = await pay(outside, url=session["url"], action="cancel")
    assert (outcome["outcome"], outcome["redirect"]) == ("left", f"{outside.business_url}/left")
    assert outside.visits == ["GET /left"]
    assert (await pay(outside, url=session["url"], card=GOOD))["outcome"] == "authorized"


@pytest.mark.parametrize("mark", ["?", "#"])
async def test_the_products_own_card_form_is_paid_by_its_client_secret(outside: Outside, mark: str) -> None:
    intent = await outside.intent()
    url = f"{outside.business_url}/pay/bk_1{mark}client_secret={intent['client_secret']}"
    assert (await pay(outside, url=url, card=POOR))["outcome"] == "declined"
    assert (await pay(outside, url=url, action="cancel"))["outcome"] == "left"
    assert (await pay(outside, url=url, action="approve"))["outcome"] == "paid"
    assert (await pay(outside, url=url, card=GOOD))["outcome"] == "already_paid"


@pytest.mark.parametrize("wish", [{"card": GOOD}, {"action": "approve"}, {"action": "cancel"}])
async def test_a_page_that_is_none_is_refused_with_a_way_on(outside: Outside, wish: dict[str, str]) -> None:
    answer = await outside.control.post("/control/pay", json={"url": "http://example.com/x", **wish})
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["code"]) == (404, "nothing_to_pay")
    assert problem["next"]


async def test_neither_card_nor_action_is_refused(outside: Outside) -> None:
    session = await outside.checkout()
    answer = await outside.control.post("/control/pay", json={"url": session["url"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "card_needed")


async def test_money_is_seen_when_it_moves(outside: Outside) -> None:
    intent = await outside.intent()
    await pay(outside, url=f"/pay/bk_1?client_secret={intent['client_secret']}", card=GOOD)
    await outside.stripe.post("/v1/refunds", data={"payment_intent": intent["id"], "amount": "1500"})
    (charge,) = (await outside.control.get("/control/charges")).json()
    (refund,) = (await outside.control.get("/control/refunds")).json()
    assert (charge["amount"], charge["amount_refunded"]) == (4000, 1500)
    assert (refund["amount"], refund["charge"]) == (1500, charge["id"])
    assert not any(name.startswith("_") for name in charge)


async def test_an_event_is_told_again_on_request(outside: Outside) -> None:
    await outside.intent()
    await heard(outside, "payment_intent.created")
    (delivery,) = (await outside.control.get("/control/webhooks")).json()
    again = f"/control/webhooks/{delivery['event']}/redeliver"
    assert (await outside.control.post(again, json={"times": 3})).json() == {"deliveries": 3}
    async with asyncio.timeout(5):
        while outside.visits.count("payment_intent.created") < 4:
            await asyncio.sleep(0.01)
    unknown = await outside.control.post("/control/webhooks/evt_nothing/redeliver")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
