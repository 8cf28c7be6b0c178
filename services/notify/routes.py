"""The internal HTTP of notify: what was said, calendar files, and mails to look at."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from services.notify import repository
from services.notify.calendar_file import download
from services.notify.composing import public_entries_of
from services.notify.look import mail_of
from services.notify.preview import occasion_to_show, somebodys_booking
from services.notify.schemas import Notification, NotificationList
from shared.errors import NotFound
from shared.http import DeskDep

router = APIRouter()


@router.get("/notifications")
async def notifications(desk: DeskDep, booking_id: Annotated[str, Query(min_length=1)]) -> NotificationList:
    """Everything said about a booking."""
    async with desk.database.reading() as connection:
        rows = await repository.said_about(connection, booking_id)
    return NotificationList(
        notifications=[
            Notification(
                kind=row.kind,
                channel=row.channel,
                to=row.recipient,
                subject=row.subject,
                status=row.status,
                sent_at=row.sent_at,
                error=row.error,
            )
            for row in rows
        ]
    )


@router.get("/bookings/{booking_id}.ics")
async def calendar_file(booking_id: str, desk: DeskDep) -> Response:
    """The confirmed booking as a calendar file to download."""
    async with desk.database.reading() as connection:
        facts, status = await repository.facts_of(connection, booking_id)
        places = await repository.invitations_of(connection, booking_id)
    if facts is None or status != "confirmed":
        raise NotFound("no_calendar_file", "There is no confirmed booking with this id.")
    return Response(
        download(public_entries_of(facts, places)),
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{facts.reference}.ics"'},
    )


preview = APIRouter()


@preview.get("/admin/preview/{kind}")
async def preview_mail(
    request: Request, kind: str, locale: str = "en", timezone: str = "Europe/London"
) -> HTMLResponse:
    """A mail as it looks, with an invented booking."""
    occasion = occasion_to_show(kind)
    if occasion is None:
        raise NotFound(
            "no_such_mail", "The kinds are confirmation, new_booking, refund and failure:<reason>."
        )
    house = request.app.state.desk.deps.house
    return HTMLResponse(mail_of(occasion, somebodys_booking(locale, timezone), house.public_url).html)
