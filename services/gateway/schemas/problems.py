"""What every refusal looks like (RFC 9457)."""

from pydantic import Field

from services.gateway.schemas.parts import Told


class NextStep(Told):
    """Something the caller can do now."""

    action: str = Field(examples=["choose another time"])
    href: str | None = Field(default=None, examples=["/v1/availability?offering=consulting.advice"])


class Problem(Told):
    """A refusal: a stable code, a plain sentence, and what can be done next."""

    type: str = Field(examples=["urn:holdfast:problem:slot_taken"])
    title: str = Field(examples=["Slot taken"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["slot_taken"], description="Stable: programs may rely on it.")
    detail: str = Field(examples=["That time has just been taken."])
    next: list[NextStep] = Field(default=[])
    trace_id: str | None = Field(default=None, description="Name this when you ask for help.")
