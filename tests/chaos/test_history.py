"""What clients saw is held against what is true in the end, and every kind of lie is found."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tests.chaos.history import Exchange, Seen, contradictions

PAID = Seen("bk_1", "BK-1", (("it_1", "shop.visit", "2026-12-01T10:00:00Z"),), "confirmed")
WAITING = replace(PAID, status="awaiting_payment")
FAILED = replace(PAID, status="failed", reason="payment_expired")
BOOKED = Exchange(1.0, 2.0, "POST", "/v1/bookings", key="key-1", status=201, seen=WAITING)
LOOKED = Exchange(3.0, 4.0, "GET", "/v1/bookings/bk_1", status=200, seen=PAID)


def found(
    *history: Exchange, truth: Mapping[str, Seen | None] | None = None, taken_up: Iterable[str] = ()
) -> list[str]:
    """What does not fit, when the booking really stands."""
    return list(contradictions(history, {"bk_1": PAID} if truth is None else truth, set(taken_up)))


def test_a_history_that_fits_is_left_alone() -> None:
    lost = Exchange(0.0, 0.5, "POST", "/v1/bookings", key="key-1", said="ReadTimeout")
    away = Exchange(2.0, 2.5, "GET", "/v1/bookings/bk_1", status=503, said="service_unavailable")
    assert found(lost, BOOKED, away, LOOKED) == []


def test_an_accepted_booking_that_nobody_knows_is_found() -> None:
    invented = replace(BOOKED, key="key-2", seen=replace(WAITING, id="bk_2"))
    assert found(BOOKED, invented) == ["bk_2 was promised and is unknown"]


def test_a_booking_that_is_another_than_was_promised_is_found() -> None:
    for other in (replace(PAID, reference="BK-9"), replace(PAID, items=())):
        (said,) = found(BOOKED, truth={"bk_1": other})
        assert said.startswith("bk_1 was promised as")


def test_a_key_that_made_two_bookings_is_found() -> None:
    again = replace(BOOKED, began=2.0, ended=3.0, seen=replace(WAITING, id="bk_2", reference="BK-2"))
    truth = {"bk_1": PAID, "bk_2": replace(PAID, id="bk_2", reference="BK-2")}
    assert found(BOOKED, again, truth=truth) == [
        "the key key-1 was answered with several bookings: bk_1, bk_2"
    ]


def test_a_key_that_was_accepted_and_then_refused_for_another_booking_is_found() -> None:
    refused = Exchange(2.0, 3.0, "POST", "/v1/bookings", key="key-1", status=409, refused="bk_2")
    truth = {"bk_1": PAID, "bk_2": replace(FAILED, id="bk_2", reference="BK-2")}
    assert found(BOOKED, refused, truth=truth) == [
        "the key key-1 was answered with several bookings: bk_1, bk_2"
    ]


def test_one_booking_for_two_customers_is_found() -> None:
    assert found(BOOKED, replace(BOOKED, key="key-2")) == [
        "bk_1 was the answer to several keys: key-1, key-2"
    ]


def test_two_bookings_with_one_reference_are_found() -> None:
    truth = {"bk_1": PAID, "bk_2": replace(PAID, id="bk_2")}
    assert found(BOOKED, truth=truth) == ["bk_1 and bk_2 have the same reference BK-1"]


def test_a_confirmation_that_is_taken_back_is_found() -> None:
    assert found(BOOKED, LOOKED, truth={"bk_1": FAILED}) == [
        "bk_1 was told as confirmed, and is failed later"
    ]


def test_a_confirmation_that_is_taken_back_for_a_while_is_found() -> None:
    wavering = replace(LOOKED, began=5.0, ended=6.0, seen=replace(PAID, status="confirming"))
    assert found(BOOKED, LOOKED, wavering) == ["bk_1 was told as confirmed, and is confirming later"]


def test_a_failure_that_is_taken_back_is_found_unless_late_money_took_the_booking_up_again() -> None:
    failed = replace(LOOKED, seen=FAILED)
    assert found(BOOKED, failed) == ["bk_1 was told as failed, and is confirmed later"]
    assert found(BOOKED, failed, taken_up=["bk_1"]) == []


def test_a_booking_that_never_ends_is_found() -> None:
    assert found(BOOKED, truth={"bk_1": replace(PAID, status="confirming")}) == ["bk_1 stays confirming"]


def test_a_promised_booking_that_is_denied_is_found_and_one_asked_for_before_is_not() -> None:
    denied = Exchange(2.5, 2.6, "GET", "/v1/bookings/bk_1/timeline", status=404, said="not_found")
    assert found(BOOKED, denied) == [
        "GET /v1/bookings/bk_1/timeline was answered 404 after the booking had been promised"
    ]
    assert found(BOOKED, replace(denied, began=1.5)) == []


def test_a_booking_that_stands_though_the_time_was_said_to_be_gone_is_found() -> None:
    refused = Exchange(1.0, 2.0, "POST", "/v1/bookings", key="key-1", status=409, refused="bk_1")
    assert found(refused) == ["bk_1 was refused, and is confirmed"]
    assert found(refused, truth={"bk_1": FAILED}) == []
