"""What operators see and do with bookings, sagas, money and the catalog."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.edge import BookingId, Id, OperatorDep, PartsDep, json_only, operator_of, pass_on
from services.gateway.openapi import problems
from services.gateway.schemas.admin import (
    BookingPage,
    CatalogApplied,
    Journal,
    Notifications,
    PaymentDetails,
    PaymentsToLookAt,
    Resources,
    SagaDetails,
    Sagas,
    StepAct,
)
from services.gateway.schemas.bookings import Status
from services.gateway.schemas.parts import Line
from shared.errors import Refusal

router = APIRouter(prefix="/v1/admin", tags=["admin"], dependencies=[Depends(operator_of)])

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9_=.:+-]+$")]
_YAML = {"text/yaml", "application/yaml", "application/x-yaml", "text/x-yaml"}


def _query(**asked: object) -> dict[str, str]:
    return {name: str(value) for name, value in asked.items() if value is not None}


@router.get(
    "/bookings", summary="Bookings, newest first", response_model=BookingPage, responses=problems(401, 403)
)
async def bookings(
    parts: PartsDep,
    access: OperatorDep,
    status: Status | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    query = _query(status=status, limit=limit, cursor=cursor)
    return pass_on(
        await parts.peers.booking.ask("GET", "/admin/bookings", query=query, headers=access.headers)
    )


@router.get("/sagas", summary="Sagas", response_model=Sagas, responses=problems(401, 403))
async def sagas(
    parts: PartsDep,
    access: OperatorDep,
    status: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")] = None,
    stuck: Annotated[bool | None, Query(description="Only those that wait for an operator.")] = None,
    limit: Limit = 50,
) -> Response:
    query = _query(status=status, stuck=stuck, limit=limit)
    return pass_on(await parts.peers.booking.ask("GET", "/admin/sagas", query=query, headers=access.headers))


@router.get("/sagas/{id}", summary="One saga", response_model=SagaDetails, responses=problems(401, 403, 404))
async def saga(id: Id, parts: PartsDep, access: OperatorDep) -> Response:
    return pass_on(await parts.peers.booking.ask("GET", f"/admin/sagas/{id}", headers=access.headers))


@router.post(
    "/sagas/{id}/{act}",
    summary="Retry, skip or give up a step",
    description="Goes onto the timeline with the name in `X-Operator-Name`.",
    response_model=SagaDetails,
    responses=problems(401, 403, 404, 409, 415),
    dependencies=[Depends(json_only)],
)
async def act_on_step(
    id: Id, act: Literal["retry", "skip", "give-up"], wanted: StepAct, parts: PartsDep, access: OperatorDep
) -> Response:
    body = {**wanted.model_dump(exclude_none=True), "author": access.author}
    return pass_on(
        await parts.peers.booking.ask(
            "POST", f"/admin/sagas/{id}/{act}", headers=access.headers, json_body=body
        )
    )


@router.post(
    "/catalog",
    summary="Apply a catalog file",
    description="The body is the YAML of one business. What is already so stays untouched.",
    response_model=CatalogApplied,
    responses=problems(401, 403, 409, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {media: {"schema": {"type": "string"}} for media in sorted(_YAML)},
        }
    },
)
async def apply_catalog(
    request: Request,
    parts: PartsDep,
    access: OperatorDep,
    name: Annotated[Line, Query(description="What to call the file in messages.")] = "catalog.yaml",
) -> Response:
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in _YAML:
        raise Refusal(
            "yaml_expected",
            f"The body must be YAML, not {said or 'untyped'}.",
            status=415,
            next_steps=[{"action": "send the header Content-Type: text/yaml"}],
        )
    body = await request.body()
    headers = {**access.headers, "content-type": "text/yaml"}
    return pass_on(
        await parts.peers.booking.ask(
            "POST", "/admin/catalog", query={"name": name}, headers=headers, body=body
        )
    )


@router.get(
    "/notifications",
    summary="What was said to whom",
    response_model=Notifications,
    responses=problems(401, 403, 404),
)
async def notifications(
    parts: PartsDep, access: OperatorDep, booking_id: Annotated[Id, Query(min_length=1)]
) -> Response:
    query = _query(booking_id=booking_id)
    return pass_on(await parts.peers.notify.ask("GET", "/notifications", query=query, headers=access.headers))


@router.get(
    "/payments/attention",
    summary="Payments that a person should look at",
    response_model=PaymentsToLookAt,
    responses=problems(401, 403),
)
async def payments_to_look_at(parts: PartsDep, access: OperatorDep) -> Response:
    return pass_on(await parts.peers.payment.ask("GET", "/admin/payments/attention", headers=access.headers))


@router.post(
    "/payments/{booking_id}/retry",
    summary="Try again what the provider refused for good",
    response_model=PaymentDetails,
    responses=problems(401, 403, 404, 409),
)
async def retry_payment(booking_id: BookingId, parts: PartsDep, access: OperatorDep) -> Response:
    path = f"/admin/payments/{booking_id}/retry"
    return pass_on(await parts.peers.payment.ask("POST", path, headers=access.headers))


@router.get(
    "/payments/{booking_id}",
    summary="The money of a booking",
    response_model=PaymentDetails,
    responses=problems(401, 403, 404),
)
async def payment(booking_id: BookingId, parts: PartsDep, access: OperatorDep) -> Response:
    return pass_on(await parts.peers.payment.ask("GET", f"/payments/{booking_id}", headers=access.headers))


@router.get("/journal", summary="The books", response_model=Journal, responses=problems(401, 403))
async def journal(parts: PartsDep, access: OperatorDep) -> Response:
    return pass_on(await parts.peers.payment.ask("GET", "/journal", headers=access.headers))


@router.get(
    "/resources", summary="Whose time is taken", response_model=Resources, responses=problems(401, 403)
)
async def resources(parts: PartsDep, access: OperatorDep) -> Response:
    return pass_on(await parts.peers.calendar.ask("GET", "/admin/resources", headers=access.headers))
