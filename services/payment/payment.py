"""A payment: what was asked for, what was tried, and where the money is. Values only."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Self, TypeVar

from services.payment.providers.port import (
    AttemptState,
    CustomerAction,
    ProviderRefs,
    RefundState,
)
from shared.events import StepRef
from shared.events.payment import PaymentMethod
from shared.money import Money

OperationKind = Literal["start", "expire", "capture", "void", "refund"]
OperationState = Literal["requested", "sent", "succeeded", "declined", "failed", "unknown"]
Closed = Literal["", "failed", "expired", "given_back"]
Owed = Literal["collect", "capture", "give_back"]

UNNAMED = ProviderRefs()
IN_FLIGHT = ("requested", "sent", "unknown")
UNPAID = ("created", "action_required", "processing")
NEVER_HAPPENED = "never_happened"
OVERTAKEN = "overtaken"
DROPPED = "dropped"
MISSING = "missing"


@dataclass(frozen=True)
class Attempt:
    """One way the customer may pay: a hosted page, or a card form. Amounts are cumulative."""

    id: str
    provider: str
    method: PaymentMethod
    created_at: datetime
    state: AttemptState = "created"
    active: bool = True
    authorized: int = 0
    captured: int = 0
    currency: str = ""
    refs: ProviderRefs = UNNAMED
    action: CustomerAction | None = None
    offered: bool = False
    decline_code: str | None = None
    mismatch: str | None = None
    late: bool = False
    taken_up: bool = False
    release_told: bool = False
    halted: bool = False
    observed_at: datetime | None = None


@dataclass(frozen=True)
class Operation:
    """One call that moves something at the provider, and the key under which it is made."""

    id: str
    attempt_id: str
    kind: OperationKind
    key: str
    created_at: datetime
    state: OperationState = "requested"
    refund_id: str | None = None
    amount: Money | None = None
    request: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    tries: int = 0
    in_doubt: bool = False
    sent_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def in_flight(self) -> bool:
        return self.state in IN_FLIGHT

    @property
    def code(self) -> str:
        return str(self.result.get("code", ""))


@dataclass(frozen=True)
class Refund:
    """Money on its way back, or back, or refused on its way."""

    id: str
    attempt_id: str
    amount: Money
    reason: str
    created_at: datetime
    state: RefundState = "requested"
    ref: str | None = None
    made_by_us: bool = True
    told: str = ""
    failure: str | None = None

    @property
    def counts(self) -> bool:
        """True while the money is back or on its way back."""
        return self.state != "failed"


@dataclass(frozen=True)
class Payment:
    """All money of one booking for one purpose."""

    id: str
    booking_id: str
    created_at: datetime
    purpose: str = "booking"
    amount: Money | None = None
    method: PaymentMethod = "checkout"
    description: str = ""
    business_name: str = ""
    customer_email: str | None = None
    return_url: str = ""
    cancel_url: str = ""
    wanted: Literal["collect", "give_back"] = "collect"
    reason: str = ""
    deadline: datetime | None = None
    ending: Literal["", "declined", "cancelled"] = ""
    ending_code: str | None = None
    closed: Closed = ""
    capture_wanted: bool = False
    late_until: datetime | None = None
    attention: str | None = None
    lapse_told: bool = False
    owes: frozenset[Owed] = frozenset()
    collect_ref: StepRef | None = None
    capture_ref: StepRef | None = None
    give_back_ref: StepRef | None = None
    settled_sagas: tuple[str, ...] = ()
    version: int = 0
    attempts: tuple[Attempt, ...] = ()
    operations: tuple[Operation, ...] = ()
    refunds: tuple[Refund, ...] = ()

    def attempt(self, attempt_id: str) -> Attempt:
        return next(one for one in self.attempts if one.id == attempt_id)

    def operation(self, operation_id: str) -> Operation:
        return next(one for one in self.operations if one.id == operation_id)

    def refund(self, refund_id: str) -> Refund:
        return next(one for one in self.refunds if one.id == refund_id)

    def with_attempt(self, changed: Attempt) -> Self:
        return replace(self, attempts=_swapped(self.attempts, changed))

    def with_operation(self, changed: Operation) -> Self:
        return replace(self, operations=_swapped(self.operations, changed))

    def with_refund(self, changed: Refund) -> Self:
        return replace(self, refunds=_swapped(self.refunds, changed))

    def in_flight(self, attempt_id: str) -> bool:
        """True while the provider may still be acting on this attempt."""
        return any(one.in_flight for one in self.operations if one.attempt_id == attempt_id)

    def denied(self, attempt_id: str) -> bool:
        """True when the provider knew nothing of this attempt, and it was given up: nobody was shown it."""
        starts = (one for one in self.operations if one.attempt_id == attempt_id and one.kind == "start")
        return any(one.code == NEVER_HAPPENED for one in starts)


Row = TypeVar("Row", Attempt, Operation, Refund)


def _swapped(rows: tuple[Row, ...], changed: Row) -> tuple[Row, ...]:
    return tuple(changed if row.id == changed.id else row for row in rows)
