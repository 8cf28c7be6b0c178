"""What a browser may do with the publishable key."""

import httpx
import pytest

from tests.support.sandbox_stripe import StripeSandbox, intent_params

CARD = {
    "payment_method_data[type]": "card",
    "payment_method_data[card][number]": "4242424242424242",
    "payment_method_data[card][exp_month]": "12",
    "payment_method_data[card][exp_year]": "34",
    "payment_method_data[card][cvc]": "123",
}
PUBLISHABLE = {"Authorization": "Bearer pk_test_sandbox"}


async def confirm(bank: StripeSandbox, id: str, form: dict[str, str]) -> httpx.Response:
    url = f"{bank.settings.base_url}/v1/payment_intents/{id}/confirm"
    return await bank.http.post(url, data=form, headers=PUBLISHABLE)


async def test_a_browser_pays_with_the_client_secret_and_sees_only_what_is_the_customers(
    bank: StripeSandbox,
) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params(metadata={"private": "note"}))
    answer = await confirm(bank, intent.id, CARD | {"client_secret": intent.client_secret})
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert "private" not in answer.text
    assert "latest_charge" not in answer.json()
    assert answer.headers["access-control-allow-origin"] == "*"
    url = f"{bank.settings.base_url}/v1/payment_intents/{intent.id}"
    seen = await bank.http.get(url, params={"client_secret": intent.client_secret}, headers=PUBLISHABLE)
    assert seen.json()["status"] == "succeeded"


@pytest.mark.parametrize("secret", ["", "pi_x_secret_guess"])
async def test_a_browser_without_the_client_secret_pays_nothing(bank: StripeSandbox, secret: str) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params())
    answer = await confirm(bank, intent.id, CARD | ({"client_secret": secret} if secret else {}))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "client_secret")
    assert (await bank.v1.payment_intents.retrieve_async(intent.id)).status == "requires_payment_method"


@pytest.mark.parametrize("path", ["/v1/refunds", "/v1/charges", "/v1/events", "/v1/customers"])
async def test_a_browser_sees_nothing_of_the_business(bank: StripeSandbox, path: str) -> None:
    answer = await bank.http.get(bank.settings.base_url + path, headers=PUBLISHABLE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "secret_key_required")


async def test_a_page_on_another_address_may_call(bank: StripeSandbox) -> None:
    url = bank.settings.base_url + "/v1/payment_intents/pi_x/confirm"
    answer = await bank.http.options(url, headers={"Origin": "http://shop.test"})
    assert answer.status_code == 204
    assert "Authorization" in answer.headers["access-control-allow-headers"]


async def test_the_script_is_served_with_its_type(bank: StripeSandbox) -> None:
    script = await bank.http.get(bank.settings.base_url + "/js/stripe.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert (await bank.http.get(bank.settings.base_url + "/js/../settings.py")).status_code == 404


async def test_the_way_back_from_the_bank_keeps_its_own_query_and_fragment(bank: StripeSandbox) -> None:
    intent = await bank.v1.payment_intents.create_async(intent_params())
    asks = {
        "payment_method_data[card][number]": "4000002760003184",
        "return_url": "http://shop.test/?a=1#t=x",
    }
    answer = await confirm(bank, intent.id, CARD | asks | {"client_secret": intent.client_secret})
    bank_page = answer.json()["next_action"]["redirect_to_url"]["url"]
    done = await bank.http.post(bank_page, data={"answer": "complete"})
    assert done.headers["location"] == (
        f"http://shop.test/?a=1&payment_intent={intent.id}&payment_intent_client_secret={intent.client_secret}"
        "&redirect_status=succeeded#t=x"
    )
