"""How calls are read: keys, parameters, lists, and the same call twice."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import stripe

from tests.support.sandbox_stripe import StripeSandbox, intent_params, recorded, refused, session_params

KEY = {"idempotency_key": "once"}
SECRET = {"Authorization": "Bearer sk_test_sandbox"}


async def post(bank: StripeSandbox, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await bank.http.post(bank.settings.base_url + path, data=data, headers=SECRET | named)


@recorded("param.unknown", "param.missing")
@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (intent_params(colour="red"), "parameter_unknown", "Received unknown parameter: colour"),
        ({"amount": 500}, "parameter_missing", "Missing required param: currency."),
        (intent_params(amount="ten"), "parameter_invalid_integer", "Invalid integer: ten"),
        (intent_params(capture_method="soon"), None, "Invalid capture_method: must be one of"),
        (intent_params(payment_method_options={"card": 1}, description=""), None, None),
    ],
)
async def test_a_malformed_call_is_refused_before_anything_happens(
    bank: StripeSandbox, params: dict[str, Any], code: str | None, message: str | None
) -> None:
    if message is None:
        assert (await bank.v1.payment_intents.create_async(params)).description is None
        return
    error = await refused(bank.v1.payment_intents.create_async(params, KEY))
    assert (error.http_status, error.code) == (400, code)
    assert error.user_message.startswith(message)
    corrected = await bank.v1.payment_intents.create_async(intent_params(), KEY)
    assert corrected.status == "requires_payment_method"


async def test_an_unknown_parameter_deep_inside_is_named_where_it_stands(bank: StripeSandbox) -> None:
    wrong = session_params()
    wrong["line_items"][0]["price_data"]["colour"] = "red"
    error = await refused(bank.v1.checkout.sessions.create_async(wrong))
    assert (error.code, error.param) == ("parameter_unknown", "line_items[0][price_data][colour]")


@recorded("param.payment_method_types.endive")
@pytest.mark.parametrize(
    "call",
    [
        lambda v1, old: v1.payment_intents.create_async(intent_params(**old)),
        lambda v1, old: v1.setup_intents.create_async(old),
        lambda v1, old: v1.checkout.sessions.create_async(session_params(**old)),
    ],
)
async def test_the_old_way_to_name_payment_methods_is_refused(
    bank: StripeSandbox, call: Callable[[Any, dict[str, list[str]]], Any]
) -> None:
    error = await refused(call(bank.v1, {"payment_method_types": ["card"]}))
    assert (error.http_status, error.code) == (400, "payment_method_types_no_longer_supported")


@pytest.mark.parametrize("key", ["sk_live_real", "nonsense"])
async def test_only_a_test_key_opens_the_sandbox(bank: StripeSandbox, key: str) -> None:
    error = await refused(bank.sdk(key=key).v1.balance.retrieve_async())
    assert isinstance(error, stripe.AuthenticationError)
    assert key not in error.user_message


async def test_another_version_of_the_api_is_not_spoken(bank: StripeSandbox) -> None:
    error = await refused(bank.v1.balance.retrieve_async({}, {"stripe_version": "2023-08-16"}))
    assert error.http_status == 400
    assert "2026-10-28.endive" in error.user_message


async def test_an_address_nobody_answers_at_is_said_to_be_unknown(bank: StripeSandbox) -> None:
    answer = await bank.http.get(bank.settings.base_url + "/v1/nothing", headers=SECRET)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


@recorded("idem.replay")
@pytest.mark.parametrize(("card", "status"), [("pm_card_visa", 200), ("pm_card_visa_chargeDeclined", 402)])
async def test_the_same_key_gets_the_same_answer_byte_by_byte(
    bank: StripeSandbox, card: str, status: int
) -> None:
    form = {
        "amount": "500",
        "currency": "usd",
        "payment_method": card,
        "confirm": "true",
        "off_session": "true",
    }
    first = await post(bank, "/v1/payment_intents", form, Idempotency_Key="k")
    again = await post(bank, "/v1/payment_intents", form, Idempotency_Key="k")
    assert (first.status_code, again.status_code, first.content) == (status, status, again.content)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert len(bank.world.all("stripe.payment_intent")) == 1


async def test_a_key_is_forgotten_after_a_day(bank: StripeSandbox) -> None:
    first = await bank.v1.payment_intents.create_async(intent_params(), KEY)
    bank.clock.advance(24 * 3600)
    second = await bank.v1.payment_intents.create_async(intent_params(), KEY)
    assert first.id != second.id


@recorded("idem.mismatch")
async def test_a_key_used_for_something_else_is_refused(bank: StripeSandbox) -> None:
    await bank.v1.payment_intents.create_async(intent_params(), KEY)
    error = await refused(bank.v1.payment_intents.create_async(intent_params(amount=600), KEY))
    assert isinstance(error, stripe.IdempotencyError)
    assert "can only be used with the same parameters" in error.user_message


@recorded("idem.in_flight")
async def test_a_key_whose_first_call_is_still_under_way_must_wait(bank: StripeSandbox) -> None:
    bank.world.arm("stripe", "slow", seconds=0.3)
    first = asyncio.create_task(bank.v1.payment_intents.create_async(intent_params(), KEY))
    await asyncio.sleep(0.1)
    error = await refused(bank.v1.payment_intents.create_async(intent_params(), KEY))
    assert (error.http_status, error.error.code) == (409, "idempotency_key_in_use")
    patient: Any = bank.sdk(retries=2).v1
    again = await patient.payment_intents.create_async(intent_params(), KEY)
    assert again.id == (await first).id


async def test_lists_come_newest_first_and_page_both_ways(bank: StripeSandbox) -> None:
    made = [(await bank.v1.payment_intents.create_async(intent_params())).id for _ in range(5)]
    first = await bank.v1.payment_intents.list_async({"limit": 2})
    assert ([one.id for one in first.data], first.has_more) == ([made[4], made[3]], True)
    following = await bank.v1.payment_intents.list_async({"limit": 2, "starting_after": made[3]})
    assert [one.id for one in following.data] == [made[2], made[1]]
    before = await bank.v1.payment_intents.list_async({"limit": 1, "ending_before": made[1]})
    assert [one.id for one in before.data] == [made[2]]
    everything = [one.id async for one in first.auto_paging_iter()]
    assert everything == made[::-1]


@recorded("list.bad_cursor")
async def test_a_cursor_that_points_nowhere_is_refused(bank: StripeSandbox) -> None:
    error = await refused(bank.v1.payment_intents.list_async({"starting_after": "pi_nobody"}))
    assert (error.http_status, error.code, error.param) == (400, "resource_missing", "starting_after")


async def test_events_are_found_by_kind_and_by_time(bank: StripeSandbox) -> None:
    await bank.v1.payment_intents.create_async(intent_params("visa"))
    bank.clock.advance(60)
    since = int(bank.clock.now().timestamp())
    await bank.v1.payment_intents.create_async(intent_params("visa"))
    wanted = {"types": ["charge.succeeded", "payment_intent.succeeded"], "created": {"gte": since}}
    found = await bank.v1.events.list_async(wanted)
    assert [event.type for event in found.data] == ["payment_intent.succeeded", "charge.succeeded"]
    assert found.data[0].data.object.amount == 5000


async def test_what_cannot_be_shown_in_full_is_refused(bank: StripeSandbox) -> None:
    error = await refused(bank.v1.payment_intents.create_async(intent_params(expand=["amount"])))
    assert (error.http_status, error.param) == (400, "expand")
    assert bank.events() == []


async def test_no_secret_of_the_sandbox_goes_over_the_wire(bank: StripeSandbox) -> None:
    form = {"amount": "500", "currency": "usd", "payment_method": "pm_card_visa"}
    answer = await post(bank, "/v1/payment_intents", form | {"expand[]": "payment_method"})
    assert '"_' not in answer.text
    assert "4242424242424242" not in answer.text
