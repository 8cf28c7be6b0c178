"""The adapter through the real SDK: what it sends fits Stripe's own types, what it reads is the truth."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stripe

from services.payment.providers.port import (
    AlreadyDone,
    BadSignature,
    InvalidRequest,
    Missing,
    OldSignature,
    OutcomeUnknown,
    PaymentSnapshot,
    ProviderDown,
    ProviderRefs,
    RateLimited,
    RefundRequest,
    StartPayment,
)
from services.payment.providers.stripe import StripeAccount, StripeProvider
from shared.money import Money
from tests.support.sandbox_stripe import SECRET, START, StripeSandbox, stripe_sandbox
from tests.support.stripe_contract import Referee, contract_file

TEN_DOLLARS = Money(amount=1000, currency="USD")
BEGIN = StartPayment(
    booking_id="bk_1",
    payment_id="pay_1",
    attempt_id="pa_1",
    amount=TEN_DOLLARS,
    description="Lesson (BK-2345-6789)",
    business_name="Studio",
    customer_email="ada@example.com",
    return_url="http://127.0.0.1/bookings/bk_1?paid=1",
    cancel_url="http://127.0.0.1/bookings/bk_1/left?token=x",
    expires_at=START + timedelta(minutes=45),
)


@pytest.fixture
async def bank() -> AsyncIterator[StripeSandbox]:
    """The sandbox; where Stripe's published types are at hand, every word is held against them."""
    referees: list[Referee] = []

    def watch(app: Any) -> Any:
        if not contract_file().exists():
            return app
        referees.append(Referee(app))
        return referees[0]

    async with stripe_sandbox(watched=watch) as sandbox:
        yield sandbox
        assert [finding for referee in referees for finding in referee.findings] == []


def adapter(bank: StripeSandbox, *, retries: int = 0, timeout: float = 5.0) -> StripeProvider:
    account = StripeAccount(
        "sk_test_sandbox", "pk_test_sandbox", ("whsec_old", SECRET), bank.settings.base_url
    )
    return StripeProvider(account, timeout=timeout, retries=retries)


@pytest.fixture
async def provider(bank: StripeSandbox) -> AsyncIterator[StripeProvider]:
    made = adapter(bank)
    yield made
    await made.close()


async def reserved(bank: StripeSandbox, provider: StripeProvider) -> PaymentSnapshot:
    page = await provider.create_hosted(BEGIN, "k1")
    bank.pay(page.refs.session or "", "4242424242424242")
    return await provider.get_payment(page.refs)


async def test_a_hosted_page_lives_from_opening_to_refund(
    bank: StripeSandbox, provider: StripeProvider
) -> None:
    page = await provider.create_hosted(BEGIN, "k1")
    assert (page.state, page.amount, page.attempt_id) == ("action_required", TEN_DOLLARS, "pa_1")
    assert page.action is not None
    assert page.action.kind == "redirect"
    bank.pay(page.refs.session or "", "4242424242424242")
    held = await provider.get_payment(page.refs)
    assert (held.state, held.authorized, held.captured) == ("authorized", 1000, 0)
    taken = await provider.capture(held.refs, TEN_DOLLARS, "k2")
    assert (taken.state, taken.captured) == ("succeeded", 1000)
    back = await provider.refund(RefundRequest(held.refs, "rf_1", TEN_DOLLARS, "bk_1"), "k3")
    assert (back.state, back.refund_id, back.intent_ref) == ("succeeded", "rf_1", held.refs.intent)
    assert (await provider.get_payment(held.refs)).refunded == 1000
    assert await provider.get_refund(back.ref) == back


async def test_a_form_lives_from_opening_to_release(bank: StripeSandbox, provider: StripeProvider) -> None:
    form = await provider.create_embedded(BEGIN, "k1")
    assert form.action is not None
    assert form.action.client_secret
    bank.pay(form.refs.intent or "", "4242424242424242")
    held = await provider.get_payment(form.refs)
    assert (held.state, held.action) == ("authorized", None)
    assert (await provider.void(held.refs, "k2")).state == "cancelled"


