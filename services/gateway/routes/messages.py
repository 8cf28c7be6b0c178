"""Messages that were put off or that a person must look at, service by service."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from services.gateway.access import Access
from services.gateway.clients import SERVICES, ServiceClient, ServiceUnavailable
from services.gateway.edge import Id, OperatorDep, PartsDep, json_only, operator_of, pass_on
from services.gateway.openapi import problems
from services.gateway.schemas.admin import AllMessages, MessageActed, Replay, ServiceMessages, ServiceName

router = APIRouter(prefix="/v1/admin/messages", tags=["admin"], dependencies=[Depends(operator_of)])

Waiting = Annotated[
    Literal["dead", "parked"], Query(description="`dead` needs a person; `parked` is tried again by itself.")
]


@router.get(
    "",
    summary="Dead or parked messages of all services",
    response_model=AllMessages,
    responses=problems(401, 403),
)
async def all_messages(parts: PartsDep, access: OperatorDep, status: Waiting = "dead") -> Response:
    found = await asyncio.gather(*(_messages(parts.peers.named(name), access, status) for name in SERVICES))
    by_service = dict(zip(SERVICES, found, strict=True))
    return JSONResponse(
        {
            "services": {name: messages for name, messages in by_service.items() if messages is not None},
            "unavailable": [name for name, messages in by_service.items() if messages is None],
        }
    )


async def _messages(client: ServiceClient, access: Access, status: str) -> list[Any] | None:
    try:
        answer = await client.ask("GET", "/admin/messages", query={"status": status}, headers=access.headers)
    except ServiceUnavailable:
        return None
    return list(answer.json()["messages"]) if answer.ok else None


@router.get(
    "/{service}",
    summary="Dead or parked messages of a service",
    response_model=ServiceMessages,
    responses=problems(401, 403),
)
async def messages(
    service: ServiceName, parts: PartsDep, access: OperatorDep, status: Waiting = "dead"
) -> Response:
    client = parts.peers.named(service)
    return pass_on(
        await client.ask("GET", "/admin/messages", query={"status": status}, headers=access.headers)
    )


@router.post(
    "/{service}/{id}/replay",
    summary="Handle a message again",
    description="As it came, or with another body.",
    response_model=MessageActed,
    responses=problems(401, 403, 404, 409, 415),
    dependencies=[Depends(json_only)],
)
async def replay(
    service: ServiceName, id: Id, parts: PartsDep, access: OperatorDep, wanted: Replay | None = None
) -> Response:
    body = wanted.model_dump(exclude_none=True) if wanted else {}
    return await _act(parts.peers.named(service), f"/admin/messages/{id}/replay", access, body)


@router.post(
    "/{service}/{id}/drop",
    summary="Give up a message",
    response_model=MessageActed,
    responses=problems(401, 403, 404, 409),
)
async def drop(service: ServiceName, id: Id, parts: PartsDep, access: OperatorDep) -> Response:
    return await _act(parts.peers.named(service), f"/admin/messages/{id}/drop", access, {})


async def _act(client: ServiceClient, path: str, access: Access, body: dict[str, Any]) -> Response:
    return pass_on(await client.ask("POST", path, headers=access.headers, json_body=body))
