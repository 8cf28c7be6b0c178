"""One sample of every message, built from its fields, the same every time."""

from __future__ import annotations

import types
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from shared.events.message import Message

MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PLAIN: dict[Any, Any] = {int: 7, bool: True, float: 1.5, datetime: MOMENT}


def a_sample(kind: type[Message]) -> Message:
    """A message of this kind with every field filled."""
    return kind.model_validate(_fields(kind))


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {name: _value(name, field.annotation) for name, field in model.model_fields.items()}


def _value(name: str, wanted: Any) -> Any:
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        return _value(name, inner[0])
    if origin is Literal:
        return inner[0]
    if origin in (Union, types.UnionType):
        return _value(name, next(one for one in inner if one is not type(None)))
    if origin is tuple:
        return (_value(name, inner[0]),)
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        return _fields(wanted)
    return PLAIN.get(wanted, "USD" if name == "currency" else name)
