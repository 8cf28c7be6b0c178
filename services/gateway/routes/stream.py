"""Live status of a booking."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from sse_starlette import EventSourceResponse

from services.gateway.bookings import is_over
from services.gateway.edge import AccessDep, BookingId, PartsDep, pass_on
from services.gateway.openapi import problems

router = APIRouter(prefix="/v1/bookings", tags=["bookings"])

_LINES = """\
retry: 2000
id: 3
event: booking
data: {"id":"bk_06h3q8m2d4vxw0y1z5s7t9ab2c","status":"confirming","version":3}
"""
_EVENT = {
    "type": "object",
    "description": "One event of the stream.",
    "properties": {
        "event": {"type": "string", "enum": ["booking", "reconnect"]},
        "id": {"type": "string", "description": "The version of the booking."},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer", "description": "Milliseconds until the stream may be opened again."},
    },
    "required": ["event", "data"],
}


@router.get(
    "/{booking_id}/stream",
    summary="Live status (server-sent events)",
    description=(
        "Sends the booking as it stands, then again with each change; the event id is its version. "
        "Ends when the booking is over. `Last-Event-ID` resumes; 204 says there is nothing more to come. "
        "After ten minutes an event `reconnect` asks to open the stream again."
    ),
    response_class=EventSourceResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": _EVENT, "example": _LINES}}},
        204: {"description": "The booking is over and was seen: do not connect again."},
        **problems(404),
    },
)
async def stream(
    request: Request,
    booking_id: BookingId,
    access: AccessDep,
    parts: PartsDep,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    caller = parts.callers.name(request.scope)
    parts.streams.room_for(caller)
    found = await parts.bookings.answer(booking_id, access)
    if not found.ok:
        return pass_on(found)
    booking, seen = found.json(), _version(last_event_id)
    # A browser opens an ended stream again by itself; 204 is how the standard tells it to stop.
    if is_over(booking) and booking["version"] <= seen:
        return Response(status_code=204)
    return EventSourceResponse(
        parts.streams.of(booking_id, access, seen, caller),
        ping=parts.settings.stream_ping_seconds,
        # When the server stops the stream says goodbye; without this it would be cut off at once.
        shutdown_grace_period=1.0,
    )


def _version(last_event_id: str | None) -> int:
    said = last_event_id or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
