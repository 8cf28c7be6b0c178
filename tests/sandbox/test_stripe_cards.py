"""Cards: which are let in, how they are kept, and what keeping one is good for."""

from typing import Any

import pytest

from tests.support.sandbox_stripe import StripeSandbox, intent_params, recorded, refused


def card(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "card",
        "card": {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"} | changes,
    }


@pytest.mark.parametrize(
    ("number", "changes", "code", "param"),
    [
        ("4242424242424241", {}, "incorrect_number", "number"),
        ("4111111111111111", {}, "card_declined", None),
        ("4242424242424242", {"exp_year": 2025}, "invalid_expiry_year", "exp_year"),
        ("4242424242424242", {"exp_year": 2026, "exp_month": 10}, "invalid_expiry_month", "exp_month"),
        ("4242424242424242", {"cvc": "12"}, "invalid_cvc", "cvc"),
    ],
)
async def test_only_a_test_card_that_could_be_real_is_let_in(
    bank: StripeSandbox, number: str, changes: dict[str, Any], code: str, param: str | None
) -> None:
    error = await refused(bank.v1.payment_methods.create_async(card(number, **changes)))
    assert (error.http_status, error.code, error.param) == (402, code, param)


async def test_a_real_card_number_is_answered_with_the_advice_to_use_a_test_card(bank: StripeSandbox) -> None:
    error = await refused(bank.v1.payment_methods.create_async(card("4111111111111111")))
    assert "use a test card" in error.user_message
    assert error.error.decline_code == "test_mode_live_card"
    assert "4111111111111111" not in "".join(bank.world._sql.iterdump())


@recorded("pm.attach.decline_cards")
async def test_a_refused_card_is_not_kept_but_one_that_fails_later_is(
    bank: StripeSandbox,
) -> None:
    someone = await bank.v1.customers.create_async({})
    owner = {"customer": someone.id}
    error = await refused(bank.v1.payment_methods.attach_async("pm_card_visa_chargeDeclined", owner))
    assert (error.http_status, error.code) == (402, "card_declined")
    kept = await bank.v1.payment_methods.attach_async("pm_card_chargeCustomerFail", owner)
    params = intent_params(payment_method=kept.id, confirm=True, customer=someone.id, off_session=True)
    error = await refused(bank.v1.payment_intents.create_async(params))
    assert (error.http_status, error.code) == (402, "card_declined")


@recorded("pm.attach.same_customer", "pm.detach.unattached")
async def test_keeping_a_card_twice_changes_nothing_but_it_is_let_go_once(
    bank: StripeSandbox,
) -> None:
    someone = await bank.v1.customers.create_async({})
    kept = await bank.v1.payment_methods.attach_async("pm_card_visa", {"customer": someone.id})
    told = len(bank.events())
    again = await bank.v1.payment_methods.attach_async(kept.id, {"customer": someone.id})
    assert (again.id, len(bank.events())) == (kept.id, told)
    assert (await bank.v1.payment_methods.detach_async(kept.id)).customer is None
    assert (await refused(bank.v1.payment_methods.detach_async(kept.id))).http_status == 400


@recorded("pm.create.with_customer")
async def test_a_card_is_made_first_and_kept_afterwards(bank: StripeSandbox) -> None:
    someone = await bank.v1.customers.create_async({})
    params = card("4242424242424242") | {"customer": someone.id}
    error = await refused(bank.v1.payment_methods.create_async(params))
    assert (error.http_status, error.param) == (400, "customer")


async def test_a_card_set_up_with_the_bank_pays_later_without_the_customer(bank: StripeSandbox) -> None:
    someone = await bank.v1.customers.create_async({})
    setup = await bank.v1.setup_intents.create_async(
        {
            "customer": someone.id,
            "confirm": True,
            "payment_method": "pm_card_authenticationRequiredOnSetup",
            "return_url": "http://127.0.0.1/back",
        }
    )
    assert setup.status == "requires_action"
    page = await bank.http.post(setup.next_action.redirect_to_url.url, data={"answer": "complete"})
    assert page.headers["location"].startswith("http://127.0.0.1/back?setup_intent=seti_")
    kept = (await bank.v1.payment_methods.list_async({"customer": someone.id})).data[0]
    params = intent_params(payment_method=kept.id, confirm=True, customer=someone.id, off_session=True)
    assert (await bank.v1.payment_intents.create_async(params)).status == "succeeded"


@recorded("setup_intent.declined")
async def test_a_declined_card_is_not_set_up(bank: StripeSandbox) -> None:
    params = {"confirm": True, "payment_method": "pm_card_visa_chargeDeclined"}
    error = await refused(bank.v1.setup_intents.create_async(params))
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.error.setup_intent.last_setup_error.decline_code == "generic_decline"
    assert bank.events() == ["setup_intent.created", "setup_intent.setup_failed"]


async def test_a_customer_who_is_deleted_keeps_no_cards(bank: StripeSandbox) -> None:
    someone = await bank.v1.customers.create_async({"payment_method": "pm_card_visa"})
    assert (await bank.v1.customers.delete_async(someone.id)).deleted is True
    assert (await refused(bank.v1.customers.retrieve_async(someone.id))).http_status == 404
    assert (await refused(bank.v1.customers.payment_methods.list_async(someone.id))).http_status == 404
