"""Making a booking, following it, and giving it up."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import JSONResponse

from services.gateway.access import Access
from services.gateway.bookings import Json, has_next_step, is_over, token_of
from services.gateway.clients import content_of
from services.gateway.edge import (
    AccessDep,
    BookingId,
    IdempotencyKey,
    Parts,
    PartsDep,
    json_only,
    pass_on,
)
from services.gateway.openapi import problems
from services.gateway.prefer import Patience, patience_of
from services.gateway.schemas.bookings import Booking, BookingRequest, CancelRequest, Timeline
from services.gateway.transports import Answer
from shared.errors import Refusal

router = APIRouter(prefix="/v1/bookings", tags=["bookings"])

Prefer = Annotated[
    str | None,
    Header(
        description="`wait=N` waits up to N seconds for the next step; `respond-async` does not.",
        examples=["wait=10"],
    ),
]
_TIME_IS_GONE = {"slot_taken", "not_offered"}


@router.post(
    "",
    summary="Book",
    description=(
        "Answers 201 as soon as the next step is known: pay at `payment.next_action`, or be glad. "
        "Answers 202 when it is not known yet: follow the booking by its stream or by GET. "
        "Answers 409 when the time is gone, with the nearest free times."
    ),
    status_code=201,
    response_model=Booking,
    responses={
        202: {"model": Booking, "description": "Accepted; the next step is not known yet."},
        **problems(404, 409, 415),
    },
    dependencies=[Depends(json_only)],
)
async def book(
    key: IdempotencyKey, wanted: BookingRequest, parts: PartsDep, prefer: Prefer = None
) -> Response:
    settings = parts.settings
    patience = patience_of(prefer, usual=settings.usual_wait, longest=settings.longest_wait)
    made = await parts.peers.booking.ask(
        "POST",
        "/bookings",
        headers={"idempotency-key": key},
        json_body=wanted.model_dump(mode="json", exclude_none=True),
    )
    if not made.ok:
        return pass_on(made)
    booking = content_of(made)
    access = Access(operator=False, manage_token=token_of(booking), author="customer")
    latest = await parts.bookings.settle(booking, access, has_next_step, patience.seconds)
    return _made(latest, made, patience)


def _made(booking: Json, made: Answer, patience: Patience) -> Response:
    headers = {"Location": f"/v1/bookings/{booking['id']}", **patience.header}
    if "idempotent-replayed" in made.headers:
        headers["Idempotent-Replayed"] = made.headers["idempotent-replayed"]
    if booking["status"] == "failed" and booking.get("reason") in _TIME_IS_GONE:
        raise TimeIsGone(booking, headers)
    return JSONResponse(booking, 201 if has_next_step(booking) else 202, headers)


class TimeIsGone(Refusal):
    """The time that was asked for cannot be had; says which are free close by."""

    def __init__(self, booking: Json, headers: dict[str, str]) -> None:
        super().__init__(
            booking["reason"],
            booking.get("reason_text") or "That time has just been taken.",
            next_steps=[{"action": "choose another time", "href": _other_times(booking)}],
            nearest=booking.get("nearest", []),
            booking=booking["id"],
        )
        self.headers = headers


def _other_times(booking: Json) -> str:
    item = booking["items"][0]
    query = {"offering": item["offering"], "from": item["start"][:10], "timezone": item["timezone"]}
    return f"/v1/availability?{urlencode(query)}"


@router.get(
    "/{booking_id}.ics",
    summary="The booking as a calendar file",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}, **problems(404, 409)},
)
async def calendar_file(booking_id: BookingId, access: AccessDep, parts: PartsDep) -> Response:
    file = await parts.peers.notify.ask("GET", f"/bookings/{booking_id}.ics", headers=access.headers)
    if file.status == 404 and _may_still_get_one(await parts.bookings.read(booking_id, access)):
        raise Refusal(
            "not_confirmed_yet",
            "There is a calendar file soon after the booking is confirmed.",
            next_steps=[{"action": "follow the booking", "href": f"/v1/bookings/{booking_id}"}],
        )
    return pass_on(file)


def _may_still_get_one(booking: Json) -> bool:
    return booking["status"] == "confirmed" or not is_over(booking)


@router.get(
    "/{booking_id}",
    summary="How a booking stands",
    description="Anybody who knows the id sees the status. The customer's details need the manage token.",
    response_model=Booking,
    responses=problems(404),
)
async def booking(booking_id: BookingId, access: AccessDep, parts: PartsDep) -> Response:
    return pass_on(await parts.bookings.answer(booking_id, access))


@router.get(
    "/{booking_id}/timeline",
    summary="What happened to a booking",
    response_model=Timeline,
    responses=problems(401, 403, 404),
)
async def timeline(booking_id: BookingId, access: AccessDep, parts: PartsDep) -> Response:
    return pass_on(
        await parts.peers.booking.ask("GET", f"/bookings/{booking_id}/timeline", headers=access.headers)
    )


@router.post(
    "/{booking_id}/confirm",
    summary="Ask the payment provider for the truth, now",
    description=(
        "Nothing that the caller says is believed. When the money is in, waits for the booking to stand "
        "as long as `Prefer: wait=N` says."
    ),
    response_model=Booking,
    responses=problems(404),
)
async def confirm(
    booking_id: BookingId, access: AccessDep, parts: PartsDep, prefer: Prefer = None
) -> Response:
    refreshed = await parts.peers.payment.ask("POST", f"/payments/{booking_id}/refresh")
    # A booking that costs nothing has no payment to ask about.
    if not refreshed.ok and refreshed.status != 404:
        return pass_on(refreshed)
    usual = parts.settings.usual_wait if refreshed.ok and _money_is_in(refreshed.json()) else 0
    return await _settled(booking_id, access, parts, prefer, usual)


def _money_is_in(payment: Json) -> bool:
    return bool(payment["authorized"] or payment["captured"])


@router.post(
    "/{booking_id}/cancel",
    summary="Give up a booking that is not confirmed yet",
    description="Needs the manage token or the operator's key. What was held or reserved is given back.",
    response_model=Booking,
    responses=problems(401, 403, 404, 409, 415),
    dependencies=[Depends(json_only)],
)
async def cancel(
    booking_id: BookingId,
    access: AccessDep,
    parts: PartsDep,
    wanted: CancelRequest | None = None,
    prefer: Prefer = None,
) -> Response:
    asked = await parts.peers.booking.ask(
        "POST",
        f"/bookings/{booking_id}/cancel",
        headers=access.headers,
        json_body=wanted.model_dump(exclude_none=True) if wanted else None,
    )
    if not asked.ok:
        return pass_on(asked)
    return await _settled(booking_id, access, parts, prefer, parts.settings.usual_wait)


async def _settled(
    booking_id: str, access: Access, parts: Parts, prefer: str | None, usual: float
) -> Response:
    """The booking when it is over, or as it stands when the caller's patience ends."""
    patience = patience_of(prefer, usual=usual, longest=parts.settings.longest_wait)
    now = await parts.bookings.read(booking_id, access)
    latest = await parts.bookings.settle(now, access, is_over, patience.seconds)
    return JSONResponse(latest, headers=patience.header)
