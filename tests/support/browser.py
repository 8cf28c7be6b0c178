"""The pages, served over the stand-in of the public API."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles

from frontend.pages import page_routes
from frontend.rendering import STATIC, problem_page
from shared.errors import Refusal
from tests.support.public_api import Json, Town

STRIPE_JS = """
window.Stripe = () => ({
  elements: ({ clientSecret }) => {
    const field = document.createElement("input");
    field.setAttribute("aria-label", "Card number");
    const ready = [];
    const element = {
      on: (name, listener) => ready.push(listener),
      mount: (place) => { place.append(field); ready.forEach((listener) => listener()); },
    };
    return { create: () => element, field, clientSecret };
  },
  confirmPayment: async ({ elements }) => {
    const declined = { type: "card_error", code: "card_declined" };
    if (elements.field.value.endsWith("0002")) return { error: declined };
    await fetch(`/provider/paid/${elements.clientSecret.split("_secret")[0].slice(3)}`, { method: "POST" });
    return {};
  },
});
"""


def app_of(town: Town) -> FastAPI:
    """The pages and what they talk to."""
    app = FastAPI()
    app.state.town = town
    app.middleware("http")(_as_told)
    app.add_exception_handler(Refusal, _problem)
    app.add_exception_handler(404, lambda *_: problem_page(404))
    app.include_router(page_routes(town))
    app.mount("/static", StaticFiles(directory=STATIC))
    _add_catalog(app, town)
    _add_bookings(app, town)
    _add_provider(app, town)
    return app


async def _as_told(request: Request, call_next: Any) -> Response:
    town: Town = request.app.state.town
    if request.url.path.startswith("/v1/"):
        town.requests.append((request.method, request.url.path))
        if town.away and not request.url.path.endswith("/stream"):
            town.away -= 1
            return JSONResponse({"code": "unavailable", "detail": "Away."}, 503)
    response: Response = await call_next(request)
    response.headers["Date"] = format_datetime(town.now.astimezone(UTC), usegmt=True)
    return response


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse(error.problem(), error.status, media_type="application/problem+json")


def _add_catalog(app: FastAPI, town: Town) -> None:
    @app.get("/v1/availability")
    async def availability(
        first: Annotated[date, Query(alias="from")], last: Annotated[date, Query(alias="to")], timezone: str
    ) -> Json:
        return await town.availability(first, last, ZoneInfo(timezone))

    @app.post("/v1/quotes")
    async def quote(request: Request) -> Json:
        wanted = await request.json()
        offered = await town.offering(wanted["items"][0]["offering"])
        chosen = [money for money in offered["prices"] if money["currency"] == wanted.get("currency")]
        due = chosen[0] if chosen else offered["price"]
        return {"due_now": due, "policy_text": offered["policy"]["text"]}


def _add_bookings(app: FastAPI, town: Town) -> None:
    @app.post("/v1/bookings", status_code=201)
    async def book(request: Request, key: Annotated[str, Header(alias="Idempotency-Key")]) -> Json:
        await asyncio.sleep(town.pause)
        body = await request.json()
        made = town.book(body, key)
        if made:
            return made
        nearest = town.nearest(datetime.fromisoformat(body["items"][0]["start"]))
        raise Refusal("slot_taken", "That time has just been taken.", nearest=nearest)

    @app.get("/v1/bookings/{id}/stream")
    async def stream(id: str) -> StreamingResponse:
        return StreamingResponse(_news(town, id), media_type="text/event-stream")

    @app.get("/v1/bookings/{id}")
    async def booking(id: str, token: Annotated[str, Header(alias="X-Manage-Token")] = "") -> Json:
        return await town.booking(id, token)

    @app.post("/v1/bookings/{id}/confirm")
    async def confirm(id: str, token: Annotated[str, Header(alias="X-Manage-Token")] = "") -> Json:
        return await town.booking(id, token)

    @app.post("/v1/bookings/{id}/cancel")
    async def cancel(id: str, token: Annotated[str, Header(alias="X-Manage-Token")] = "") -> Json:
        town.give_up(id, "cancelled_by_customer")
        return await town.booking(id, token)


async def _news(town: Town, id: str) -> AsyncIterator[str]:
    seen = 0
    while town.bookings[id]["status"] not in ("confirmed", "failed") or town.bookings[id]["version"] > seen:
        if town.bookings[id]["version"] > seen:
            seen = town.bookings[id]["version"]
            yield f"event: booking\nid: {seen}\ndata: {json.dumps({'version': seen})}\n\n"
        await asyncio.sleep(0.05)


def _add_provider(app: FastAPI, town: Town) -> None:
    @app.get("/provider/pay/{id}")
    async def checkout(id: str) -> HTMLResponse:
        back = f"/bookings/{id}"
        links = f'<a href="/provider/paid/{id}">Pay</a> <a href="{back}/left?token=signed">Leave</a>'
        return HTMLResponse(f"<!doctype html><title>Payment provider</title><h1>Pay here</h1>{links}")

    @app.get("/provider/paid/{id}")
    async def paid(id: str) -> RedirectResponse:
        town.pay(id)
        return RedirectResponse(f"/bookings/{id}?paid=1", 303)

    @app.post("/provider/paid/{id}")
    async def paid_by_card(id: str) -> Json:
        town.pay(id)
        return {}

    @app.get("/provider/stripe.js")
    async def script() -> Response:
        return Response(STRIPE_JS, media_type="text/javascript")
