"""The ways Stripe can be made to fail, as the real client lives through them."""

from typing import Any

import pytest
import stripe

from tests.support.sandbox_stripe import StripeSandbox, intent_params, refused, session_params

KEY = {"idempotency_key": "once"}


def begun(bank: StripeSandbox) -> int:
    return len(bank.world.all("stripe.payment_intent"))


async def create(bank: StripeSandbox, retries: int = 0, patience: float = 10) -> Any:
    v1: Any = bank.sdk(retries=retries, timeout=patience).v1
    return await v1.payment_intents.create_async(intent_params("visa"), KEY)


async def test_an_error_before_the_effect_leaves_nothing_and_a_retry_succeeds(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "error_before")
    error = await refused(create(bank))
    assert (error.http_status, type(error), begun(bank)) == (500, stripe.APIError, 0)
    assert (await create(bank)).status == "succeeded"


async def test_an_error_after_the_effect_is_repeated_and_charges_once(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "error_after")
    first, second = await refused(create(bank)), await refused(create(bank))
    assert (first.http_status, first.http_body) == (500, second.http_body)
    assert begun(bank) == 1
    assert second.headers["idempotent-replayed"] == "true"


async def test_an_answer_that_comes_too_late_is_had_by_asking_again(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "timeout_after", seconds=30)
    error = await refused(create(bank, patience=0.2))
    assert isinstance(error, stripe.APIConnectionError)
    assert (await create(bank)).status == "succeeded"
    assert begun(bank) == 1


async def test_a_body_cut_in_half_is_had_by_asking_again(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "cut_body")
    assert (await create(bank, retries=1)).status == "succeeded"
    assert begun(bank) == 1


async def test_a_limit_on_the_rate_is_not_kept_under_the_key(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "rate_limit")
    assert isinstance(await refused(create(bank, retries=2)), stripe.RateLimitError)
    assert (await create(bank)).status == "succeeded"


async def test_an_outage_refuses_as_many_calls_as_were_armed(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "down", 2)
    assert (await refused(create(bank))).http_status == 503
    assert (await refused(bank.v1.balance.retrieve_async())).http_status == 503
    assert (await create(bank)).status == "succeeded"


async def test_a_fault_can_wait_for_one_kind_of_call(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "error_before", path="/refunds")
    assert (await create(bank)).status == "succeeded"
    assert (await refused(bank.v1.refunds.create_async({"charge": "ch_x"}))).http_status == 500


async def test_the_next_charge_can_be_declined(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "decline")
    error = await refused(create(bank))
    assert (error.code, error.error.decline_code) == ("card_declined", "generic_decline")


@pytest.mark.parametrize(
    ("capture_method", "outcome", "payment_status"),
    [("manual", "authorized", "unpaid"), ("automatic", "paid", "paid")],
)
async def test_a_payment_begun_in_time_can_land_after_the_page_expired(
    bank: StripeSandbox, capture_method: str, outcome: str, payment_status: str
) -> None:
    params = session_params(payment_intent_data={"capture_method": capture_method})
    session = await bank.v1.checkout.sessions.create_async(params)
    await bank.v1.checkout.sessions.expire_async(session.id)
    assert bank.pay(session.url)["outcome"] == "expired"
    bank.world.arm("stripe", "late_payment")
    assert bank.pay(session.url)["outcome"] == outcome
    assert bank.pay(session.url)["outcome"] == "already_paid"
    late = await bank.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["payment_intent"]})
    assert (late.status, late.payment_status) == ("complete", payment_status)
    assert late.payment_intent.status in ("succeeded", "requires_capture")
    assert bank.events()[0] == "checkout.session.expired"
    assert bank.events()[-1] == "checkout.session.completed"
