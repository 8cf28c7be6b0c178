"""Every address the sandbox's Stripe answers at."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sandbox.stripe import (
    accepts,
    accepts_cards,
    balance,
    charges,
    customers,
    disputing,
    intents,
    payment_methods,
    profile,
    refunds,
    sessions,
    setup_intents,
    webhook_endpoints,
)
from sandbox.stripe.account import Account
from sandbox.stripe.browser import Browser
from sandbox.stripe.door import CORS, Call, Door
from sandbox.stripe.errors import StripeError
from sandbox.stripe.pages import page_routes
from sandbox.stripe.parameters import Fields
from sandbox.stripe.script_files import script_routes
from sandbox.stripe.settings import StripeSandboxSettings
from sandbox.world import Document, World

CALLS = (
    Call("POST", "/v1/checkout/sessions", accepts.SESSION_CREATE, sessions.create),
    Call("GET", "/v1/checkout/sessions", accepts.SESSION_LIST, sessions.list_all),
    Call("GET", "/v1/checkout/sessions/{id}", accepts.NOTHING, sessions.retrieve),
    Call("POST", "/v1/checkout/sessions/{id}", accepts.SESSION_UPDATE, sessions.update),
    Call("GET", "/v1/checkout/sessions/{id}/line_items", accepts.PAGE, sessions.line_items),
    Call("POST", "/v1/checkout/sessions/{id}/expire", accepts.NOTHING, sessions.expire),
    Call("POST", "/v1/payment_intents", accepts.INTENT_CREATE, intents.create),
    Call("GET", "/v1/payment_intents", accepts.INTENT_LIST, intents.list_all),
    Call("GET", "/v1/payment_intents/search", accepts.SEARCH, intents.search),
    Call(
        "GET",
        "/v1/payment_intents/{id}",
        accepts.INTENT_RETRIEVE,
        intents.retrieve,
        Browser(accepts.INTENT_RETRIEVE, intents.retrieve),
    ),
    Call("POST", "/v1/payment_intents/{id}", accepts.INTENT_UPDATE, intents.update),
    Call(
        "POST",
        "/v1/payment_intents/{id}/confirm",
        accepts.INTENT_CONFIRM,
        intents.confirm_one,
        Browser(accepts.INTENT_CONFIRM_BY_BROWSER, intents.confirm_by_customer),
    ),
    Call("POST", "/v1/payment_intents/{id}/capture", accepts.INTENT_CAPTURE, intents.capture),
    Call("POST", "/v1/payment_intents/{id}/cancel", accepts.INTENT_CANCEL, intents.cancel),
    Call("POST", "/v1/setup_intents", accepts_cards.SETUP_CREATE, setup_intents.create),
    Call("GET", "/v1/setup_intents", accepts_cards.SETUP_LIST, setup_intents.list_all),
    Call(
        "GET",
        "/v1/setup_intents/{id}",
        accepts.INTENT_RETRIEVE,
        setup_intents.retrieve,
        Browser(accepts.INTENT_RETRIEVE, setup_intents.retrieve),
    ),
    Call(
        "POST",
        "/v1/setup_intents/{id}/confirm",
        accepts_cards.SETUP_CONFIRM,
        setup_intents.confirm,
        Browser(accepts_cards.SETUP_CONFIRM_BY_BROWSER, setup_intents.confirm),
    ),
    Call("POST", "/v1/setup_intents/{id}/cancel", accepts_cards.SETUP_CANCEL, setup_intents.cancel),
    Call("POST", "/v1/refunds", accepts.REFUND_CREATE, refunds.create),
    Call("GET", "/v1/refunds", accepts.REFUND_LIST, refunds.list_all),
    Call("GET", "/v1/refunds/{id}", accepts.NOTHING, refunds.retrieve),
    Call("POST", "/v1/refunds/{id}", accepts.DESCRIBE, refunds.update),
    Call("POST", "/v1/refunds/{id}/cancel", accepts.NOTHING, refunds.cancel),
    Call("GET", "/v1/charges", accepts.CHARGE_LIST, charges.list_all),
    Call("GET", "/v1/charges/{id}", accepts.NOTHING, charges.retrieve),
    Call("POST", "/v1/charges/{id}", accepts.CHARGE_UPDATE, charges.update),
    Call("GET", "/v1/disputes", accepts.DISPUTE_LIST, disputing.list_all),
    Call("GET", "/v1/disputes/{id}", accepts.NOTHING, disputing.retrieve),
    Call("POST", "/v1/disputes/{id}", accepts.DISPUTE_UPDATE, disputing.update),
    Call("POST", "/v1/disputes/{id}/close", accepts.NOTHING, disputing.close),
    Call("GET", "/v1/balance_transactions", accepts.BALANCE_LIST, balance.list_all),
    Call("GET", "/v1/balance_transactions/{id}", accepts.NOTHING, balance.retrieve),
    Call("GET", "/v1/balance", accepts.NOTHING, balance.current),
    Call("POST", "/v1/customers", accepts_cards.CUSTOMER_CREATE, customers.create),
    Call("GET", "/v1/customers", accepts_cards.CUSTOMER_LIST, customers.list_all),
    Call("GET", "/v1/customers/{id}", accepts.NOTHING, customers.retrieve),
    Call("POST", "/v1/customers/{id}", accepts_cards.CUSTOMER_UPDATE, customers.update),
    Call("DELETE", "/v1/customers/{id}", accepts.NOT_EVEN_EXPAND, customers.delete),
    Call(
        "GET",
        "/v1/customers/{customer}/payment_methods",
        accepts_cards.METHOD_LIST_OF_CUSTOMER,
        payment_methods.list_of_customer,
    ),
    Call(
        "POST",
        "/v1/payment_methods",
        accepts_cards.METHOD_CREATE,
        payment_methods.create,
        Browser(accepts_cards.METHOD_CREATE, payment_methods.create),
    ),
    Call("GET", "/v1/payment_methods", accepts_cards.METHOD_LIST, payment_methods.list_all),
    Call("GET", "/v1/payment_methods/{id}", accepts.NOTHING, payment_methods.retrieve),
    Call("POST", "/v1/payment_methods/{id}", accepts_cards.METHOD_UPDATE, payment_methods.update),
    Call("POST", "/v1/payment_methods/{id}/attach", accepts_cards.METHOD_ATTACH, payment_methods.attach),
    Call("POST", "/v1/payment_methods/{id}/detach", accepts.NOTHING, payment_methods.detach),
    Call("GET", "/v1/events", accepts.EVENT_LIST, webhook_endpoints.list_events),
    Call("GET", "/v1/events/{id}", accepts.NOTHING, webhook_endpoints.retrieve_event),
    Call("POST", "/v1/webhook_endpoints", accepts.ENDPOINT_CREATE, webhook_endpoints.create),
    Call("GET", "/v1/webhook_endpoints", accepts.PAGE, webhook_endpoints.list_all),
    Call("GET", "/v1/webhook_endpoints/{id}", accepts.NOTHING, webhook_endpoints.retrieve),
    Call("POST", "/v1/webhook_endpoints/{id}", accepts.ENDPOINT_UPDATE, webhook_endpoints.update),
    Call("DELETE", "/v1/webhook_endpoints/{id}", accepts.NOT_EVEN_EXPAND, webhook_endpoints.delete),
    Call("GET", "/v1/account", accepts.NOTHING, profile.retrieve),
)


def stripe_routes(world: World, settings: StripeSandboxSettings) -> APIRouter:
    """Stripe's API, its hosted pages and its script, to be mounted where `settings.base_url` says."""
    world.settings["stripe"] = settings
    router = APIRouter()
    door = Door(world, settings)
    for call in CALLS:
        router.add_route(call.path, _endpoint(door, call), methods=[call.method], include_in_schema=False)
    router.add_route("/v1/{rest:path}", _preflight, methods=["OPTIONS"], include_in_schema=False)
    nowhere = Call("GET", "/v1/{rest:path}", Fields({}), _nowhere)
    for method in ("GET", "POST", "DELETE"):
        router.add_route(nowhere.path, _endpoint(door, nowhere), methods=[method], include_in_schema=False)
    page_routes(router, world, settings)
    script_routes(router)
    return router


def _endpoint(door: Door, call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await door.enter(request, call)

    return answer


async def _preflight(request: Request) -> Response:
    return Response(status_code=204, headers=CORS)


def _nowhere(account: Account, params: dict[str, object], rest: str) -> Document:
    raise StripeError(f"Unrecognized request URL (/v1/{rest}).", status=404)
