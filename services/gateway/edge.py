"""What every route needs: the gateway's parts, who is calling, and how answers pass through."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Header, Path, Request, Response
from pydantic import AfterValidator

from services.gateway.access import Access, Doorkeeper
from services.gateway.bookings import Bookings
from services.gateway.callers import Callers
from services.gateway.clients import Peers
from services.gateway.settings import Settings
from services.gateway.streams import Streams
from services.gateway.transports import Answer
from shared.errors import NotFound, Refusal

_PASSED_ON = ("retry-after", "idempotent-replayed", "etag", "content-disposition")
_BARE_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}(\.[A-Za-z0-9][A-Za-z0-9_-]{0,79})?$")
_JSON = re.compile(r"^application/([a-z0-9.+-]+\+)?json\s*(;|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes work with."""

    settings: Settings
    peers: Peers
    bookings: Bookings
    streams: Streams
    doorkeeper: Doorkeeper
    callers: Callers


async def parts_of(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


PartsDep = Annotated[Parts, Depends(parts_of)]


async def access_of(request: Request, parts: PartsDep) -> Access:
    return parts.doorkeeper.look(request.headers)


async def operator_of(request: Request, parts: PartsDep) -> Access:
    return parts.doorkeeper.operator(request.headers)


AccessDep = Annotated[Access, Depends(access_of)]
OperatorDep = Annotated[Access, Depends(operator_of)]


def known_form(id: str) -> str:
    """The id, if it can be one: what no service could have made does not exist."""
    if not _ID.match(id):
        raise NotFound("not_found", "There is nothing with this id.")
    return id


Id = Annotated[str, AfterValidator(known_form)]
BookingId = Annotated[Id, Path(description="The booking's id.", examples=["bk_06h3q8m2d4vxw0y1z5s7t9ab2c"])]


async def idempotency_key(
    given: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Any unique text of yours. The same key with the same body counts once.",
            examples=["4f0c8a5e-6a39-4b7e-9d0a-2d6c1f2b8e11"],
        ),
    ] = None,
) -> str:
    """The key of a request that must count once; refused with what to send when it is missing."""
    if not given:
        raise Refusal(
            "idempotency_key_missing",
            "Send an Idempotency-Key header, so that a repeated request does not book twice.",
            status=400,
            next_steps=[
                {"action": "add the header Idempotency-Key: <a fresh UUID>, and keep it when you retry"}
            ],
        )
    # The draft standard quotes the key as a structured-field string; most clients send it bare.
    key = given[1:-1] if len(given) > 2 and given[0] == given[-1] == '"' else given
    if not _BARE_KEY.match(key):
        raise Refusal(
            "idempotency_key_invalid",
            "An Idempotency-Key is 1 to 200 printable ASCII characters without spaces.",
            status=400,
            next_steps=[{"action": "use a UUID"}],
        )
    return key


IdempotencyKey = Annotated[str, Depends(idempotency_key)]


async def json_only(request: Request) -> None:
    """Refuse a body that does not say it is JSON."""
    said = request.headers.get("content-type", "")
    if request.headers.get("content-length", "0") != "0" and not _JSON.match(said):
        raise Refusal(
            "json_expected",
            f"The body must be JSON, not {said or 'untyped'}.",
            status=415,
            next_steps=[{"action": "send the header Content-Type: application/json"}],
        )


def pass_on(
    answer: Answer, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A service's answer as our own."""
    kept = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return Response(
        answer.body,
        status_code=status or answer.status,
        headers={**kept, **(headers or {})},
        media_type=answer.content_type,
    )
