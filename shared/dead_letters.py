"""The routes by which an operator reads, mends, replays and drops messages that failed."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict

from shared.errors import NotFound
from shared.messaging.inbox import DeadLetters, Inbox
from shared.storable import must_be_storable


class Replay(BaseModel):
    """What to replay a message with; nothing means as it came."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[dict[str, Any] | None, AfterValidator(must_be_storable)] = None


def dead_letter_routes(inbox: Inbox) -> APIRouter:
    """The messages of one service that wait or failed."""
    letters = DeadLetters(inbox)
    router = APIRouter(prefix="/admin/messages")

    @router.get("")
    async def messages(
        status: Annotated[Literal["dead", "parked"], Query()] = "dead",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        return {"messages": [_shown(row._mapping) for row in await letters.all(status, limit)]}

    @router.post("/{id}/replay")
    async def replay(id: str, wish: Replay | None = None) -> dict[str, str]:
        if not await letters.replay(id, wish.body if wish else None):
            raise NotFound("no_such_message", "No dead or parked message has this id.")
        return {"id": id, "status": "parked"}

    @router.post("/{id}/drop")
    async def drop(id: str) -> dict[str, str]:
        if not await letters.drop(id):
            raise NotFound("no_such_message", "No dead or parked message has this id.")
        return {"id": id, "status": "dropped"}

    return router


def _shown(row: Any) -> dict[str, Any]:
    envelope = row["envelope"] or {}
    return {
        "id": row["id"],
        "type": row["type"],
        "subject": row["subject"],
        "status": row["status"],
        "attempts": row["attempts"],
        "error": row["error"],
        "due_at": row["due_at"],
        "received_at": row["received_at"],
        "body": envelope.get("data", envelope.get("body")),
    }
