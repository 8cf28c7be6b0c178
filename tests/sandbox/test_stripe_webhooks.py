"""Telling businesses what happened: signed, repeated until taken, and what can go wrong with it."""

import asyncio
import contextlib
from pathlib import Path

import pytest
import stripe

from sandbox.stripe import customer
from tests.support.sandbox_stripe import SECRET, StripeSandbox, intent_params, session_params, stripe_sandbox

ANY_AGE = 10**10


async def test_the_real_client_believes_the_signature(bank: StripeSandbox) -> None:
    await bank.v1.payment_intents.create_async(intent_params("visa", metadata={"booking": "bk_1"}))
    assert await bank.deliveries.deliver_due() == 3
    for body, signature in zip(bank.received.bodies, bank.received.signatures, strict=True):
        event = stripe.Webhook.construct_event(body, signature, SECRET, tolerance=ANY_AGE)
        assert event.data.object["metadata"]["booking"] == "bk_1"
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body + b" ", signature, SECRET, tolerance=ANY_AGE)


async def test_a_delivery_nobody_took_is_signed_again_and_repeated(bank: StripeSandbox) -> None:
    await bank.v1.payment_intents.create_async(intent_params())
    bank.received.answers = [500, 404]
    for wait in (0, 1, 5):
        bank.clock.advance(wait)
        assert await bank.deliveries.deliver_due() == 1
    assert await bank.deliveries.deliver_due() == 0
    assert len(set(bank.received.bodies)) == 1
    assert len(set(bank.received.signatures)) == 3
    delivery = customer.webhooks(bank.world)[0]
    assert (delivery["status"], [one["status"] for one in delivery["attempts"]]) == (
        "delivered",
        [500, 404, 200],
    )


async def test_an_endpoint_that_never_answers_is_given_up_on(bank: StripeSandbox) -> None:
    await bank.v1.payment_intents.create_async(intent_params())
    bank.received.answers = [500] * 9
    for wait in (0, 1, 5, 25, 100):
        bank.clock.advance(wait)
        await bank.deliveries.deliver_due()
    assert customer.webhooks(bank.world)[0]["status"] == "failed"
    assert len(bank.received.bodies) == 4
    event = (await bank.v1.events.list_async()).data[0]
    assert (event.type, event.pending_webhooks) == ("payment_intent.created", 0)


async def test_an_endpoint_hears_only_what_it_asked_for(bank: StripeSandbox) -> None:
    hook = bank.settings.webhooks[0].url
    endpoint = await bank.v1.webhook_endpoints.create_async(
        {"url": hook, "enabled_events": ["payment_intent.succeeded"]}
    )
    await bank.v1.payment_intents.create_async(intent_params("visa"))
    assert await bank.deliveries.deliver_due() == 4
    own = [one for one in customer.webhooks(bank.world) if one["endpoint"] == endpoint.id]
    assert [one["type"] for one in own] == ["payment_intent.succeeded"]
    believed = []
    for body, signature in zip(bank.received.bodies, bank.received.signatures, strict=True):
        with contextlib.suppress(stripe.SignatureVerificationError):
            event = stripe.Webhook.construct_event(body, signature, endpoint.secret, tolerance=ANY_AGE)
            believed.append(event.type)
    assert believed == ["payment_intent.succeeded"]


async def test_the_loop_delivers_everything_by_itself_and_stops(bank: StripeSandbox) -> None:
    taken = asyncio.Event()

    def look() -> None:
        waiting = {one["status"] for one in customer.webhooks(bank.world)} - {"delivered"}
        if len(bank.received.bodies) == 60 and not waiting:
            taken.set()

    bank.world.watch("stripe.delivery", look)
    await bank.deliveries.start()
    for _ in range(20):
        await bank.v1.payment_intents.create_async(intent_params("visa"))
    await asyncio.wait_for(taken.wait(), 20)
    await bank.deliveries.stop()
    assert sorted(bank.received.types) == sorted(bank.events())


async def test_what_was_not_delivered_before_a_crash_is_delivered_after_it(tmp_path: Path) -> None:
    file = tmp_path / "world.db"
    async with stripe_sandbox(file) as before:
        session = await before.v1.checkout.sessions.create_async(session_params())
        before.pay(session.url, "4242424242424242")
    async with stripe_sandbox(file) as after:
        again = await after.v1.checkout.sessions.retrieve_async(session.id)
        assert again.status == "complete"
        await after.deliveries.deliver_due()
        assert sorted(after.received.types) == sorted(after.events())


async def test_an_event_can_be_sent_again_by_hand(bank: StripeSandbox) -> None:
    await bank.v1.payment_intents.create_async(intent_params())
    await bank.deliveries.deliver_due()
    event = customer.events(bank.world)[0]
    assert customer.redeliver(bank.world, event["id"], times=2) == 2
    await bank.deliveries.deliver_due()
    assert bank.received.types == ["payment_intent.created"] * 3


async def test_events_can_arrive_five_times(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "duplicate_webhooks", 1)
    await bank.v1.payment_intents.create_async(intent_params("visa"))
    await bank.deliveries.deliver_due()
    assert sorted(bank.received.types) == [
        "charge.succeeded",
        *["payment_intent.created"] * 5,
        "payment_intent.succeeded",
    ]


async def test_events_can_arrive_in_reverse(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "reorder_webhooks", 3, seconds=2)
    await bank.v1.payment_intents.create_async(intent_params("visa"))
    assert await bank.deliveries.deliver_due() == 0
    bank.clock.advance(2)
    await bank.deliveries.deliver_due()
    assert bank.received.types == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


async def test_events_can_be_lost_and_are_still_on_the_log(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "drop_webhooks", 3)
    await bank.v1.payment_intents.create_async(intent_params("visa"))
    assert await bank.deliveries.deliver_due() == 0
    assert len((await bank.v1.events.list_async()).data) == 3
