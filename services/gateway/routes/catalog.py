"""Who can be booked, for what, when, and for how much."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.gateway.edge import Id, PartsDep, json_only, pass_on
from services.gateway.openapi import problems
from services.gateway.schemas.catalog import (
    Availability,
    Business,
    Businesses,
    Offering,
    Offerings,
    Quote,
    QuoteRequest,
)
from services.gateway.schemas.parts import OfferingId, Zone

router = APIRouter(prefix="/v1")


@router.get(
    "/businesses", tags=["catalog"], summary="All businesses", response_model=Businesses, responses=problems()
)
async def businesses(parts: PartsDep) -> Response:
    return pass_on(await parts.peers.booking.ask("GET", "/businesses"))


@router.get(
    "/businesses/{slug}",
    tags=["catalog"],
    summary="One business",
    response_model=Business,
    responses=problems(404),
)
async def business(slug: Id, parts: PartsDep) -> Response:
    return pass_on(await parts.peers.booking.ask("GET", f"/businesses/{slug}"))


@router.get(
    "/businesses/{slug}/offerings",
    tags=["catalog"],
    summary="What a business offers",
    response_model=Offerings,
    responses=problems(404),
)
async def offerings(slug: Id, parts: PartsDep) -> Response:
    return pass_on(await parts.peers.booking.ask("GET", f"/businesses/{slug}/offerings"))


@router.get(
    "/offerings/{id}",
    tags=["catalog"],
    summary="One offering",
    response_model=Offering,
    responses=problems(404),
)
async def offering(id: Id, parts: PartsDep) -> Response:
    return pass_on(await parts.peers.booking.ask("GET", f"/offerings/{id}"))


@router.get(
    "/availability",
    tags=["availability"],
    summary="Free times of an offering",
    description="Dates are the visitor's; both ends are included. At most 92 days, 31 when `to` is left out.",
    response_model=Availability,
    responses=problems(404),
)
async def availability(
    parts: PartsDep,
    offering: Annotated[OfferingId, Query(examples=["consulting.advice"])],
    first: Annotated[
        date | None, Query(alias="from", description="The first date; today by default.")
    ] = None,
    last: Annotated[date | None, Query(alias="to", description="The last date.")] = None,
    timezone: Annotated[
        Zone | None,
        Query(description="The visitor's zone; the business's by default.", examples=["Europe/London"]),
    ] = None,
    quantity: Annotated[int | None, Query(ge=1, le=10_000, description="How many places are needed.")] = None,
    explain: Annotated[bool, Query(description="Say of each time why it is not offered.")] = False,
) -> Response:
    asked = {"offering": offering, "from": first, "to": last, "timezone": timezone, "quantity": quantity}
    query = {name: str(value) for name, value in asked.items() if value is not None}
    if explain:
        query["explain"] = "true"
    return pass_on(await parts.peers.calendar.ask("GET", "/availability", query=query))


@router.post(
    "/quotes",
    tags=["availability"],
    summary="What a booking will cost",
    status_code=201,
    response_model=Quote,
    responses=problems(404, 409, 415),
    dependencies=[Depends(json_only)],
)
async def quote(wanted: QuoteRequest, parts: PartsDep) -> Response:
    body = wanted.model_dump(mode="json", exclude_none=True)
    return pass_on(await parts.peers.booking.ask("POST", "/quotes", json_body=body))