async def test_a_decline_is_read_from_the_page_that_stays_open(
    bank: StripeSandbox, provider: StripeProvider
) -> None:
    page = await provider.create_hosted(BEGIN, "k1")
    bank.pay(page.refs.session or "", "4000000000009995")
    seen = await provider.get_payment(page.refs)
    assert seen.state == "action_required"
    assert seen.decline is not None
    assert seen.decline.reason == "insufficient_funds"


async def test_the_secret_of_a_hosted_payment_is_shown_to_nobody(
    bank: StripeSandbox, provider: StripeProvider
) -> None:
    page = await provider.create_hosted(BEGIN, "k1")
    bank.pay(page.refs.session or "", "4000000000009995")
    intent = (await provider.get_payment(page.refs)).refs.intent
    assert (await provider.get_payment(ProviderRefs(intent=intent))).action is None


async def test_the_same_key_is_the_same_page(provider: StripeProvider) -> None:
    first = await provider.create_hosted(BEGIN, "k1")
    assert await provider.create_hosted(BEGIN, "k1") == first


async def test_a_key_with_another_request_is_a_bug_and_says_so(provider: StripeProvider) -> None:
    await provider.create_hosted(BEGIN, "k1")
    with pytest.raises(InvalidRequest) as refused:
        await provider.create_hosted(replace(BEGIN, amount=Money(amount=1, currency="USD")), "k1")
    assert refused.value.code == "idempotency_error"


async def test_what_is_over_already_comes_back_as_it_is(
    bank: StripeSandbox, provider: StripeProvider
) -> None:
    held = await reserved(bank, provider)
    with pytest.raises(AlreadyDone) as paid:
        await provider.expire(held.refs, "k2")
    assert paid.value.snapshot.state == "authorized"
    await provider.capture(held.refs, TEN_DOLLARS, "k3")
    for call in (provider.capture(held.refs, TEN_DOLLARS, "k4"), provider.void(held.refs, "k5")):
        with pytest.raises(AlreadyDone) as done:
            await call
        assert done.value.snapshot.state == "succeeded"


async def test_a_form_that_was_just_paid_is_not_cancelled_by_expiring_it(
    bank: StripeSandbox, provider: StripeProvider
) -> None:
    form = await provider.create_embedded(BEGIN, "k1")
    bank.pay(form.refs.intent or "", "4242424242424242")
    with pytest.raises(AlreadyDone) as paid:
        await provider.expire(form.refs, "k2")
    assert paid.value.snapshot.state == "authorized"


async def test_a_capture_of_more_than_is_reserved_is_refused(
    bank: StripeSandbox, provider: StripeProvider
) -> None:
    held = await reserved(bank, provider)
    with pytest.raises(InvalidRequest) as refused:
        await provider.capture(held.refs, Money(amount=1001, currency="USD"), "k2")
    assert refused.value.code == "amount_too_large"


async def test_a_refund_of_what_is_back_already_is_found_or_over(
    bank: StripeSandbox, provider: StripeProvider
) -> None:
    held = await reserved(bank, provider)
    await provider.capture(held.refs, TEN_DOLLARS, "k2")
    request = RefundRequest(held.refs, "rf_1", TEN_DOLLARS, "bk_1")
    first = await provider.refund(request, "k3")
    assert await provider.refund(request, "another key") == first
    with pytest.raises(AlreadyDone) as done:
        await provider.refund(replace(request, refund_id="rf_2"), "k4")
    assert done.value.snapshot.refunded == 1000


async def test_what_was_lost_is_found_by_our_own_names(bank: StripeSandbox, provider: StripeProvider) -> None:
    held = await reserved(bank, provider)
    form = await provider.create_embedded(replace(BEGIN, attempt_id="pa_2"), "k2")
    assert (await provider.find_payment("pa_1", START)) == held
    assert (await provider.find_payment("pa_2", START)) == form
    assert await provider.find_payment("pa_3", START) is None
    assert await provider.find_refund(held.refs, "rf_1") is None


