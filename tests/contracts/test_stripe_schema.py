"""The sandbox's Stripe against Stripe's own published types, through Stripe's own client."""

import importlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

from sandbox.stripe.parameters import Fields, Kind, Many
from sandbox.stripe.routes import CALLS
from tests.support.sandbox_stripe import StripeSandbox, intent_params, session_params, stripe_sandbox
from tests.support.stripe_contract import (
    Referee,
    Schema,
    coerced,
    complaints,
    contract_file,
    decoded,
    operation,
    parameters,
    resolved,
)

pytestmark = pytest.mark.skipif(
    not contract_file().exists(),
    reason=f"Stripe's published types are not at {contract_file().parent} (set HOLDFAST_CONTRACTS)",
)

EVERY_PART = [
    "payment_intent.latest_charge.balance_transaction",
    "payment_intent.payment_method",
    "line_items",
    "customer",
]


@dataclass
class Watched:
    """The sandbox with a referee in front of it."""

    sandbox: StripeSandbox
    referee: Referee

    @property
    def v1(self) -> Any:
        return self.sandbox.v1

    def pay(self, url_or_id: str, card: str, action: str = "") -> dict[str, Any]:
        return self.sandbox.pay(url_or_id, card, action)


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    referees: list[Referee] = []

    def watch(app: Any) -> Referee:
        referees.append(Referee(app))
        return referees[0]

    async with stripe_sandbox(watched=watch) as sandbox:
        yield Watched(sandbox, referees[0])
        assert "\n".join(referees[0].findings) == ""
        assert referees[0].seen != []


async def test_a_checkout_session_has_the_published_shape_through_its_whole_life(watched: Watched) -> None:
    sessions = watched.v1.checkout.sessions
    someone = await watched.v1.customers.create_async(
        {"email": "a@example.com", "name": "A", "metadata": {"x": "1"}}
    )
    session = await sessions.create_async(session_params(customer=someone.id, expand=["line_items"]))
    watched.pay(session.url, "4000000000000002")
    watched.pay(session.url, "4000002760003184", "approve")
    paid = await sessions.retrieve_async(session.id, {"expand": EVERY_PART})
    await watched.v1.payment_intents.capture_async(paid.payment_intent.id, {"amount_to_capture": 1500})
    await sessions.retrieve_async(session.id, {"expand": EVERY_PART})
    await sessions.line_items.list_async(session.id)
    await sessions.list_async(
        {"payment_intent": paid.payment_intent.id, "limit": 1, "expand": ["data.line_items"]}
    )
    await sessions.update_async(session.id, {"metadata": {"note": "kept"}})
    other = await sessions.create_async(
        session_params(customer_email="b@example.com", client_reference_id="r")
    )
    await sessions.expire_async(other.id)
    with pytest.raises(stripe.InvalidRequestError):
        await sessions.expire_async(other.id)


@pytest.mark.parametrize("capture_method", ["automatic", "automatic_async", "manual"])
async def test_a_payment_intent_has_the_published_shape_in_every_state(
    watched: Watched, capture_method: str
) -> None:
    intents = watched.v1.payment_intents
    begun = {"amount": 5000, "currency": "eur", "capture_method": capture_method, "metadata": {"a": "b"}}
    intent = await intents.create_async(begun)
    await intents.update_async(intent.id, {"amount": 6000, "description": "changed", "metadata": {"a": ""}})
    there = {"payment_method": "pm_card_visa_chargeDeclined", "return_url": "http://127.0.0.1/back"}
    with pytest.raises(stripe.CardError):
        await intents.confirm_async(intent.id, there)
    await intents.confirm_async(intent.id, there | {"payment_method": "pm_card_authenticationRequired"})
    assert watched.pay(intent.id, "", "approve")["outcome"] in ("paid", "authorized")
    if capture_method == "manual":
        await intents.capture_async(intent.id, {"final_capture": True})
    watched.sandbox.clock.advance(5)
    parts = ["latest_charge.balance_transaction", "latest_charge.refunds", "payment_method"]
    await intents.retrieve_async(intent.id, {"expand": parts})
    await intents.list_async({"created": {"gte": 1}, "limit": 5})
    await intents.search_async({"query": "status:'succeeded' AND currency:'eur'"})
    open_one = await intents.create_async(begun | {"payment_method": "pm_card_visa"})
    await intents.cancel_async(open_one.id, {"cancellation_reason": "abandoned"})
    with pytest.raises(stripe.InvalidRequestError):
        await intents.cancel_async(intent.id)


async def paid_intent(watched: Watched, card: str = "visa") -> Any:
    return await watched.v1.payment_intents.create_async(intent_params(card, capture_method="automatic"))


async def test_refunds_charges_and_money_movements_have_the_published_shape(watched: Watched) -> None:
    v1 = watched.v1
    for card in ("visa", "pendingRefund", "refundFail"):
        intent = await paid_intent(watched, card)
        refund = await v1.refunds.create_async(
            {
                "payment_intent": intent.id,
                "amount": 700,
                "reason": "requested_by_customer",
                "metadata": {"a": "b"},
            }
        )
        watched.sandbox.clock.advance(5)
        await v1.refunds.retrieve_async(refund.id, {"expand": ["charge", "balance_transaction"]})
        await v1.refunds.update_async(refund.id, {"metadata": {"a": "c"}})
        with pytest.raises(stripe.InvalidRequestError):
            await v1.refunds.cancel_async(refund.id)
        await v1.charges.retrieve_async(intent.latest_charge, {"expand": ["refunds", "balance_transaction"]})
        await v1.charges.update_async(intent.latest_charge, {"description": "told"})
    await v1.refunds.list_async({"limit": 2})
    await v1.charges.list_async({"payment_intent": intent.id})
    lines = await v1.balance_transactions.list_async({"type": "refund"})
    await v1.balance_transactions.retrieve_async(lines.data[0].id, {"expand": ["source"]})


