"""Pieces that many answers share."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

# What is refused in words is published as a pattern too: whoever reads the contract must not be surprised.
_ONE_LINE = r"[^\x00-\x08\x0a-\x1f]"
_LETTER = r"[^\s\x00-\x20\x85]"
_LINES = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]"


def plain(text: str) -> str:
    """The text, if a form can have it; else ValueError, as validators raise it."""
    # PostgreSQL stores no NUL, and no form has a use for the other control characters.
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in text):
        raise ValueError("control characters are not allowed")
    return text


def one_line(longest: int, *, least: int = 1) -> StringConstraints:
    """A text on one line, without space around it."""
    return StringConstraints(
        strip_whitespace=True, min_length=least or None, max_length=longest, pattern=r"^[^\r\n]*$"
    )


def published(*, least: int = 1) -> Any:
    """The pattern of such a text, with so many letters or more."""
    middle = f"{_ONE_LINE}{{{least - 2},}}{_LETTER}" if least > 1 else ""
    some = f"{_LETTER}{middle}{_ONE_LINE}*" if least else ""
    return Field(json_schema_extra={"pattern": f"^{_ONE_LINE}*{some}$"})


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
OfferingId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}\.[a-z0-9][a-z0-9_-]{0,79}$")
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["USD"])]
Line = Annotated[str, one_line(200), AfterValidator(plain), published()]
Zone = Annotated[str, one_line(64), AfterValidator(plain), published()]
Text = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(plain),
    Field(json_schema_extra={"pattern": f"^{_LINES}*$"}),
]
Start = Annotated[
    AwareDatetime,
    Field(
        description="RFC 3339 with offset, as listed by /v1/availability.",
        examples=["2026-03-09T10:00:00-04:00"],
    ),
]


class Said(BaseModel):
    """What a caller sends. Unknown fields are refused, so that a typing error is not ignored."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """What the platform answers. More fields may be added."""

    model_config = ConfigDict(extra="allow")


class Amount(Told):
    """Money in minor units (cents, pence, yen) of an ISO 4217 currency."""

    amount: int = Field(examples=[1000])
    currency: Currency = Field(examples=["USD"])


class Span(Told):
    """From when until when."""

    start: datetime
    end: datetime
