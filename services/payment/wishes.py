"""What the coordinator's commands change. Each works when repeated, when late, and when early."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.payment.payment import DROPPED, Attempt, Owed, Payment
from services.payment.position import holder, stage
from shared.events import Event, StepRef
from shared.events.payment import (
    CapturePayment,
    CollectPayment,
    GiveBackPayment,
    PaymentFailed,
    PaymentGivenBack,
)

Granted = tuple[Payment, tuple[Event, ...]]


def saga_of(ref: StepRef | None) -> str:
    """Which saga asks."""
    return ref.saga if ref else ""


def collect(payment: Payment, command: CollectPayment, now: datetime) -> Granted:
    """Collect the amount; take late money up again; start nothing for a saga that gave it back."""
    saga = saga_of(command.ref)
    if saga in payment.settled_sagas and not _is_told_the_same_again(payment, saga):
        refused = PaymentFailed(booking_id=command.booking_id, reason="cancelled", ref=command.ref)
        return payment, (refused,)
    asked = replace(payment, collect_ref=command.ref, owes=payment.owes | {"collect"})
    if _nothing_was_started(payment):
        return _begin(asked, command), ()
    if _may_take_up(payment, command, now):
        return _take_up(asked, command), ()
    # Whoever asks twice may have missed the customer's next step: it is told again.
    return _every_attempt(asked, lambda one: replace(one, offered=False)), ()


def _is_told_the_same_again(payment: Payment, saga: str) -> bool:
    """Whether collecting ended by itself for this saga, and nobody has collected or paid since."""
    mine = saga == saga_of(payment.collect_ref)
    return mine and payment.closed in ("failed", "expired") and holder(payment) is None


def _nothing_was_started(payment: Payment) -> bool:
    """True when no provider ever heard of this payment, and nobody is about to tell one."""
    starts = [one for one in payment.operations if one.kind == "start"]
    return (payment.amount is None or bool(payment.closed)) and all(one.code == DROPPED for one in starts)


def _begin(payment: Payment, command: CollectPayment) -> Payment:
    return replace(
        payment,
        amount=command.amount,
        method=command.method,
        description=command.description,
        business_name=command.business_name,
        customer_email=command.customer_email,
        return_url=command.return_url,
        cancel_url=command.cancel_url,
        deadline=command.deadline,
        wanted="collect",
        capture_wanted=False,
        reason="",
        closed="",
        ending="",
        ending_code=None,
    )


def _may_take_up(payment: Payment, command: CollectPayment, now: datetime) -> bool:
    return stage(payment, now) == "late" and command.amount == payment.amount


def _take_up(payment: Payment, command: CollectPayment) -> Payment:
    taken = replace(
        payment,
        wanted="collect",
        capture_wanted=False,
        reason="",
        closed="",
        ending="",
        ending_code=None,
        late_until=None,
        deadline=command.deadline,
    )
    return _every_attempt(taken, lambda one: replace(one, taken_up=True))


def capture(payment: Payment, command: CapturePayment) -> Granted:
    """Take what is reserved. Asking again also tries again what was refused."""
    asked = replace(payment, capture_wanted=True, capture_ref=command.ref, owes=payment.owes | {"capture"})
    return tried_again(asked), ()


def give_back(payment: Payment, command: GiveBackPayment) -> Granted:
    """Let nothing stay here. A saga that was answered before does not touch what another collected."""
    saga = saga_of(command.ref)
    collected_by_another = payment.wanted == "collect" and saga != saga_of(payment.collect_ref)
    if not saga and collected_by_another and not payment.closed:
        # Late money that nobody wanted: somebody has asked for it since.
        return payment, ()
    if saga and saga in payment.settled_sagas and collected_by_another:
        return payment, (PaymentGivenBack(booking_id=command.booking_id, ref=command.ref),)
    asked = replace(
        payment,
        wanted="give_back",
        capture_wanted=False,
        reason=command.reason,
        closed="",
        late_until=None,
        give_back_ref=command.ref,
        owes=_still_owed(payment, saga) | {"give_back"},
    )
    return tried_again(asked), ()


def _still_owed(payment: Payment, saga: str) -> frozenset[Owed]:
    """Whoever gives back does not wait for the answer to what it asked before."""
    asked_by: dict[Owed, str] = {
        "collect": saga_of(payment.collect_ref),
        "capture": saga_of(payment.capture_ref),
    }
    return frozenset(one for one in payment.owes if asked_by.get(one) != saga)


def tried_again(payment: Payment) -> Payment:
    """Let what was refused for good be asked once more."""
    if not any(one.halted for one in payment.attempts):
        return payment
    return _every_attempt(replace(payment, attention=None), lambda one: replace(one, halted=False))


def _every_attempt(payment: Payment, change: Callable[[Attempt], Attempt]) -> Payment:
    return replace(payment, attempts=tuple(map(change, payment.attempts)))
