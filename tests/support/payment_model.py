"""A payment and a provider without any I/O: every order of events can be tried in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal

from services.payment import journal, wishes
from services.payment.decide import Patience, decide
from services.payment.merge import merge, merge_refund
from services.payment.operations import Outcome, claim, place, record, refund_fell_through
from services.payment.payment import NEVER_HAPPENED, OVERTAKEN, Operation, Payment
from services.payment.providers.port import (
    AttemptState,
    CustomerAction,
    Decline,
    PaymentSnapshot,
    ProviderRefs,
    RefundSnapshot,
)
from shared.events import Event, StepRef
from shared.events.payment import CapturePayment, CollectPayment, GiveBackPayment
from shared.money import Money

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEN_DOLLARS = Money(amount=1000, currency="USD")
PATIENCE = Patience()
How = Literal["done", "answer lost", "not sent", "never answered", "proven absent"]


def ref(saga: str = "sg_1", step: str = "collect", epoch: int = 1) -> StepRef:
    return StepRef(saga=saga, step=step, epoch=epoch)


def a_collect(saga: str = "sg_1", epoch: int = 1, deadline: datetime | None = None) -> CollectPayment:
    return CollectPayment(
        ref=ref(saga, "collect", epoch),
        booking_id="bk_1",
        amount=TEN_DOLLARS,
        method="checkout",
        description="Lesson (BK-2345-6789)",
        business_name="Studio",
        customer_email="ada@example.com",
        deadline=deadline or START + timedelta(minutes=30),
        return_url="http://127.0.0.1/bookings/bk_1?paid=1",
        cancel_url="http://127.0.0.1/bookings/bk_1/left?token=x",
    )


def a_capture(saga: str = "sg_1", epoch: int = 1) -> CapturePayment:
    return CapturePayment(ref=ref(saga, "capture", epoch), booking_id="bk_1")


def a_give_back(saga: str = "sg_1", epoch: int = 1, reason: str = "slot_taken") -> GiveBackPayment:
    return GiveBackPayment(ref=ref(saga, "give back", epoch), booking_id="bk_1", reason=reason)


@dataclass
class Object:
    """One payment at the model provider, as it truly is."""

    attempt_id: str
    state: AttemptState = "action_required"
    amount: Money = TEN_DOLLARS
    captured: int = 0
    refunds: dict[str, RefundSnapshot] = field(default_factory=dict)
    decline: Decline | None = None

    @property
    def refunded(self) -> int:
        return sum(one.amount.amount for one in self.refunds.values() if one.state == "succeeded")

    @property
    def kept(self) -> int:
        return self.captured - self.refunded

    def snapshot(self) -> PaymentSnapshot:
        reserved = self.state in ("authorized", "succeeded")
        open_ = self.state == "action_required"
        return PaymentSnapshot(
            refs=ProviderRefs(f"cs_{self.attempt_id}", f"pi_{self.attempt_id}"),
            state=self.state,
            amount=self.amount,
            authorized=self.amount.amount if reserved else 0,
            captured=self.captured,
            refunded=self.refunded,
            decline=self.decline if open_ else None,
            action=CustomerAction("redirect", url="http://pay") if open_ else None,
            attempt_id=self.attempt_id,
            provider_state=self.state,
        )


class Till:
    """One payment and the provider's truth about it; every step is what one transaction would do."""

    def __init__(self) -> None:
        self.now = START
        self.payment = Payment("pay_1", "bk_1", START)
        self.world: dict[str, Object] = {}
        self.answers: dict[str, Outcome] = {}
        self.events: list[Event] = []
        self.entries: list[journal.Entry] = []
        self._ids = count(1)

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._ids):03}"

    def settle(self, changed: Payment, said: Iterable[Event] = ()) -> None:
        """What `settle` does in a transaction."""
        before = self.payment
        decision = decide(changed, self.now, PATIENCE)
        after = decision.payment
        for order in decision.orders:
            after = place(after, order, "stripe", self._new_id, self.now)
        self.entries += journal.entries(before, after)
        self.payment = after
        self.events += [*said, *decision.events]

    def collect(self, saga: str = "sg_1", epoch: int = 1, deadline: datetime | None = None) -> None:
        deadline = deadline or self.now + timedelta(minutes=30)
        self.settle(*wishes.collect(self.payment, a_collect(saga, epoch, deadline), self.now))

    def capture(self, saga: str = "sg_1", epoch: int = 1) -> None:
        self.settle(*wishes.capture(self.payment, a_capture(saga, epoch)))

    def give_back(self, saga: str = "sg_1", epoch: int = 1) -> None:
        self.settle(*wishes.give_back(self.payment, a_give_back(saga, epoch)))

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)
        self.settle(self.payment)

    def pays(self, index: int = -1) -> None:
        """The customer pays on one of the pages, if it is still open."""
        page = self._page(index)
        if page is not None and page.state == "action_required":
            page.state, page.decline = "authorized", None

    def pays_after_all(self, index: int = -1) -> None:
        """Money comes through a page that the provider had called closed."""
        page = self._page(index)
        if page is not None and page.state == "expired":
            page.state = "authorized"

    def appears(self, _: object = None) -> None:
        """A page shows up that the provider had denied."""
        for attempt in self.payment.attempts:
            if attempt.state == "failed" and attempt.id not in self.world:
                self.world[attempt.id] = Object(attempt.id)

    def refund_fails(self, index: int = -1) -> None:
        """A refund that had succeeded comes back."""
        page = self._page(index)
        if page is not None:
            page.refunds = {
                key: replace(refund, state="failed", failure="expired_or_canceled_card")
                for key, refund in page.refunds.items()
            }

    def is_declined(self, index: int = -1, code: str = "insufficient_funds") -> None:
        page = self._page(index)
        if page is not None and page.state == "action_required":
            page.decline = Decline("insufficient_funds", code)

    def _page(self, index: int) -> Object | None:
        pages = list(self.world.values())
        return pages[index % len(pages)] if pages else None

    def look(self, seen: PaymentSnapshot | None = None, began: datetime | None = None) -> None:
        """Read every attempt, or fold in what was read earlier."""
        for snapshot in [seen] if seen else [one.snapshot() for one in self.world.values()]:
            changed = merge(
                self.payment,
                snapshot.attempt_id or "",
                snapshot,
                began or self.now,
                PATIENCE.decline_grace,
            )
            self.settle(changed)

    def look_at_refunds(self) -> None:
        for refund in self.payment.refunds:
            snapshot = self.world[refund.attempt_id].refunds.get(refund.id)
            if snapshot is not None:
                merged = merge_refund(self.payment, refund.id, snapshot)
                self.settle(refund_fell_through(merged, refund.id, self.now))

    def waiting(self) -> list[Operation]:
        return [one for one in self.payment.operations if one.in_flight]

    def perform(self, operation: Operation, how: How = "done") -> None:
        """One run of the operation's task."""
        self.payment = claim(self.payment, operation.id, {}, self.now)
        if how == "not sent":
            self.settle(self._recorded(operation, Outcome("requested", code="provider_away")))
            return
        if how == "proven absent":
            if operation.key not in self.answers:
                self.settle(self._recorded(operation, Outcome("failed", code=NEVER_HAPPENED)))
            return
        if operation.key not in self.answers:
            self.answers[operation.key] = self._effect(self.payment.operation(operation.id))
        outcome = self.answers[operation.key]
        if how == "done":
            self.settle(self._recorded(operation, outcome))
        elif how == "answer lost":
            self.settle(self._recorded(operation, Outcome("unknown", code="no_answer")))

    def _recorded(self, operation: Operation, outcome: Outcome) -> Payment:
        return record(self.payment, operation.id, outcome, self.now, PATIENCE.decline_grace)

    def _effect(self, operation: Operation) -> Outcome:
        if operation.kind == "start":
            self.world.setdefault(operation.attempt_id, Object(operation.attempt_id))
            return Outcome("succeeded", self.world[operation.attempt_id].snapshot())
        page = self.world.get(operation.attempt_id)
        if page is None:
            return Outcome("failed", code=NEVER_HAPPENED)
        if operation.kind == "refund":
            return self._refund(page, operation)
        aims: dict[str, tuple[AttemptState, AttemptState]] = {
            "expire": ("action_required", "expired"),
            "void": ("authorized", "cancelled"),
            "capture": ("authorized", "succeeded"),
        }
        needed, reached = aims[operation.kind]
        if page.state != needed:
            return Outcome("succeeded", page.snapshot(), code=OVERTAKEN)
        page.state = reached
        page.captured = page.amount.amount if reached == "succeeded" else 0
        return Outcome("succeeded", page.snapshot())

    def _refund(self, page: Object, operation: Operation) -> Outcome:
        amount = operation.amount or TEN_DOLLARS
        if amount.amount > page.kept:
            return Outcome("failed", page.snapshot(), code=OVERTAKEN)
        back = RefundSnapshot(f"re_{operation.id}", "succeeded", amount, operation.refund_id)
        page.refunds[operation.refund_id or ""] = back
        return Outcome("succeeded", refund=back)

    def work_off(self) -> None:
        """Faults stop: every operation is performed, and the truth is read, until nothing moves."""
        for _ in range(40):
            before = self.payment
            for operation in self.waiting():
                self.perform(operation)
            self.look()
            self.look_at_refunds()
            if self.payment == before:
                return
        raise AssertionError("the payment does not come to rest")

    def told(self, kind: type[Event]) -> list[Event]:
        return [one for one in self.events if isinstance(one, kind)]

    def names(self) -> list[str]:
        return [type(one).__name__ for one in self.events]

    def kinds(self) -> list[str]:
        """The operations in order, with how they stand."""
        return [f"{one.kind} {one.state}" for one in self.payment.operations]


def opened() -> Till:
    """A payment whose page is open."""
    till = Till()
    till.collect()
    till.work_off()
    return till


def authorized() -> Till:
    """A payment whose amount is reserved."""
    till = opened()
    till.pays()
    till.look()
    return till


def captured() -> Till:
    """A payment whose amount is taken."""
    till = authorized()
    till.capture()
    till.work_off()
    return till


def changed(snapshot: PaymentSnapshot, **values: object) -> PaymentSnapshot:
    return replace(snapshot, **values)  # type: ignore[arg-type]
