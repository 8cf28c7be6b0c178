"""The provider fails in every way it can, at every call: each thing happens once, and is known in the end."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.stripe import customer
from services.payment.providers.port import PaymentSnapshot, StartPayment
from tests.support.payment import NO_FUNDS, Cashier, cashier

FAULTS = ("error_before", "error_after", "timeout_after", "cut_body", "rate_limit", "down")
OPTIONS: dict[str, dict[str, Any]] = {"timeout_after": {"seconds": 3}}


@pytest.fixture
async def till(sqlite_url: str) -> AsyncIterator[Cashier]:
    """What a provider does to us is the same on every database."""
    async with cashier(sqlite_url, stripe_timeout_seconds=0.4) as hands:
        yield hands


async def settled(till: Cashier) -> None:
    """Time enough for every repetition and look."""
    await till.later(minutes=15, steps=30)
    await till.deliver()


@pytest.mark.parametrize("fault", FAULTS)
async def test_one_page_is_opened_whatever_happens_to_the_call(till: Cashier, fault: str) -> None:
    till.break_provider(fault, **OPTIONS.get(fault, {}))
    await till.collect(minutes=60)
    await till.later(seconds=5)
    assert len(till.world.all("stripe.checkout.session")) == 1
    assert (await till.names()).count("payment.action_required") == (fault != "error_after")


async def test_a_page_that_was_asked_for_long_ago_is_asked_for_anew(
    till: Cashier, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = till.stripe.create_hosted

    async def on_a_slow_line(start: StartPayment, key: str) -> PaymentSnapshot:
        monkeypatch.undo()
        till.clock.advance(180)
        return await create(start, key)

    monkeypatch.setattr(till.stripe, "create_hosted", on_a_slow_line)
    await till.collect()
    await settled(till)
    assert len(till.world.all("stripe.checkout.session")) == 1
    assert (await till.names()).count("payment.action_required") == 1
    assert (await till.payment()).attention is None


async def test_an_error_kept_under_the_key_is_looked_behind(till: Cashier) -> None:
    till.break_provider("error_after")
    await till.collect(minutes=60)
    await settled(till)
    assert len(till.world.all("stripe.checkout.session")) == 1
    assert (await till.names()).count("payment.action_required") == 1
    assert (await till.payment()).operations[0].tries == 3


@pytest.mark.parametrize("fault", FAULTS)
async def test_money_is_taken_once_whatever_happens_to_the_capture(till: Cashier, fault: str) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    till.break_provider(fault, **OPTIONS.get(fault, {}))
    await till.capture()
    await settled(till)
    assert [one["amount_received"] for one in till.intents()] == [1000]
    assert [one["type"] for one in till.world.all("stripe.event")].count("charge.captured") == 1
    assert (await till.names()).count("payment.succeeded") == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_money_goes_back_once_whatever_happens_to_the_refund(till: Cashier, fault: str) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    await till.capture()
    till.break_provider(fault, path="/refunds", **OPTIONS.get(fault, {}))
    await till.give_back()
    await settled(till)
    assert [one["amount"] for one in till.world.all("stripe.refund")] == [1000]
    assert (await till.names())[-2:] == ["payment.refunded", "payment.given_back"]
    assert "payment.refund_failed" not in await till.names()


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_reservation_is_released_whatever_happens_to_the_call(till: Cashier, fault: str) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    till.break_provider(fault, **OPTIONS.get(fault, {}))
    await till.give_back()
    await settled(till)
    assert till.intents()[0]["status"] == "canceled"
    assert (await till.names()).count("payment.given_back") == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_nobody_hears_that_a_page_expired_before_the_provider_said_so(
    till: Cashier, fault: str
) -> None:
    await till.collect()
    till.break_provider(fault, path="/expire", **OPTIONS.get(fault, {}))
    await till.later(minutes=30)
    assert "payment.expired" not in await till.names()
    await settled(till)
    assert till.world.all("stripe.checkout.session")[0]["status"] == "expired"
    assert (await till.names()).count("payment.expired") == 1


async def test_an_unknown_start_is_settled_before_it_is_said_to_be_given_back(till: Cashier) -> None:
    till.break_provider("cut_body")
    await till.collect()
    till.break_provider("down", 2)
    await till.give_back()
    assert await till.kinds() == ["start unknown"]
    assert await till.names() == []
    await settled(till)
    assert await till.kinds() == ["start succeeded", "expire succeeded"]
    assert await till.names() == ["payment.given_back"]


async def test_a_provider_that_is_away_past_the_deadline_leaves_nothing_open(till: Cashier) -> None:
    till.break_provider("down", 1000)
    await till.collect()
    await till.later(minutes=30, steps=20)
    till.world.disarm()
    await settled(till)
    assert [one["status"] for one in till.world.all("stripe.checkout.session")] in ([], ["expired"])
    assert (await till.names())[-1] in ("payment.failed", "payment.expired")


async def test_a_provider_that_cannot_be_reached_fails_the_payment_at_the_deadline(sqlite_url: str) -> None:
    nowhere = "http://127.0.0.1:9/stripe"
    async with cashier(sqlite_url, stripe_api_base=nowhere) as till:
        await till.collect(minutes=2)
        assert await till.kinds() == ["start requested"]
        await till.later(minutes=2, steps=4)
        failed = await till.last("payment.failed")
        assert (failed["reason"], await till.kinds()) == ("unavailable", ["start failed"])


async def test_one_key_for_two_requests_is_an_alarm_and_never_a_second_charge(till: Cashier) -> None:
    till.break_provider("cut_body")
    await till.collect(minutes=60)
    operation = (await till.payment()).operations[0]
    kept = till.world.get("stripe.idempotency", operation.key)
    assert kept is not None
    till.world.put("stripe.idempotency", operation.key, {**kept, "fingerprint": "another"})
    await settled(till)
    assert await till.kinds() == ["start succeeded"]
    assert len(till.world.all("stripe.checkout.session")) == 1


async def test_a_page_that_the_provider_forgot_can_be_given_back(till: Cashier) -> None:
    await till.collect()
    till.world.delete("stripe.checkout.session", (await till.payment()).attempts[0].refs.session or "")
    await till.give_back()
    assert await till.names() == ["payment.action_required", "payment.given_back"]


async def test_the_failure_of_an_old_attempt_does_not_touch_a_new_success(till: Cashier) -> None:
    await till.collect()
    till.pays(NO_FUNDS)
    till.pays()
    failure = next(
        one for one in till.world.all("stripe.event") if one["type"] == "payment_intent.payment_failed"
    )
    await till.deliver()
    await till.capture()
    customer.redeliver(till.world, failure["id"], 2)
    await till.deliver()
    await till.later(seconds=300)
    assert (await till.names())[-1] == "payment.succeeded"
