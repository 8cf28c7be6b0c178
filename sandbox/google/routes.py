"""Google Calendar on the wire: Calendar API v3 and the OAuth token endpoint."""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from sandbox.google.accounts import Account, GrantError, account_of, token_for_assertion, token_for_refresh
from sandbox.google.calendars import Calendars, calendar_resource, list_entry, list_of_entries
from sandbox.google.channels import Channels
from sandbox.google.errors import CalendarError
from sandbox.google.event import resource
from sandbox.google.events import Events, Write
from sandbox.google.faults import answered
from sandbox.google.freebusy import free_busy
from sandbox.google.listing import ListQuery, page
from sandbox.settings import GoogleSettings
from sandbox.world import World

_ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def google_routes(world: World, settings: GoogleSettings, channels: Channels | None = None) -> APIRouter:
    """Everything Google answers."""
    desk = _Desk(world, settings, channels or Channels(world))
    calendar = "/calendars/{calendar_id}"
    event = calendar + "/events/{event_id}"
    table = (
        ("GET", calendar, desk.get_calendar),
        ("GET", "/users/me/calendarList", desk.list_calendars),
        ("GET", "/users/me/calendarList/{calendar_id}", desk.get_list_entry),
        ("GET", calendar + "/events", desk.list_events),
        ("POST", calendar + "/events", desk.insert_event),
        ("POST", calendar + "/events/watch", desk.watch_events),
        ("GET", event, desk.get_event),
        ("PATCH", event, desk.patch_event),
        ("PUT", event, desk.update_event),
        ("DELETE", event, desk.delete_event),
        ("POST", "/freeBusy", desk.query_free_busy),
        ("POST", "/channels/stop", desk.stop_channel),
    )
    router = APIRouter(route_class=_route_class(world), include_in_schema=False)
    for method, path, answer in table:
        router.add_api_route("/calendar/v3" + path, answer, methods=[method], response_model=None)
    grant = _TokenDesk(world).grant
    router.add_api_route(
        "/token", grant, methods=["POST"], response_model=None, route_class_override=APIRoute
    )
    return router


class _Desk:
    """The Calendar API's methods."""

    def __init__(self, world: World, settings: GoogleSettings, channels: Channels) -> None:
        self._world = world
        self._calendars = Calendars(world, settings)
        self._events = Events(world, self._calendars)
        self._channels = channels

    async def get_calendar(self, request: Request, calendar_id: str) -> dict[str, Any]:
        return calendar_resource(self._calendars.get(calendar_id, self._caller(request)))

    async def list_calendars(self, request: Request) -> dict[str, Any]:
        caller = self._caller(request)
        return list_of_entries(self._calendars.seen_by(caller), caller)

    async def get_list_entry(self, request: Request, calendar_id: str) -> dict[str, Any]:
        caller = self._caller(request)
        return list_entry(self._calendars.get(calendar_id, caller), caller)

    async def list_events(
        self, request: Request, calendar_id: str, query: Annotated[ListQuery, Query()]
    ) -> dict[str, Any]:
        calendar = self._calendars.get(calendar_id, self._caller(request))
        return page(calendar, self._events.of(calendar["id"]), query, self._world.now())

    async def get_event(self, request: Request, calendar_id: str, event_id: str) -> Response:
        calendar = self._calendars.get(calendar_id, self._caller(request))
        wanted_zone = request.query_params.get("timeZone")
        return _tagged(resource(self._events.get(calendar, event_id), calendar["timeZone"], wanted_zone))

    async def insert_event(self, request: Request, calendar_id: str) -> Response:
        write, body = self._write(request), await _body(request)
        calendar = self._calendars.get(calendar_id, write.account)
        document = self._events.insert(calendar, body, write)
        self._channels.changed(calendar["id"])
        return _tagged(resource(document, calendar["timeZone"]))

    async def patch_event(self, request: Request, calendar_id: str, event_id: str) -> Response:
        write, body = self._write(request), await _body(request)
        calendar = self._calendars.get(calendar_id, write.account)
        document = self._events.patch(calendar, event_id, body, write)
        self._channels.changed(calendar["id"])
        return _tagged(resource(document, calendar["timeZone"]))

    async def update_event(self, request: Request, calendar_id: str, event_id: str) -> Response:
        write, body = self._write(request), await _body(request)
        calendar = self._calendars.get(calendar_id, write.account)
        document = self._events.update(calendar, event_id, body, write)
        self._channels.changed(calendar["id"])
        return _tagged(resource(document, calendar["timeZone"]))

    async def delete_event(self, request: Request, calendar_id: str, event_id: str) -> Response:
        write = self._write(request)
        calendar = self._calendars.get(calendar_id, write.account)
        self._events.delete(calendar, event_id, write)
        self._channels.changed(calendar["id"])
        return Response(status_code=204)

    async def query_free_busy(self, request: Request) -> dict[str, Any]:
        return free_busy(self._calendars, self._events, self._caller(request), await _body(request))

    async def watch_events(self, request: Request, calendar_id: str) -> dict[str, Any]:
        calendar = self._calendars.get(calendar_id, self._caller(request))
        resource_uri = str(request.url).replace("/events/watch", "/events")
        return self._channels.watch(calendar["id"], await _body(request), resource_uri)

    async def stop_channel(self, request: Request) -> Response:
        self._caller(request)
        self._channels.stop_channel(await _body(request))
        return Response(status_code=204)

    def _caller(self, request: Request) -> Account:
        return account_of(self._world, request.headers.get("authorization"))

    def _write(self, request: Request) -> Write:
        conferences = request.query_params.get("conferenceDataVersion") == "1"
        return Write(self._caller(request), conferences, request.headers.get("if-match"))


class _TokenDesk:
    """The OAuth token endpoint."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def grant(
        self,
        grant_type: Annotated[str, Form()] = "",
        assertion: Annotated[str, Form()] = "",
        refresh_token: Annotated[str, Form()] = "",
        client_id: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            return JSONResponse(self._token(grant_type, assertion, refresh_token, client_id))
        except GrantError as no:
            answer = {"error": no.error, "error_description": no.description}
            return JSONResponse(answer, status_code=no.status)

    def _token(self, grant_type: str, assertion: str, refresh_token: str, client_id: str) -> dict[str, Any]:
        if grant_type == _ASSERTION:
            return token_for_assertion(self._world, assertion)
        if grant_type != "refresh_token":
            raise GrantError("unsupported_grant_type", f"Invalid grant_type: {grant_type}")
        if not client_id:
            raise GrantError("invalid_client", "The OAuth client was not found.", status=401)
        return token_for_refresh(self._world, refresh_token)


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _route_class(world: World) -> type[APIRoute]:
    class GoogleRoute(APIRoute):
        """Answers in Google's way, also when something is broken or asked wrongly."""

        def get_route_handler(self) -> Handler:
            handler = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await answered(world, request, handler)
                except CalendarError as no:
                    return no.response()
                except RequestValidationError as mistake:
                    name = str(mistake.errors()[0]["loc"][-1])
                    where = ("parameter", name)
                    message = f"Invalid value for: {name}"
                    return CalendarError(400, "invalidParameter", message, location=where).response()

            return answer

    return GoogleRoute


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as mistake:
        raise CalendarError(400, "parseError", "Parse Error") from mistake
    if not isinstance(body, dict):
        raise CalendarError(400, "parseError", "Parse Error")
    return body


def _tagged(event: dict[str, Any]) -> Response:
    return JSONResponse(event, headers={"ETag": event["etag"]})
