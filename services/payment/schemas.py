"""What the payment service's routes answer."""

from datetime import datetime

from pydantic import BaseModel

from services.payment.derive import Status
from shared.money import Money


class AttemptView(BaseModel):
    """One way the customer could pay, and what became of it."""

    id: str
    provider: str
    method: str
    state: str
    session_ref: str | None
    intent_ref: str | None
    decline_code: str | None
    mismatch: str | None
    arrived_late: bool
    created_at: datetime


class OperationView(BaseModel):
    """One call that moves something at the provider."""

    id: str
    attempt_id: str
    kind: str
    state: str
    amount: Money | None
    tries: int
    code: str | None
    created_at: datetime
    finished_at: datetime | None


class RefundView(BaseModel):
    """Money on its way back, or back, or refused."""

    id: str
    amount: Money
    state: str
    reason: str
    failure: str | None


class PaymentView(BaseModel):
    """All money of one booking. Amounts are minor units of `currency`."""

    booking_id: str
    status: Status
    currency: str | None
    amount: int
    authorized: int
    captured: int
    refunded: int
    refund_pending: int
    deadline: datetime | None
    attention: str | None
    attempts: list[AttemptView]
    operations: list[OperationView]
    refunds: list[RefundView]


class Attention(BaseModel):
    """A payment that a person should look at, and why."""

    booking_id: str
    status: str
    attention: str | None
    unknown_operations: list[str]
    updated_at: datetime


class AttentionList(BaseModel):
    """Everything that a person should look at."""

    payments: list[Attention]


class Balance(BaseModel):
    """What one account of the journal holds in one currency: debits less credits."""

    account: str
    currency: str
    balance: int


class JournalView(BaseModel):
    """The books. `sums` has one figure per currency, and each is nought."""

    balances: list[Balance]
    sums: dict[str, int]


class Left(BaseModel):
    """The customer came back without paying."""

    booking_id: str
    status: Status
    deadline: datetime | None


class Received(BaseModel):
    """A provider's hint is kept."""

    received: bool = True
    seen_before: bool
