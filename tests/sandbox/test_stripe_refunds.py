"""Money given back and money contested, as recorded from the real Stripe."""

from typing import Any

import pytest

from tests.support.sandbox_stripe import StripeSandbox, intent_params, recorded, refused


async def paid(bank: StripeSandbox, card: str = "visa") -> Any:
    params = intent_params(card, capture_method="automatic", expand=["latest_charge"])
    return await bank.v1.payment_intents.create_async(params)


async def give_back(bank: StripeSandbox, intent: Any, amount: int | None = None) -> Any:
    asked = {"payment_intent": intent.id} | ({} if amount is None else {"amount": amount})
    return await bank.v1.refunds.create_async(asked)


@recorded("refund.create", "charge.refunds_unexpanded")
async def test_a_charge_can_be_given_back_in_parts(bank: StripeSandbox) -> None:
    intent = await paid(bank)
    refund = await give_back(bank, intent, 2000)
    assert (refund.status, refund.amount, "livemode" in refund.to_dict()) == ("succeeded", 2000, False)
    assert bank.events(skip=3) == ["refund.created", "charge.refunded"]
    charge = await bank.v1.charges.retrieve_async(intent.latest_charge.id)
    assert (charge.amount_refunded, charge.refunded, "refunds" in charge.to_dict()) == (2000, False, False)
    rest = await give_back(bank, intent)
    charge = await bank.v1.charges.retrieve_async(intent.latest_charge.id, {"expand": ["refunds"]})
    assert (rest.amount, charge.amount_refunded, charge.refunded) == (3000, 5000, True)
    assert [one.amount for one in charge.refunds.data] == [3000, 2000]


@recorded("refund.more_than_rest")
async def test_no_more_is_given_back_than_was_taken(bank: StripeSandbox) -> None:
    intent = await paid(bank)
    await give_back(bank, intent, 4000)
    error = await refused(give_back(bank, intent, 2000))
    assert (error.http_status, error.code, error.param) == (400, None, "amount")
    assert error.user_message == (
        "Refund amount ($20.00) is greater than unrefunded amount on charge ($10.00)"
    )


@recorded("refund.fully_refunded")
async def test_what_was_given_back_is_not_given_back_again(bank: StripeSandbox) -> None:
    intent = await paid(bank)
    await give_back(bank, intent)
    error = await refused(give_back(bank, intent))
    assert (error.http_status, error.code) == (400, "charge_already_refunded")


@recorded("refund.amount_le_0")
@pytest.mark.parametrize("amount", [0, -1])
async def test_giving_nothing_back_is_refused(bank: StripeSandbox, amount: int) -> None:
    error = await refused(give_back(bank, await paid(bank), amount))
    assert (error.http_status, error.code, error.param) == (400, "parameter_invalid_integer", "amount")


@recorded("refund.uncaptured")
async def test_what_is_only_reserved_is_cancelled_instead_of_given_back(bank: StripeSandbox) -> None:
    params = intent_params("visa", capture_method="manual")
    error = await refused(give_back(bank, await bank.v1.payment_intents.create_async(params)))
    assert (error.http_status, error.code) == (400, None)
    assert "must cancel the PaymentIntent" in error.user_message


@recorded("refund.unknown_charge")
async def test_a_charge_that_never_was_is_not_given_back(bank: StripeSandbox) -> None:
    error = await refused(bank.v1.refunds.create_async({"charge": "ch_nobody"}))
    assert (error.http_status, error.code, error.param) == (404, "resource_missing", "id")


@recorded("refund.cancel.succeeded")
async def test_a_refund_cannot_be_taken_back(bank: StripeSandbox) -> None:
    refund = await give_back(bank, await paid(bank))
    error = await refused(bank.v1.refunds.cancel_async(refund.id))
    assert error.user_message == "Canceling this refund is unsupported."


