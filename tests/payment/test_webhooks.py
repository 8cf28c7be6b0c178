"""Hints from outside: kept once, never believed, and followed to the truth."""

import json
from typing import Any

import pytest
import stripe

from sandbox.stripe import customer
from sandbox.world import Document
from services.payment.tables import provider_events
from tests.support.payment import SECRET, Cashier


def signed(body: str, at: float, secret: str = SECRET) -> dict[str, str]:
    header = stripe.WebhookSignature.generate_signature_header(body, secret, int(at))
    return {"Stripe-Signature": header, "Content-Type": "application/json"}


async def posted(till: Cashier, event: Document, *, age: float = 0, secret: str = SECRET) -> Any:
    body = json.dumps(event)
    headers = signed(body, till.clock.now().timestamp() - age, secret)
    answer = await till.http.post("/webhooks/stripe", content=body, headers=headers)
    return answer.status_code, answer.json().get("code")


def an_event(till: Cashier, type_: str) -> Document:
    return next(one for one in till.world.all("stripe.event") if one["type"] == type_)


async def paid(till: Cashier) -> Document:
    """A page that was paid; nothing was delivered yet."""
    await till.collect()
    till.pays()
    return an_event(till, "payment_intent.amount_capturable_updated")


async def test_the_same_webhook_five_times_is_one_payment(till: Cashier) -> None:
    event = await paid(till)
    customer.redeliver(till.world, event["id"], 5)
    await till.deliver()
    assert (await till.names()).count("payment.authorized") == 1
    kept = [row for row in await till.rows(provider_events) if row.event_id == event["id"]]
    assert [row.status for row in kept] == ["processed"]


async def test_webhooks_in_reverse_order_end_in_the_same_place(till: Cashier) -> None:
    await paid(till)
    await till.capture()
    for event in reversed(till.world.all("stripe.event")):
        assert (await posted(till, event))[0] == 200
    await till.run()
    await till.give_back()
    await till.deliver()
    view = (await till.http.get("/payments/bk_1")).json()
    assert (view["status"], view["captured"], view["refunded"]) == ("refunded", 1000, 1000)


async def test_a_forged_webhook_is_refused_and_changes_nothing(till: Cashier) -> None:
    event = await paid(till)
    assert await posted(till, event, secret="whsec_guessed") == (400, "signature_invalid")
    body = json.dumps(event)
    answer = await till.http.post("/webhooks/stripe", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "signature_invalid")
    assert await till.rows(provider_events) == []


async def test_a_genuine_but_old_webhook_is_refused_for_its_age(till: Cashier) -> None:
    event = await paid(till)
    assert await posted(till, event, age=301) == (400, "signature_old")
    assert await posted(till, event, age=299) == (200, None)


async def test_a_clock_of_ours_that_is_behind_turns_nobody_away(till: Cashier) -> None:
    event = await paid(till)
    assert await posted(till, event, age=-86400) == (200, None)


async def test_a_body_that_was_changed_after_signing_is_refused(till: Cashier) -> None:
    event = await paid(till)
    body = json.dumps(event)
    headers = signed(body, till.clock.now().timestamp())
    answer = await till.http.post("/webhooks/stripe", content=body + " ", headers=headers)
    assert answer.json()["code"] == "signature_invalid"


async def test_what_a_genuine_body_says_about_money_is_not_believed(till: Cashier) -> None:
    await till.collect()
    session = till.world.all("stripe.checkout.session")[0]
    lie = {**session, "status": "complete", "payment_status": "paid", "amount_total": 1}
    event = {
        "id": "evt_lie",
        "object": "event",
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": lie},
    }
    assert await posted(till, event) == (200, None)
    await till.run()
    assert await till.names() == ["payment.action_required"]


async def test_an_event_of_live_mode_is_kept_and_ignored_by_a_test_account(till: Cashier) -> None:
    event = await paid(till)
    assert (await posted(till, {**event, "livemode": True}))[0] == 200
    await till.run()
    assert [row.status for row in await till.rows(provider_events)] == ["ignored"]
    assert "payment.authorized" not in await till.names()


async def test_signed_nonsense_is_refused(till: Cashier) -> None:
    for body in ("no json", "[]", "{}", '{"object": "v2.core.event"}'):
        headers = signed(body, till.clock.now().timestamp())
        answer = await till.http.post("/webhooks/stripe", content=body, headers=headers)
        assert answer.status_code == 400


@pytest.mark.parametrize("header", ["t=1,v1=é", "t=x,v1=a", f"t={'9' * 5000},v1=a", ",", "=,="])
async def test_a_signature_that_nobody_could_make_is_refused(till: Cashier, header: str) -> None:
    headers = [(b"Stripe-Signature", header.encode("latin-1"))]
    answer = await till.http.post("/webhooks/stripe", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "signature_invalid")


@pytest.mark.parametrize(
    "spoiled",
    [
        {"id": "evt_\x00"},
        {"id": {"no": "such"}},
        {"id": "evt_" + "x" * 500},
        {"data": {"object": []}},
        {"data": {"object": {"object": "payment_intent", "id": "\ud800"}}},
        {"created": float("nan")},
    ],
    ids=lambda spoiled: ascii(spoiled)[:40],
)
async def test_a_signed_event_that_nobody_could_keep_is_refused(
    till: Cashier, spoiled: dict[str, Any]
) -> None:
    event = {**await paid(till), **spoiled}
    assert await posted(till, event) == (400, "signature_invalid")


async def test_a_body_larger_than_any_webhook_is_refused(till: Cashier) -> None:
    answer = await till.http.post("/webhooks/stripe", content=b" " * (256 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_provider_that_is_not_connected_has_no_door(till: Cashier) -> None:
    assert (await till.http.post("/webhooks/elsewhere", content=b"{}")).status_code == 404


async def test_a_webhook_that_is_faster_than_our_own_commit_is_followed_all_the_same(till: Cashier) -> None:
    till.break_provider("cut_body")
    await till.collect(minutes=60)
    assert await till.kinds() == ["start unknown"]
    till.pays()
    await till.deliver()
    assert (await till.names())[-1] == "payment.authorized"
    await till.later(seconds=10)
    assert await till.kinds() == ["start succeeded"]
    assert (await till.names()).count("payment.authorized") == 1


@pytest.mark.parametrize(
    ("type_", "object_"),
    [
        ("payment_intent.succeeded", {"object": "payment_intent", "id": "pi_unknown"}),
        ("refund.failed", {"object": "refund", "id": "re_unknown"}),
        ("charge.dispute.created", {"object": "dispute", "id": "du_unknown"}),
    ],
)
async def test_a_webhook_about_nothing_we_know_becomes_an_orphan_after_an_hour(
    till: Cashier, type_: str, object_: dict[str, str]
) -> None:
    event = {"id": "evt_1", "object": "event", "type": type_, "livemode": False, "data": {"object": object_}}
    assert (await posted(till, event))[0] == 200
    await till.run()
    await till.later(minutes=50, steps=20)
    assert [row.status for row in await till.rows(provider_events)] == ["received"]
    await till.later(minutes=20, steps=10)
    assert [row.status for row in await till.rows(provider_events)] == ["orphan"]


async def test_a_webhook_waits_while_the_provider_is_away(till: Cashier) -> None:
    event = await paid(till)
    till.break_provider("down", 1)
    await posted(till, event)
    await till.run()
    assert "payment.authorized" not in await till.names()
    await till.later(seconds=30)
    assert (await till.names())[-1] == "payment.authorized"
