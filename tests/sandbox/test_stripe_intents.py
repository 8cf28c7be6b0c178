"""How a payment behaves, as recorded from the real Stripe, seen through its own client."""

from typing import Any

import pytest

from tests.support.sandbox_stripe import StripeSandbox, intent_params, recorded, refused

WEEK = 7 * 24 * 3600


@recorded("pi.create.defaults", "pi.update.no_event")
async def test_a_new_payment_waits_for_a_card_and_changing_it_tells_nobody(bank: StripeSandbox) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params())
    assert (intent.status, intent.capture_method) == ("requires_payment_method", "automatic_async")
    assert (intent.amount_capturable, intent.amount_received) == (0, 0)
    changed = await bank.v1.payment_intents.update_async(intent.id, {"amount": 600, "metadata": {"a": "b"}})
    assert (changed.amount, changed.metadata["a"]) == (600, "b")
    assert bank.events() == ["payment_intent.created"]


@recorded("pi.create.with_pm_no_confirm")
async def test_a_payment_with_a_card_waits_for_its_confirmation(bank: StripeSandbox) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params(payment_method="pm_card_visa"))
    assert intent.status == "requires_confirmation"


@recorded("pi.create.amount_zero")
@pytest.mark.parametrize("amount", [0, -5])
async def test_nothing_cannot_be_charged(bank: StripeSandbox, amount: int) -> None:
    error = await refused(bank.v1.payment_intents.create_async(intent_params(amount=amount)))
    assert (error.http_status, error.code, error.param) == (400, "parameter_invalid_integer", "amount")


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (100_000_000, "usd", "amount_too_large"),
        (150, "isk", "invalid_charge_amount_no_decimal_compatible"),
        (1001, "kwd", None),
        (500, "zzz", None),
    ],
)
async def test_an_amount_its_currency_does_not_allow_is_refused(
    bank: StripeSandbox, amount: int, currency: str, code: str | None
) -> None:
    error = await refused(
        bank.v1.payment_intents.create_async(intent_params(amount=amount, currency=currency))
    )
    assert (error.http_status, error.code) == (400, code)


@recorded("pi.confirm.ok.automatic")
async def test_money_is_taken_at_once_when_nothing_else_is_asked(bank: StripeSandbox) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params("visa", capture_method="automatic"))
    assert (intent.status, intent.amount_received) == ("succeeded", 5000)
    assert bank.events(skip=1) == ["charge.succeeded", "payment_intent.succeeded"]


async def test_the_fee_of_an_asynchronous_capture_is_known_a_moment_later(bank: StripeSandbox) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params("visa", expand=["latest_charge"]))
    assert intent.latest_charge.balance_transaction is None
    bank.clock.advance(bank.settings.settle_seconds)
    parts = {"expand": ["balance_transaction"]}
    charge = await bank.v1.charges.retrieve_async(intent.latest_charge.id, parts)
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (100, 4900)
    assert bank.events()[-1] == "charge.updated"


async def authorized(bank: StripeSandbox, **changes: Any) -> Any:
    params = intent_params("visa", capture_method="manual", expand=["latest_charge"], **changes)
    return await bank.v1.payment_intents.create_async(params)


@recorded("pi.confirm.ok.manual")
async def test_money_can_be_reserved_for_a_week(bank: StripeSandbox) -> None:
    intent = await authorized(bank)
    charge = intent.latest_charge
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5000)
    assert (charge.captured, charge.paid, charge.amount_captured) == (False, True, 0)
    assert charge.payment_method_details.card.capture_before == charge.created + WEEK
    assert bank.events(skip=1) == ["charge.succeeded", "payment_intent.amount_capturable_updated"]


async def test_a_reservation_nobody_takes_ends_by_itself(bank: StripeSandbox) -> None:
    intent = await authorized(bank)
    bank.clock.advance(WEEK)
    again = await bank.v1.payment_intents.retrieve_async(intent.id)
    assert (again.status, again.amount_capturable) == ("canceled", 0)
    assert bank.events(skip=3) == ["charge.expired", "payment_intent.canceled"]