@recorded("refund.card.4000000000007726")
async def test_a_slow_refund_is_pending_until_it_reaches_the_card(bank: StripeSandbox) -> None:
    intent = await paid(bank, "pendingRefund")
    refund = await give_back(bank, intent)
    charge = await bank.v1.charges.retrieve_async(intent.latest_charge.id)
    assert (refund.status, charge.amount_refunded) == ("pending", 0)
    assert bank.events(skip=3) == ["refund.created"]
    error = await refused(give_back(bank, intent, 1))
    assert error.param == "amount"
    bank.clock.advance(bank.settings.settle_seconds)
    assert (await bank.v1.refunds.retrieve_async(refund.id)).status == "succeeded"
    assert bank.events(skip=4) == ["refund.updated", "charge.refunded"]


@recorded("refund.card.4000000000005126")
async def test_a_refund_may_bounce_after_it_succeeded(bank: StripeSandbox) -> None:
    intent = await paid(bank, "refundFail")
    refund = await give_back(bank, intent)
    assert refund.status == "succeeded"
    bank.clock.advance(bank.settings.settle_seconds)
    bounced = await bank.v1.refunds.retrieve_async(refund.id)
    charge = await bank.v1.charges.retrieve_async(intent.latest_charge.id)
    assert (bounced.status, bounced.failure_reason) == ("failed", "expired_or_canceled_card")
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert bank.events()[-1] == "refund.failed"


@recorded("dispute.on_charge", "refund.disputed")
async def test_a_contested_charge_is_not_given_back_as_well(bank: StripeSandbox) -> None:
    intent = await paid(bank, "createDispute")
    assert bank.events(skip=1) == [
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
    ]
    dispute = (await bank.v1.disputes.list_async({"charge": intent.latest_charge.id})).data[0]
    assert (dispute.id[:3], intent.latest_charge.disputed) == ("du_", True)
    error = await refused(give_back(bank, intent))
    assert (error.http_status, error.code) == (400, "charge_disputed")


@recorded("dispute.on_charge")
async def test_a_reserved_charge_is_contested_only_once_it_is_taken(bank: StripeSandbox) -> None:
    params = intent_params("createDispute", capture_method="manual")
    intent = await bank.v1.payment_intents.create_async(params)
    assert (await bank.v1.disputes.list_async()).data == []
    await bank.v1.payment_intents.capture_async(intent.id)
    assert len((await bank.v1.disputes.list_async()).data) == 1


@recorded("dispute.inquiry")
async def test_an_inquiry_leaves_the_charge_refundable(bank: StripeSandbox) -> None:
    intent = await paid(bank, "createDisputeInquiry")
    dispute = (await bank.v1.disputes.list_async()).data[0]
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert (await give_back(bank, intent)).status == "succeeded"


@recorded("dispute.evidence.winning_evidence")
async def test_a_dispute_can_be_won(bank: StripeSandbox) -> None:
    await paid(bank, "createDispute")
    dispute = (await bank.v1.disputes.list_async()).data[0]
    evidence = {"evidence": {"uncategorized_text": "winning_evidence"}}
    assert (await bank.v1.disputes.update_async(dispute.id, evidence)).status == "won"
    assert bank.events(skip=5) == [
        "charge.dispute.updated",
        "charge.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]


@recorded("dispute.close")
async def test_a_dispute_that_is_given_up_is_lost(bank: StripeSandbox) -> None:
    await paid(bank, "createDispute")
    dispute = (await bank.v1.disputes.list_async()).data[0]
    assert (await bank.v1.disputes.close_async(dispute.id)).status == "lost"
    assert bank.events(skip=5) == ["charge.dispute.closed", "charge.updated"]


async def test_the_account_holds_what_was_taken_less_what_went_back(bank: StripeSandbox) -> None:
    await give_back(bank, await paid(bank), 2000)
    lines = await bank.v1.balance_transactions.list_async()
    assert [(line.type, line.amount, line.fee) for line in lines.data] == [
        ("refund", -2000, 0),
        ("charge", 5000, 100),
    ]
    balance = await bank.v1.balance.retrieve_async()
    assert balance.available[0].amount == 5000 - 100 - 2000
