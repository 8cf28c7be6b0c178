"""What a run came to is told in numbers that are right; mails that came twice need a reason."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.chaos.guest import Tale
from tests.chaos.history import Exchange
from tests.chaos.plan import Fault
from tests.chaos.report import Run, recoveries, told
from tests.chaos.storm import Struck
from tests.chaos.verdict import AT_THE_SAME_TIME, NAMES, Verdict, by_invariant, doubled, unexplained

BEGAN = datetime(2026, 12, 1, tzinfo=UTC)
KILLED = Struck(Fault(10.0, "kill", "notify", 2.0), 10.0, 13.0)


def mail(name: str, seconds: float) -> dict[str, str]:
    return {"message_id": name, "received_at": (BEGAN + timedelta(seconds=seconds)).isoformat()}


def paid(began: float, over: float) -> Tale:
    return Tale("pays", began, accepted=began + 0.5, over=over, status="confirmed")


def a_run(verdict: Verdict) -> Run:
    return Run(
        seed=7,
        minutes=1.0,
        rate=2.0,
        struck=[KILLED],
        left=Counter(),
        errors=Counter(),
        tales=[paid(1.0, 3.0), paid(11.0, 16.0), paid(14.0, 18.5), Tale("pays", 20.0, status="refused")],
        history=[Exchange(1.0, 1.5, "POST", "/v1/bookings", status=503, said="service_unavailable")],
        settled_after=4.0,
        verdict=verdict,
    )


def a_verdict(*breaches: str) -> Verdict:
    return Verdict(by_invariant(breaches), [], 0, Counter({"confirmed": 3}))


def test_recovery_is_counted_to_the_first_confirmation_of_what_was_begun_after_the_fault() -> None:
    assert recoveries([KILLED], [paid(11.0, 14.0), paid(13.5, 18.0), paid(14.0, 17.0)]) == {
        "kill of a service": [4.0]
    }
    assert recoveries([KILLED], [paid(11.0, 14.0)]) == {"kill of a service": [None]}


def test_the_report_names_every_invariant_and_counts_what_came_about() -> None:
    said = told(a_run(a_verdict()))
    assert all(f"{name}: holds" in said for name in NAMES)
    assert "accepted: 3 bookings" in said
    assert "kill 1: notify" in said
    assert "1 503 service_unavailable" in said
    assert "what clients were told: agrees" in said
    assert a_verdict().holds


def test_a_broken_promise_is_told_where_it_belongs() -> None:
    verdict = a_verdict("2. no money without a booking: 25 is kept for bk_1, which is failed")
    assert not verdict.holds
    said = told(a_run(verdict))
    assert "2. no money without a booking: broken: 1" in said
    assert "25 is kept for bk_1" in said


def test_a_mail_that_came_twice_around_the_death_of_its_sender_is_excused() -> None:
    copies = doubled([mail("a", 9.0), mail("b", 1.0), mail("a", 70.0)], BEGAN)
    assert copies == {"a": [9.0, 70.0]}
    assert list(unexplained(copies, [KILLED])) == []


def test_a_mail_that_came_twice_for_no_reason_is_a_breach() -> None:
    asleep = Struck(Fault(40.0, "freeze", "booking", 2.0), 40.0, 42.0)
    assert list(unexplained({"a": [40.0, 41.0]}, [KILLED, asleep])) == [
        "8. said once: the mail a came 2 times for no reason"
    ]


def test_more_mails_than_are_sent_together_are_not_excused_by_one_fault() -> None:
    copies = {str(number): [10.5, 80.0] for number in range(AT_THE_SAME_TIME + 1)}
    assert list(unexplained(copies, [KILLED])) == ["8. said once: one kill of notify doubled 17 mails"]