DECLINES = {
    "visa_chargeDeclined": ("card_declined", "generic_decline"),
    "visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
    "chargeDeclinedProcessingError": ("processing_error", "processing_error"),
    "chargeCustomerFail": ("card_declined", "generic_decline"),
}


@recorded("pi.confirm.declined")
@pytest.mark.parametrize("card", DECLINES)
async def test_a_declined_card_leaves_the_payment_open_for_another(bank: StripeSandbox, card: str) -> None:
    error = await refused(bank.v1.payment_intents.create_async(intent_params(card)))
    assert type(error).__name__ == "CardError"
    assert (error.http_status, error.code, error.param) == (402, DECLINES[card][0], None)
    assert error.error.decline_code == DECLINES[card][1]
    intent = error.error.payment_intent
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.code == DECLINES[card][0]
    failed = await bank.v1.charges.retrieve_async(error.error.charge)
    assert (failed.status, failed.paid, intent.latest_charge) == ("failed", False, failed.id)
    assert bank.events(skip=1) == ["charge.failed", "payment_intent.payment_failed"]
    paid = await bank.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


@recorded("pi.confirm.3ds.on_session")
async def test_a_bank_may_ask_the_customer_first(bank: StripeSandbox) -> None:
    params = intent_params("authenticationRequired", return_url="http://127.0.0.1/back")
    intent = await bank.v1.payment_intents.create_async(params)
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.payment_method is not None
    assert intent.next_action.redirect_to_url.return_url == "http://127.0.0.1/back"
    assert bank.events(skip=1) == ["payment_intent.requires_action"]
    assert bank.pay(intent.id, action="approve")["outcome"] == "paid"
    assert (await bank.v1.payment_intents.retrieve_async(intent.id)).status == "succeeded"


@pytest.mark.parametrize(
    ("card", "action", "code"),
    [
        ("authenticationRequired", "cancel", "payment_intent_authentication_failure"),
        ("authenticationRequiredChargeDeclinedInsufficientFunds", "approve", "card_declined"),
        ("threeDSecureRequiredChargeDeclined", "approve", "card_declined"),
    ],
)
async def test_what_the_bank_refuses_is_not_paid(
    bank: StripeSandbox, card: str, action: str, code: str
) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params(card))
    assert bank.pay(intent.id, action=action)["outcome"] == "declined"
    again = await bank.v1.payment_intents.retrieve_async(intent.id)
    assert (again.status, again.last_payment_error.code) == ("requires_payment_method", code)
    assert bank.events()[-1] == "payment_intent.payment_failed"


@recorded("pi.confirm.3ds.off_session")
@pytest.mark.parametrize("asked", [{"off_session": True}, {"error_on_requires_action": True}])
async def test_a_bank_cannot_ask_a_customer_who_is_not_there(
    bank: StripeSandbox, asked: dict[str, bool]
) -> None:
    error = await refused(
        bank.v1.payment_intents.create_async(intent_params("authenticationRequired", **asked))
    )
    assert (error.http_status, error.code) == (402, "authentication_required")
    assert error.error.decline_code == "authentication_required"
    intent = error.error.payment_intent
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert bank.events(skip=1) == ["payment_intent.payment_failed"]


@recorded("pi.confirm.no_pm")
async def test_nobody_pays_without_a_card(bank: StripeSandbox) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params())
    error = await refused(bank.v1.payment_intents.confirm_async(intent.id))
    assert (error.http_status, error.code) == (400, "payment_intent_unexpected_state")
    assert error.error.payment_intent.id == intent.id


@recorded("pi.confirm.pm_of_other_customer")
async def test_nobody_pays_with_the_card_of_another(bank: StripeSandbox) -> None:
    owner = await bank.v1.customers.create_async({"payment_method": "pm_card_visa"})
    card = (await bank.v1.customers.payment_methods.list_async(owner.id)).data[0]
    other = await bank.v1.customers.create_async({})
    intent = await bank.v1.payment_intents.create_async(intent_params(customer=other.id))
    error = await refused(bank.v1.payment_intents.confirm_async(intent.id, {"payment_method": card.id}))
    assert (error.http_status, error.code, error.param) == (400, None, "payment_method")


