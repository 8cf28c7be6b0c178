"""The payment's decisions with one of their rules taken out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from services.payment import decide, merge, position
from services.payment.decide import Order
from services.payment.payment import Attempt, Payment
from services.payment.providers.port import AttemptState, PaymentSnapshot
from shared.money import Money
from tests.simulation.replacing import replaced

Mutation = Callable[[], AbstractContextManager[None]]


@contextmanager
def old_looks_believed() -> Iterator[None]:
    """Whatever was said last is true, however old it is."""

    def last_word(known: AttemptState, said: AttemptState, *, fresh: bool) -> AttemptState:
        return said

    with replaced(merge, "next_state", last_word):
        yield


@contextmanager
def captured_anyway() -> Iterator[None]:
    """A capture that was asked for is made, whatever was asked for since."""
    order_for = decide._order_for

    def stubborn(payment: Payment, attempt: Attempt, keeper: Attempt | None, at: Any) -> Any:
        wanted = any(one.kind == "capture" for one in payment.operations) or payment.capture_ref is not None
        if wanted and attempt.state == "authorized" and not payment.in_flight(attempt.id):
            amount = Money(amount=attempt.authorized, currency=attempt.currency)
            return Order("capture", attempt.id, amount)
        return order_for(payment, attempt, keeper, at)

    with replaced(decide, "_order_for", stubborn):
        yield


@contextmanager
def refunded_in_full() -> Iterator[None]:
    """Everything that was taken is refunded, whatever went back already."""

    def all_of_it(payment: Payment, attempt: Attempt) -> int:
        return attempt.captured if position.rest(payment, attempt) > 0 else 0

    with replaced(decide, "rest", all_of_it):
        yield


@contextmanager
def outside_refunds_overlooked() -> Iterator[None]:
    """What others refund at the provider is not written down."""

    def unchanged(payment: Payment, *_: object) -> Payment:
        return payment

    with replaced(merge, "_with_outside_refunds", unchanged):
        yield


@contextmanager
def amounts_of_the_last_look() -> Iterator[None]:
    """The amounts are those of whichever look came last."""
    merged = merge._merged

    def forgetful(payment: Payment, known: Attempt, snapshot: PaymentSnapshot, fresh: bool) -> Attempt:
        seen = merged(payment, known, snapshot, fresh)
        return replace(seen, authorized=snapshot.authorized, captured=snapshot.captured)

    with replaced(merge, "_merged", forgetful):
        yield


@contextmanager
def pages_left_open() -> Iterator[None]:
    """Giving back does not end the pages on which nobody paid."""
    order_for = decide._order_for

    def without_ending(payment: Payment, attempt: Attempt, keeper: Attempt | None, at: Any) -> Any:
        order = order_for(payment, attempt, keeper, at)
        return None if order is not None and order.kind == "expire" else order

    with replaced(decide, "_order_for", without_ending):
        yield


# Each with the promises of which it may be the first to break.
MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "old looks believed": (old_looks_believed, "no longer believed|the order of looks"),
    "captured though it is given back": (captured_anyway, "captured though"),
    "refunded in full again": (refunded_in_full, "more is refunded|money is kept|never ends"),
    "outside refunds overlooked": (outside_refunds_overlooked, "never ends|does not come to rest"),
    "amounts of the last look": (amounts_of_the_last_look, "shrinks"),
    "pages left open": (pages_left_open, "can still be paid|never ends"),
}
