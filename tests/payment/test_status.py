"""The one word that says how a payment stands follows from its amounts and attempts."""

from collections.abc import Callable

import pytest

from services.payment.derive import status_of
from services.payment.position import totals
from tests.support.payment_model import TEN_DOLLARS, Till, authorized, captured, changed, opened


def new() -> Till:
    till = Till()
    till.collect()
    return till


def in_process() -> Till:
    till = opened()
    next(iter(till.world.values())).state = "processing"
    till.look()
    return till


def ending() -> Till:
    till = opened()
    till.later(minutes=30)
    return till


def expired() -> Till:
    till = ending()
    till.work_off()
    return till


def declined() -> Till:
    till = opened()
    till.is_declined()
    till.look()
    till.later(minutes=30)
    till.work_off()
    return till


def given_back(begin: Callable[[], Till]) -> Callable[[], Till]:
    def story() -> Till:
        till = begin()
        till.give_back()
        till.work_off()
        return till

    return story


def on_its_way_back() -> Till:
    till = captured()
    till.give_back()
    return till


def late() -> Till:
    till = expired()
    till.pays_after_all()
    till.look()
    return till


def partly_refunded_outside() -> Till:
    till = captured()
    snapshot = next(iter(till.world.values())).snapshot()
    till.look(changed(snapshot, refunded=400))
    return till


def quarantined() -> Till:
    till = opened()
    next(iter(till.world.values())).amount = TEN_DOLLARS.times(3)
    till.pays()
    till.look()
    return till


@pytest.mark.parametrize(
    ("story", "status", "amounts"),
    [
        (new, "new", (0, 0, 0)),
        (opened, "awaiting_customer", (0, 0, 0)),
        (in_process, "processing", (0, 0, 0)),
        (ending, "expiring", (0, 0, 0)),
        (expired, "expired", (0, 0, 0)),
        (declined, "failed", (0, 0, 0)),
        (authorized, "authorized", (1000, 0, 0)),
        (captured, "paid", (1000, 1000, 0)),
        (partly_refunded_outside, "partially_refunded", (1000, 1000, 400)),
        (on_its_way_back, "returning", (1000, 1000, 0)),
        (given_back(captured), "refunded", (1000, 1000, 1000)),
        (given_back(authorized), "voided", (0, 0, 0)),
        (given_back(opened), "cancelled", (0, 0, 0)),
        (given_back(Till), "cancelled", (0, 0, 0)),
        (late, "late_authorized", (1000, 0, 0)),
        (quarantined, "quarantined", (0, 0, 0)),
    ],
)
def test_a_payment_is_called_what_it_is(
    story: Callable[[], Till], status: str, amounts: tuple[int, int, int]
) -> None:
    till = story()
    found = totals(till.payment)
    assert status_of(till.payment, till.now) == status
    assert (found.authorized, found.captured, found.refunded) == amounts