async def test_a_payment_that_may_redirect_needs_somewhere_to_come_back_to(bank: StripeSandbox) -> None:
    params = intent_params("visa", automatic_payment_methods={"enabled": True})
    error = await refused(bank.v1.payment_intents.create_async(params))
    assert (error.http_status, error.param) == (400, "return_url")


@recorded("pi.capture.partial")
async def test_a_part_of_a_reservation_can_be_taken_and_the_rest_is_released(bank: StripeSandbox) -> None:
    intent = await authorized(bank)
    taken = await bank.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 3000})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 3000, 0)
    assert bank.events(skip=3) == ["charge.captured", "payment_intent.succeeded"]


@recorded("pi.capture.too_much", "pi.capture.zero")
@pytest.mark.parametrize(
    ("amount", "code", "param"),
    [(5001, "amount_too_large", "amount_to_capture"), (0, "parameter_invalid_integer", "amount")],
)
async def test_no_more_than_reserved_and_no_less_than_something_is_taken(
    bank: StripeSandbox, amount: int, code: str, param: str
) -> None:
    intent = await authorized(bank)
    error = await refused(bank.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": amount}))
    assert (error.http_status, error.code, error.param) == (400, code, param)
    assert (await bank.v1.payment_intents.retrieve_async(intent.id)).status == "requires_capture"


@recorded("pi.capture.again")
async def test_a_reservation_is_taken_once(bank: StripeSandbox) -> None:
    intent = await authorized(bank)
    await bank.v1.payment_intents.capture_async(intent.id)
    error = await refused(bank.v1.payment_intents.capture_async(intent.id))
    assert (error.http_status, error.code) == (400, "payment_intent_unexpected_state")
    assert error.error.payment_intent.status == "succeeded"


@recorded("pi.capture.wrong_state")
async def test_what_was_not_reserved_cannot_be_taken(bank: StripeSandbox) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params(capture_method="manual"))
    error = await refused(bank.v1.payment_intents.capture_async(intent.id))
    assert (error.http_status, error.code) == (400, "payment_intent_unexpected_state")


@recorded("pi.cancel.ok")
async def test_a_reservation_can_be_given_up(bank: StripeSandbox) -> None:
    intent = await authorized(bank)
    ended = await bank.v1.payment_intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})
    assert (ended.status, ended.cancellation_reason, ended.amount_capturable) == ("canceled", "abandoned", 0)
    assert ended.canceled_at == bank.clock.now().timestamp()
    assert bank.events(skip=3) == ["payment_intent.canceled"]


@recorded("pi.cancel.succeeded", "pi.update.amount.after_success")
async def test_a_finished_payment_is_neither_cancelled_nor_changed(bank: StripeSandbox) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params("visa"))
    error = await refused(bank.v1.payment_intents.cancel_async(intent.id))
    assert (error.http_status, error.code) == (400, "payment_intent_unexpected_state")
    assert error.error.payment_intent.status == "succeeded"
    error = await refused(bank.v1.payment_intents.update_async(intent.id, {"amount": 1}))
    assert (error.code, error.param) == ("payment_intent_unexpected_state", "amount")


@recorded("pi.retrieve.unknown")
async def test_a_payment_nobody_began_is_not_found(bank: StripeSandbox) -> None:
    error = await refused(bank.v1.payment_intents.retrieve_async("pi_nobody"))
    assert (error.http_status, error.code, error.param) == (404, "resource_missing", "intent")
    assert error.user_message == "No such payment_intent: 'pi_nobody'"


async def test_a_payment_is_found_by_what_the_business_wrote_on_it(bank: StripeSandbox) -> None:
    await bank.v1.payment_intents.create_async(intent_params(metadata={"booking": "bk_1"}))
    wanted = await bank.v1.payment_intents.create_async(intent_params("visa", metadata={"booking": "bk_2"}))
    query = "metadata['booking']:'bk_2' AND status:'succeeded'"
    found = await bank.v1.payment_intents.search_async({"query": query})
    assert [one.id for one in found.data] == [wanted.id]
