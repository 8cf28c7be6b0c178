"""What the payment service needs of a provider, and what a provider may answer.

ProviderError
  Declined         the bank or the card says no                      final for this operation
  InvalidRequest   the provider refuses what we asked                a bug or a mismatch; not repeated
  AlreadyDone      the object is past that step already              its snapshot says where it is
  Missing          the provider has no such object
  RateLimited      nothing was done; ask again later                 an Outage
  ProviderDown     nothing was done; the provider cannot be reached  an Outage
  OutcomeUnknown   it may have been done: only the same key, or a fresh look, can tell
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from shared.errors import HoldfastError, Outage
from shared.money import Money

AttemptState = Literal[
    "created",
    "action_required",
    "processing",
    "authorized",
    "succeeded",
    "failed",
    "cancelled",
    "expired",
]
# The code of an InvalidRequest whose key was used before for another request.
IDEMPOTENCY_ERROR = "idempotency_error"
# The code of an InvalidRequest that was so long on its way that the page it asks for would end too soon.
TOO_LATE = "too_late"
ObjectKind = Literal["session", "intent", "refund", "dispute", "ignored"]
RefundState = Literal["requested", "pending", "succeeded", "failed"]
DeclineReason = Literal[
    "card_declined",
    "insufficient_funds",
    "expired_card",
    "incorrect_details",
    "authentication_failed",
    "card_not_supported",
    "limit_exceeded",
    "processing_error",
]


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do, as data."""

    hosted_page: bool
    embedded: bool


@dataclass(frozen=True)
class Decline:
    """Why a card was refused: a reason that the pages have a sentence for, and the provider's own code."""

    reason: DeclineReason
    code: str


@dataclass(frozen=True)
class CustomerAction:
    """What the customer does at the provider: follow a link, or fill in the card form."""

    kind: Literal["redirect", "client_secret"]
    url: str | None = None
    client_secret: str | None = None
    publishable_key: str | None = None
    script_url: str | None = None


@dataclass(frozen=True)
class ProviderRefs:
    """The provider's names for one attempt: the hosted session, if any, and the payment itself."""

    session: str | None = None
    intent: str | None = None


@dataclass(frozen=True)
class PaymentSnapshot:
    """What the provider says about one attempt at one moment. Amounts are cumulative."""

    refs: ProviderRefs
    state: AttemptState
    amount: Money
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    decline: Decline | None = None
    action: CustomerAction | None = None
    attempt_id: str | None = None
    provider_state: str = ""


@dataclass(frozen=True)
class RefundSnapshot:
    """What the provider says about one refund."""

    ref: str
    state: RefundState
    amount: Money
    refund_id: str | None = None
    intent_ref: str | None = None
    failure: str | None = None


@dataclass(frozen=True)
class DisputeSnapshot:
    """What the provider says about a charge that the customer's bank disputes."""

    ref: str
    intent_ref: str | None
    amount: Money
    status: str


@dataclass(frozen=True)
class StartPayment:
    """Everything a provider must know to let a customer pay."""

    booking_id: str
    payment_id: str
    attempt_id: str
    amount: Money
    description: str
    business_name: str
    customer_email: str | None
    return_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True)
class RefundRequest:
    """Money to send back from one attempt."""

    refs: ProviderRefs
    refund_id: str
    amount: Money
    booking_id: str


@dataclass(frozen=True)
class ProviderEvent:
    """A hint from the provider that one of its objects changed. Only the object's name is believed."""

    event_id: str
    type: str
    object_kind: ObjectKind
    object_ref: str
    live: bool
    raw: str


class ProviderError(HoldfastError):
    """A provider's answer that is not the wanted one."""


class Declined(ProviderError):
    """The bank or the card says no."""

    def __init__(self, decline: Decline) -> None:
        super().__init__(f"declined: {decline.code}")
        self.decline = decline


class InvalidRequest(ProviderError):
    """The provider refuses what was asked. Nothing was done."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class AlreadyDone(ProviderError):
    """The object is past that step: captured, cancelled, expired or paid before."""

    def __init__(self, snapshot: PaymentSnapshot) -> None:
        super().__init__(f"already {snapshot.provider_state}")
        self.snapshot = snapshot


class Missing(ProviderError):
    """The provider has no such object."""


class RateLimited(ProviderError, Outage):
    """Too many calls. Nothing was done."""


class ProviderDown(ProviderError, Outage):
    """The provider cannot be reached, or does not let us in. Nothing was done."""


class OutcomeUnknown(ProviderError):
    """It may have been done or not."""


class BadSignature(ProviderError):
    """The hint was not signed with a secret of ours."""


class OldSignature(ProviderError):
    """The hint is genuine but old: replayed, or our clock is ahead."""


class PaymentProvider(Protocol):
    """One payment provider. Every call that moves something carries an idempotency key."""

    name: str
    caps: Capabilities

    async def create_hosted(self, start: StartPayment, key: str) -> PaymentSnapshot: ...

    async def create_embedded(self, start: StartPayment, key: str) -> PaymentSnapshot: ...

    async def expire(self, refs: ProviderRefs, key: str) -> PaymentSnapshot: ...

    async def capture(self, refs: ProviderRefs, amount: Money, key: str) -> PaymentSnapshot: ...

    async def void(self, refs: ProviderRefs, key: str) -> PaymentSnapshot: ...

    async def refund(self, request: RefundRequest, key: str) -> RefundSnapshot: ...

    async def get_payment(self, refs: ProviderRefs) -> PaymentSnapshot: ...

    async def get_refund(self, ref: str) -> RefundSnapshot: ...

    async def get_dispute(self, ref: str) -> DisputeSnapshot: ...

    async def find_payment(self, attempt_id: str, since: datetime) -> PaymentSnapshot | None:
        """The payment that was started for an attempt, when the answer to the start was lost."""
        ...

    async def find_refund(self, refs: ProviderRefs, refund_id: str) -> RefundSnapshot | None:
        """The refund that was made under our id, when the answer was lost."""
        ...

    def list_events(self, since: datetime) -> AsyncIterator[ProviderEvent]: ...

    def verify_webhook(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent: ...

    async def close(self) -> None: ...
