"""The booking service's HTTP edge; no decisions."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Header, Query, Request, Response

from services.booking import repository
from services.booking.applying import apply_catalog
from services.booking.catalog_file import read_catalog
from services.booking.coordinator import SAGA_ENGINE
from services.booking.making import Request as Asking
from services.booking.making import make_booking, make_quote
from services.booking.schemas import BookingWanted, OperatorWish, QuoteWanted
from services.booking.settings import Settings
from services.booking.views import booking_shown, timeline_shown
from shared.errors import BadRequest, Refusal
from shared.http import DeskDep
from shared.messaging.work import Desk
from shared.saga.state import CancelRequested, OperatorActed
from shared.signing import MANAGE, is_signed

router = APIRouter()
Token = Annotated[str, Header(alias="X-Manage-Token")]
Operator = Annotated[str, Header(alias="X-Operator")]


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.desk.deps)


@router.get("/businesses")
async def businesses(desk: DeskDep) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        return {"businesses": await repository.all_businesses(connection)}


@router.get("/businesses/{slug}")
async def business(slug: str, desk: DeskDep) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        return await repository.business(connection, slug)


@router.get("/businesses/{slug}/offerings")
async def offerings(slug: str, desk: DeskDep) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        await repository.business(connection, slug)
        return {"offerings": [one.shown() for one in await repository.offerings_of(connection, slug)]}


@router.get("/offerings/{id}")
async def offering(id: str, desk: DeskDep) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        return (await repository.offering(connection, id)).shown()


@router.post("/quotes", status_code=201)
async def quote(wanted: QuoteWanted, desk: DeskDep, request: Request) -> dict[str, Any]:
    return await make_quote(desk, _settings(request), wanted)


@router.post("/bookings", status_code=201)
async def book(
    wanted: BookingWanted,
    desk: DeskDep,
    request: Request,
    response: Response,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255)],
    principal: Annotated[str, Header(alias="X-Principal", max_length=120)] = "public",
) -> dict[str, Any]:
    booking_id, replayed = await make_booking(desk, _settings(request), wanted, Asking(principal, key))
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return await _shown(desk, booking_id, full=True)


@router.get("/bookings/{id}")
async def booking(
    id: str, desk: DeskDep, request: Request, token: Token = "", operator: Operator = ""
) -> dict[str, Any]:
    full = operator == "yes" or is_signed(_settings(request).secret, MANAGE, id, token)
    return await _shown(desk, id, full=full)


async def _shown(desk: Desk, id: str, *, full: bool) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        row = await repository.booking(connection, id)
        return booking_shown(row, await repository.items_of(connection, id), full=full)


@router.get("/bookings/{id}/timeline")
async def timeline(id: str, desk: DeskDep, operator: Operator = "") -> dict[str, Any]:
    async with desk.database.reading() as connection:
        await repository.booking(connection, id)
        rows = await SAGA_ENGINE.timeline(connection, id)
    return timeline_shown(rows, operator=operator == "yes")


@router.post("/bookings/{id}/cancel")
async def cancel(
    id: str, desk: DeskDep, request: Request, token: Token = "", operator: Operator = ""
) -> dict[str, Any]:
    by_operator = operator == "yes"
    if not by_operator and not is_signed(_settings(request).secret, MANAGE, id, token):
        raise Refusal("token_missing", "Only the manage link of this booking can cancel it.", status=403)
    async with desk.unit_of_work() as work:
        sagas = [saga for saga in await SAGA_ENGINE.of_booking(work.connection, id) if not saga.ended]
        row = await repository.booking(work.connection, id)
        if row.status == "confirmed":
            raise Refusal(
                "already_confirmed",
                "This booking stands. Write to the business to change it.",
                contact=row.facts["business"].get("email"),
            )
        reason = "cancelled_by_operator" if by_operator else "cancelled_by_customer"
        for saga in sagas:
            wish = CancelRequested(reason, "operator" if by_operator else "customer")
            await SAGA_ENGINE.feed(work, saga.id, wish)
    return await _shown(desk, id, full=True)


@router.get("/admin/bookings")
async def all_bookings(
    desk: DeskDep,
    status: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        rows = await repository.listed(connection, status=status, before=cursor, limit=limit)
        shown = [booking_shown(row, await repository.items_of(connection, row.id), full=True) for row in rows]
    return {"bookings": shown, "next_cursor": rows[-1].id if len(rows) == limit else None}


@router.get("/admin/sagas")
async def sagas(
    desk: DeskDep,
    status: str | None = None,
    stuck: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        rows = await SAGA_ENGINE.listed(connection, status=status, stuck=stuck, limit=limit)
    columns = ("id", "saga", "version", "booking_id", "status", "stuck", "created_at", "updated_at")
    return {"sagas": [{name: row._mapping[name] for name in columns} for row in rows]}


@router.get("/admin/sagas/{id}")
async def saga(id: str, desk: DeskDep) -> dict[str, Any]:
    async with desk.database.reading() as connection:
        state = await SAGA_ENGINE.read(connection, id)
        rows = [row for row in await SAGA_ENGINE.timeline(connection, state.booking_id) if row.saga_id == id]
    return {"state": state.model_dump(mode="json"), **timeline_shown(rows, operator=True)}


@router.post("/admin/sagas/{id}/{action}")
async def act(
    id: str, action: Literal["retry", "skip", "give-up"], wish: OperatorWish, desk: DeskDep
) -> dict[str, Any]:
    done = OperatorActed(action, wish.reason, wish.author, wish.step, wish.item)
    async with desk.unit_of_work() as work:
        await SAGA_ENGINE.feed(work, id, done)
    return await saga(id, desk)


@router.post("/admin/catalog")
async def catalog(request: Request, desk: DeskDep, name: str = "catalog.yaml") -> dict[str, Any]:
    body = await request.body()
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("catalog_invalid", f"{name} is not UTF-8 text.", errors=[]) from error
    read = read_catalog(text, name)
    async with desk.unit_of_work() as work:
        return await apply_catalog(work, read)
