"""One call under one key: sent word for word again, never concluded from silence, recorded once."""

from datetime import timedelta

import pytest

from services.payment.operations import (
    Outcome,
    claim,
    delay_after,
    is_proven_absent,
    needs_a_look,
    record,
)
from services.payment.payment import Operation
from tests.support.payment_model import PATIENCE, START, Till, authorized

UNKNOWN = Outcome("unknown", code="no_answer")
AWAY = Outcome("requested", code="provider_away")


def tried(till: Till, *outcomes: Outcome) -> Operation:
    """The first operation after these tries."""
    first = till.payment.operations[0]
    for number, outcome in enumerate(outcomes):
        till.payment = claim(till.payment, first.id, {"expires_at": str(number)}, till.now)
        till.payment = record(till.payment, first.id, outcome, till.now, PATIENCE.decline_grace)
    return till.payment.operations[0]


def collecting() -> Till:
    till = Till()
    till.collect()
    return till


def test_what_was_never_sent_may_be_written_anew() -> None:
    operation = tried(collecting(), AWAY, AWAY)
    assert (operation.state, operation.in_doubt) == ("requested", False)
    assert operation.request == {"expires_at": "1"}


def test_what_may_have_been_sent_is_sent_again_word_for_word() -> None:
    operation = tried(collecting(), UNKNOWN, AWAY, UNKNOWN)
    assert (operation.state, operation.in_doubt) == ("unknown", True)
    assert operation.request == {"expires_at": "0"}


def test_a_sender_that_did_not_live_to_tell_leaves_a_doubt() -> None:
    till = collecting()
    first = till.payment.operations[0]
    till.payment = claim(till.payment, first.id, {"expires_at": "0"}, till.now)
    till.payment = claim(till.payment, first.id, {"expires_at": "1"}, till.now)
    operation = till.payment.operations[0]
    assert (operation.state, operation.in_doubt, operation.tries) == ("unknown", True, 2)
    assert operation.request == {"expires_at": "0"}


def test_after_two_tries_in_doubt_the_provider_is_asked_what_it_knows() -> None:
    looks = []
    for tries in (1, 2, 3):
        operation = tried(collecting(), *[UNKNOWN] * tries)
        looks.append(needs_a_look(operation, START))
    assert looks == [False, False, True]


def test_an_old_key_is_not_trusted_to_be_remembered() -> None:
    operation = tried(collecting(), UNKNOWN)
    assert needs_a_look(operation, START + timedelta(hours=21))


def test_silence_proves_nothing_for_a_minute() -> None:
    operation = tried(collecting(), UNKNOWN)
    assert not is_proven_absent(operation, START + timedelta(seconds=59))
    assert is_proven_absent(operation, START + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("outcome", "delays"), [(UNKNOWN, [1, 5, 30, 120, 300, 300]), (AWAY, [1, 5, 30, 30, 30, 30])]
)
def test_tries_grow_rarer_and_never_rare(outcome: Outcome, delays: list[float]) -> None:
    till = collecting()
    assert [delay_after(tried(till, outcome)) for _ in delays] == delays


def test_the_second_of_two_runs_of_one_task_changes_nothing() -> None:
    till = authorized()
    till.capture()
    operation = till.waiting()[0]
    till.perform(operation)
    outcome = till.answers[operation.key]
    again = record(till.payment, operation.id, outcome, till.now, PATIENCE.decline_grace)
    assert again == till.payment


def test_a_refused_capture_is_told_shown_and_tried_again_only_when_asked() -> None:
    till = authorized()
    till.capture()
    operation = till.waiting()[0]
    refused = Outcome("failed", code="amount_too_large", detail="too much")
    till.settle(record(till.payment, operation.id, refused, till.now, PATIENCE.decline_grace))
    assert till.waiting() == []
    assert till.payment.attention == "capture refused: too much"
    assert till.names()[-1] == "PaymentFailed"
    till.capture(epoch=2)
    till.work_off()
    assert till.names()[-1] == "PaymentSucceeded"
    assert till.payment.attention is None
