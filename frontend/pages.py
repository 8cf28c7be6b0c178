"""The pages of the public site, one route each."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from frontend.asked import asked
from frontend.outcomes import OUTCOMES, STEPS, outcome
from frontend.policy import payment_headers
from frontend.rendering import problem_page, render
from shared.errors import Outage, Refusal

Json = dict[str, Any]


class PageSource(Protocol):
    """Where pages get what they show: the answers of the public API. Raises Refusal or Outage."""

    async def businesses(self) -> Json: ...

    async def business(self, slug: str) -> Json: ...

    async def offerings(self, slug: str) -> Json: ...

    async def offering(self, id: str) -> Json: ...

    async def booking(self, id: str, token: str | None) -> Json: ...

    async def left(self, booking_id: str, token: str) -> Json: ...


class PageRoute(APIRoute):
    """Answers what cannot be shown with a page that a person can read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        show = super().get_route_handler()

        async def show_or_explain(request: Request) -> Response:
            try:
                return await show(request)
            except Outage:
                return problem_page(503)
            except Refusal as refusal:
                return problem_page(refusal.status, None if refusal.status == 404 else refusal.message)

        return show_or_explain


def page_routes(source: PageSource, *, payment_origins: Sequence[str] = ()) -> APIRouter:
    """All pages. `payment_origins` are hosts beside the provider's own that the card page may use."""
    router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)
    _add_catalog_pages(router, source)
    _add_booking_pages(router, source, payment_headers(payment_origins))
    return router


def _add_catalog_pages(router: APIRouter, source: PageSource) -> None:
    @router.get("/")
    async def businesses() -> HTMLResponse:
        return render("businesses.html", **await source.businesses())

    @router.get("/book/{business}")
    async def offerings(business: str) -> HTMLResponse:
        found = await source.business(business)
        return render("offerings.html", business=found, **await source.offerings(business))

    @router.get("/book/{business}/{offering}")
    async def booker(business: str, offering: str) -> HTMLResponse:
        found = await source.business(business)
        offered = await source.offering(f"{business}.{offering}")
        return render("booker.html", business=found, offered=offered, fields=asked(offered))


def _add_booking_pages(router: APIRouter, source: PageSource, card_headers: dict[str, str]) -> None:
    @router.get("/bookings/{booking_id}")
    async def booking(booking_id: str) -> HTMLResponse:
        return _booking_page(await source.booking(booking_id, None), left=False)

    @router.get("/bookings/{booking_id}/left")
    async def left(booking_id: str, token: str) -> HTMLResponse:
        return _booking_page(await source.left(booking_id, token), left=True)

    @router.get("/pay/{booking_id}")
    async def pay(booking_id: str) -> HTMLResponse:
        return render("pay.html", headers=card_headers, booking=await source.booking(booking_id, None))


def _booking_page(booking: Json, *, left: bool) -> HTMLResponse:
    said = outcome(booking, left=left)
    return render("booking.html", booking=booking, left=left, said=said, outcomes=OUTCOMES, steps=STEPS)
