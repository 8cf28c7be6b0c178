"""Why we write: the occasions of a mail, and which of them are the same one told again."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from shared.events.booking import FailureReason
from shared.events.message import Value
from shared.money import Money


class Confirmation(Value):
    """The booking stands. Told once for ever."""

    kind: Literal["confirmation"] = "confirmation"
    paid: Money | None = None

    @property
    def dedupe(self) -> str:
        return ""


class Failure(Value):
    """The booking came to nothing. A booking taken up again may fail again, for another reason."""

    kind: Literal["failure"] = "failure"
    reason: FailureReason
    detail: str | None = None

    @property
    def dedupe(self) -> str:
        return self.reason


class Refund(Value):
    """Money went back."""

    kind: Literal["refund"] = "refund"
    refund_id: str
    amount: Money
    reason: str

    @property
    def dedupe(self) -> str:
        return self.refund_id


class NewBooking(Value):
    """The business hears of a confirmed booking."""

    kind: Literal["new_booking"] = "new_booking"
    paid: Money | None = None

    @property
    def dedupe(self) -> str:
        return ""


Occasion = Annotated[Confirmation | Failure | Refund | NewBooking, Field(discriminator="kind")]
occasions: TypeAdapter[Occasion] = TypeAdapter(Occasion)