async def test_disputes_have_the_published_shape(watched: Watched) -> None:
    v1 = watched.v1
    for card in ("createDispute", "createDisputeProductNotReceived", "createDisputeInquiry"):
        intent = await paid_intent(watched, card)
    listed = await v1.disputes.list_async({"limit": 3})
    await v1.disputes.retrieve_async(listed.data[0].id, {"expand": ["charge", "payment_intent"]})
    await v1.disputes.list_async({"payment_intent": intent.id})
    await v1.disputes.update_async(
        listed.data[1].id, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    await v1.disputes.close_async(listed.data[2].id)


async def test_saved_cards_have_the_published_shape(watched: Watched) -> None:
    v1 = watched.v1
    someone = await v1.customers.create_async({"email": "a@example.com", "payment_method": "pm_card_visa"})
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    method = await v1.payment_methods.create_async(
        {"type": "card", "card": card, "billing_details": {"name": "A", "address": {"country": "US"}}}
    )
    await v1.payment_methods.attach_async(method.id, {"customer": someone.id})
    await v1.payment_methods.update_async(method.id, {"metadata": {"a": "b"}, "card": {"exp_year": 2031}})
    await v1.payment_methods.list_async({"customer": someone.id, "type": "card"})
    await v1.customers.payment_methods.list_async(someone.id)
    setup = await v1.setup_intents.create_async({"customer": someone.id, "usage": "off_session"})
    await v1.setup_intents.confirm_async(
        setup.id,
        {"payment_method": "pm_card_authenticationRequiredOnSetup", "return_url": "http://127.0.0.1/"},
    )
    await v1.setup_intents.cancel_async(setup.id, {"cancellation_reason": "abandoned"})
    await v1.setup_intents.list_async({"customer": someone.id})
    await v1.setup_intents.retrieve_async(setup.id, {"expand": ["customer", "payment_method"]})
    await v1.payment_methods.detach_async(method.id)
    await v1.payment_methods.retrieve_async(method.id)
    await v1.customers.update_async(
        someone.id, {"name": "B", "invoice_settings": {"default_payment_method": ""}}
    )
    await v1.customers.list_async({"email": "a@example.com"})
    await v1.customers.retrieve_async(someone.id)
    await v1.customers.delete_async(someone.id)


async def test_events_and_webhook_endpoints_have_the_published_shape(watched: Watched) -> None:
    v1 = watched.v1
    endpoint = await v1.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:1/hook", "enabled_events": ["payment_intent.succeeded"], "description": "d"}
    )
    await paid_intent(watched)
    events = await v1.events.list_async(
        {"types": ["payment_intent.succeeded", "charge.succeeded"], "limit": 5}
    )
    await v1.events.list_async({"type": "charge.succeeded", "delivery_success": False, "created": {"gt": 1}})
    await v1.events.retrieve_async(events.data[0].id)
    await v1.webhook_endpoints.update_async(endpoint.id, {"disabled": True, "metadata": {"a": "b"}})
    await v1.webhook_endpoints.retrieve_async(endpoint.id)
    await v1.webhook_endpoints.list_async()
    await v1.webhook_endpoints.delete_async(endpoint.id)


def accepted(fields: Fields, schema: Schema, at: str) -> Iterator[str]:
    """Where the sandbox takes a parameter that Stripe does not publish."""
    options = [resolved(option) for option in schema.get("anyOf", [schema])]
    known = {name: kind for option in options for name, kind in option.get("properties", {}).items()}
    for name, kind in fields.kinds.items():
        if name in known:
            yield from inside(kind, known[name], f"{at} {name}")
        else:
            yield f"{at} {name}"


def inside(kind: Kind, schema: Schema, at: str) -> Iterator[str]:
    schema = resolved(schema)
    if isinstance(kind, Many):
        lists = [option for option in schema.get("anyOf", [schema]) if option.get("type") == "array"]
        yield from inside(kind.of, lists[0].get("items", {}), f"{at}[]") if lists else [at]
    elif isinstance(kind, Fields):
        yield from accepted(kind, schema, at)


def test_the_sandbox_takes_no_parameter_that_stripe_does_not() -> None:
    surplus: list[str] = []
    for call in CALLS:
        found = operation(call.method, call.path.replace("{", "").replace("}", ""))
        if found is not None:
            schema = resolved(parameters(found))
            surplus += accepted(call.accepts, schema, f"{call.method} {call.path}")
    assert "\n".join(surplus) == ""


def test_the_referee_sees_what_is_wrong() -> None:
    found = operation("POST", "/v1/payment_intents")
    assert found is not None
    sent = coerced(decoded("amount=ten&currency=usd&colour=red"), parameters(found))
    assert len(complaints(parameters(found), sent)) == 2
    answer = found["responses"]["200"]["content"]["application/json"]["schema"]
    assert "'status' is a required property" in "".join(complaints(answer, {"object": "payment_intent"}))


def test_every_behaviour_recorded_from_stripe_has_its_test() -> None:
    proved: set[str] = set()
    for name in ("cards", "intents", "refunds", "requests"):
        module = importlib.import_module(f"tests.sandbox.test_stripe_{name}")
        proved |= {id for test in vars(module).values() for id in getattr(test, "recorded", ())}
    known = json.loads(contract_file().with_name("stripe-recorded-behaviours.json").read_text())
    assert proved == {case["id"] for case in known["cases"]}
