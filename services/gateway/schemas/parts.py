"""Pieces that many answers share."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


def _plain(text: str) -> str:
    # PostgreSQL stores no NUL, and no form has a use for the other control characters.
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in text):
        raise ValueError("control characters are not allowed")
    return text


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
OfferingId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}\.[a-z0-9][a-z0-9_-]{0,79}$")
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["USD"])]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\r\n]*$"),
    AfterValidator(_plain),
]
Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_plain)]
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
