"""The HTTP edge of the calendar: what is free, and which resources there are. It asks no outside calendar."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from services.calendar.asking import Asked, availability
from services.calendar.definitions import all_resources
from services.calendar.deps import Deps
from services.calendar.schemas import AvailabilityView, ResourcesView
from shared.http import DeskDep

router = APIRouter()


def deps_of(request: Request) -> Deps:
    """The deps of the service that answers this request."""
    return cast(Deps, request.app.state.desk.deps)


@router.get("/availability", response_model=AvailabilityView)
async def get_availability(
    desk: DeskDep,
    request: Request,
    offering: str,
    first: Annotated[str | None, Query(alias="from")] = None,
    last: Annotated[str | None, Query(alias="to")] = None,
    timezone: str | None = None,
    quantity: Annotated[int, Query(ge=1, le=10_000)] = 1,
    explain: bool = False,
) -> JSONResponse:
    """The free times of an offering, day by day; with `explain` also why the others are not."""
    asked = Asked(offering, first, last, timezone, quantity, explain)
    # Answered as it is: a month has a thousand slots, and checking each again costs more than finding it.
    return JSONResponse(await availability(asked, desk, deps_of(request)))


@router.get("/admin/resources", response_model=ResourcesView)
async def get_resources(desk: DeskDep, request: Request) -> dict[str, Any]:
    """Every resource with its hours and its outside calendar."""
    sources = deps_of(request).sources
    async with desk.database.reading() as connection:
        rows = await all_resources(connection)
    shown = []
    for row in rows:
        source = row.definition.get("source")
        calendar = {**source, "connected": source["kind"] in sources} if source else None
        shown.append({**row.definition, "business": row.business, "calendar": calendar})
    return {"resources": shown}
