"""What both databases can keep and every answer can carry."""

import math
from collections.abc import Iterator
from typing import Any, TypeVar

_Value = TypeVar("_Value")

DEEPEST = 60
NUL = "\x00"


def printable(text: str) -> str:
    """The text with a mark wherever a database would refuse it: NUL, and halves of characters."""
    return text.encode("utf-8", "replace").decode().replace(NUL, "\N{REPLACEMENT CHARACTER}")


def storable(value: Any) -> bool:
    """Whether a JSON value can be stored and shown: whole characters, finite numbers, not endlessly deep."""
    level = [value]
    for _ in range(DEEPEST):
        if not all(map(_is_plain, level)):
            return False
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return True
    return False


def must_be_storable(value: _Value) -> _Value:
    """The value, if it can be stored and shown; else ValueError, as validators raise it."""
    if not storable(value):
        raise ValueError("holds NUL, half a character or an endless number, or is nested too deeply")
    return value


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return value == printable(value)
    return not isinstance(value, float) or math.isfinite(value)
