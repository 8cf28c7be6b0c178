"""Lists as Stripe pages them: newest first, by cursors."""

from typing import Any

from sandbox.stripe.account import Account, kind
from sandbox.stripe.errors import ParameterError, no_such
from sandbox.world import Condition, Document

_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def listing(
    account: Account, object: str, params: dict[str, Any], url: str, *conditions: Condition
) -> Document:
    """One page of the objects that meet every condition."""
    limit = int(params.get("limit", 10))
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        raise ParameterError(
            "You cannot parameterize this request with both starting_after and ending_before."
        )
    for param, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor is not None and account.peek(object, cursor) is None:
            raise _bad_cursor(object, cursor, param)
    wanted = (*conditions, *_moments(params.get("created", {})))
    found = account.world.find(
        kind(object),
        *wanted,
        newest_first=before is None,
        limit=limit + 1,
        after=before,
        before=after,
    )
    page = found[:limit]
    return as_list(page if before is None else page[::-1], url, has_more=len(found) > limit)


def as_list(documents: list[Document], url: str, *, has_more: bool = False) -> Document:
    """Documents in Stripe's list envelope."""
    return {"object": "list", "data": documents, "has_more": has_more, "url": url}


def equal(params: dict[str, Any], *fields: str) -> list[Condition]:
    """A condition for each of the fields that the caller asked for."""
    return [(field, "=", params[field]) for field in fields if field in params]


def _moments(created: dict[str, int]) -> list[Condition]:
    return [("created", _SIGNS[bound], moment) for bound, moment in created.items()]


def _bad_cursor(object: str, cursor: str, param: str) -> ParameterError:
    missing = no_such(object, cursor, param)
    return ParameterError(missing.message, code=missing.code, param=param)