async def test_what_nobody_knows_is_missing(provider: StripeProvider) -> None:
    for refs in (ProviderRefs(session="cs_test_no"), ProviderRefs(intent="pi_no")):
        with pytest.raises(Missing):
            await provider.get_payment(refs)
    with pytest.raises(Missing):
        await provider.get_refund("re_no")
    with pytest.raises(Missing):
        await provider.get_dispute("du_no")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("error_before", OutcomeUnknown),
        ("error_after", OutcomeUnknown),
        ("timeout_after", OutcomeUnknown),
        ("cut_body", OutcomeUnknown),
        ("down", OutcomeUnknown),
        ("rate_limit", RateLimited),
    ],
)
async def test_each_way_to_fail_says_whether_anything_may_have_been_done(
    bank: StripeSandbox, fault: str, error: type[Exception]
) -> None:
    provider = adapter(bank, timeout=0.3)
    bank.world.arm("stripe", fault, 1, seconds=2)
    with pytest.raises(error):
        await provider.create_hosted(BEGIN, "k1")
    await provider.close()


@pytest.mark.parametrize("fault", ["error_before", "rate_limit", "down"])
async def test_a_question_that_fails_was_simply_not_answered(
    bank: StripeSandbox, provider: StripeProvider, fault: str
) -> None:
    page = await provider.create_hosted(BEGIN, "k1")
    bank.world.arm("stripe", fault, 1)
    with pytest.raises(ProviderDown if fault != "rate_limit" else RateLimited):
        await provider.get_payment(page.refs)


async def test_one_failing_try_is_repeated_under_the_same_key(bank: StripeSandbox) -> None:
    provider = adapter(bank, retries=1)
    bank.world.arm("stripe", "cut_body", 1)
    page = await provider.create_hosted(BEGIN, "k1")
    assert page.state == "action_required"
    assert len(bank.world.all("stripe.checkout.session")) == 1
    await provider.close()


async def test_nobody_listening_means_that_nothing_was_sent() -> None:
    account = StripeAccount("sk_test_sandbox", "pk_test_sandbox", (SECRET,), "http://127.0.0.1:9")
    provider = StripeProvider(account, timeout=1.0, retries=0)
    with pytest.raises(ProviderDown):
        await provider.create_hosted(BEGIN, "k1")
    await provider.close()


async def test_a_wrong_key_is_an_outage_that_names_the_setting(bank: StripeSandbox) -> None:
    account = StripeAccount("sk_wrong", "pk_test_sandbox", (SECRET,), bank.settings.base_url)
    provider = StripeProvider(account, retries=0)
    with pytest.raises(ProviderDown, match="HOLDFAST_STRIPE_SECRET_KEY"):
        await provider.create_hosted(BEGIN, "k1")
    await provider.close()


async def test_the_list_of_events_names_objects(bank: StripeSandbox, provider: StripeProvider) -> None:
    held = await reserved(bank, provider)
    events = [event async for event in provider.list_events(START)]
    named = {(event.object_kind, event.object_ref) for event in events}
    assert named == {("session", held.refs.session), ("intent", held.refs.intent)}


def test_either_of_two_secrets_opens_and_any_other_does_not(bank_free: StripeProvider) -> None:
    body = '{"id": "evt_1", "object": "event", "type": "refund.failed", "livemode": false, ' + (
        '"data": {"object": {"object": "refund", "id": "re_1"}}}'
    )
    at = int(START.timestamp())
    for secret in ("whsec_old", SECRET):
        header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
        event = bank_free.verify_webhook(body.encode(), {"stripe-signature": header}, START)
        assert (event.object_kind, event.object_ref) == ("refund", "re_1")
    wrong = stripe.WebhookSignature.generate_signature_header(body, "whsec_wrong", at)
    for header in (wrong, "", "t=1", "nonsense"):
        with pytest.raises(BadSignature):
            bank_free.verify_webhook(body.encode(), {"stripe-signature": header}, START)
    good = stripe.WebhookSignature.generate_signature_header(body, SECRET, at)
    with pytest.raises(OldSignature):
        bank_free.verify_webhook(body.encode(), {"stripe-signature": good}, START + timedelta(seconds=301))
    with pytest.raises(BadSignature):
        bank_free.verify_webhook(b"\xff" + body.encode(), {"stripe-signature": good}, START)


@pytest.fixture
async def bank_free() -> AsyncIterator[StripeProvider]:
    """An adapter that calls nobody."""
    account = StripeAccount("sk_test_sandbox", "pk_test_sandbox", ("whsec_old", SECRET))

    provider = StripeProvider(account)
    yield provider
    await provider.close()
