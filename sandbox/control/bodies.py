"""What the control API is sent."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Ten years: a calendar ends somewhere.
FURTHEST = 10 * 366 * 86_400


def _address(url: str) -> str:
    # Both raise ValueError where it is none.
    urlsplit(url.encode())
    return url


class Pay(BaseModel):
    """What the customer does on a payment page."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    url: Annotated[str, AfterValidator(_address)] = Field(
        description="A hosted page, a bank's page, or a product page that carries a client secret."
    )
    card: str = Field("", description="The test card typed in; spaces are allowed.")
    action: Literal["", "approve", "cancel"] = Field(
        "",
        description="With a card: the answer to the bank, if it asks. Alone: approve pays, cancel goes back.",
    )
    comes_back: bool = Field(
        True, alias="return", description="Whether the browser follows the page back after paying."
    )


class BreakIt(BaseModel):
    """Which switch to throw, and for how long."""

    model_config = ConfigDict(extra="forbid")

    provider: str
    fault: str
    count: int | None = Field(None, ge=1, description="How many calls it strikes; one unless told otherwise.")
    seconds: float | None = Field(
        None, gt=0, description="How long it takes or lasts, where that means anything."
    )
    method: str | None = Field(None, description="Stripe only: strike calls with this method.")
    path: str | None = Field(None, description="Stripe only: strike calls whose path contains this.")


class Advance(BaseModel):
    """How far the outside world's clock moves."""

    model_config = ConfigDict(extra="forbid")

    advance_seconds: float = Field(gt=0, le=FURTHEST)


class Redeliver(BaseModel):
    """How often an event is told again."""

    model_config = ConfigDict(extra="forbid")

    times: int = Field(1, ge=1, le=100)
