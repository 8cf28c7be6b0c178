"""Nobody told us, and we know all the same."""

from datetime import timedelta

import pytest

from services.payment.janitor import BACKFILL
from services.payment.providers.port import OutcomeUnknown, PaymentSnapshot, StartPayment
from services.payment.tables import provider_events, spine
from tests.support.payment import Cashier


async def test_without_any_webhook_a_paid_page_is_seen_within_half_a_minute(till: Cashier) -> None:
    await till.collect()
    till.pays()
    await till.later(seconds=30)
    assert (await till.names())[-1] == "payment.authorized"


async def test_an_open_page_is_looked_at_ever_more_rarely(till: Cashier) -> None:
    await till.collect(minutes=600)
    rounds = []
    for _ in range(5):
        (task,) = [row for row in await till.rows(spine.tasks) if row.kind == "recheck"]
        rounds.append((task.due_at - till.clock.now()).total_seconds())
        await till.later(seconds=rounds[-1])
    assert rounds == [30, 120, 600, 3600, 21600]


async def test_a_payment_that_is_over_is_not_looked_at_any_more(till: Cashier) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    await till.capture()
    assert [row.kind for row in await till.rows(spine.tasks)] == []


async def test_a_payment_that_was_given_back_leaves_no_timer_behind(till: Cashier) -> None:
    await till.collect()
    await till.give_back()
    await till.deliver()
    assert [row.kind for row in await till.rows(spine.tasks)] == []


async def test_a_page_that_was_given_up_and_is_made_all_the_same_is_closed(
    till: Cashier, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, held_up = till.stripe.create_hosted, []

    async def into_nothing(start: StartPayment, key: str) -> PaymentSnapshot:
        held_up.append((start, key))
        raise OutcomeUnknown("the request is on its way, and nobody knows where")

    monkeypatch.setattr(till.stripe, "create_hosted", into_nothing)
    await till.collect(minutes=60)
    await till.later(seconds=60, steps=12)
    monkeypatch.undo()
    await till.later(seconds=120, steps=12)
    assert await till.kinds() == ["start failed", "start succeeded"]

    await create(*held_up[0])
    await till.later(minutes=15, steps=30)
    pages = {one["metadata"]["attempt_id"]: one for one in till.world.all("stripe.checkout.session")}
    lost, shown = (await till.payment()).attempts
    assert (pages[lost.id]["status"], pages[shown.id]["status"]) == ("expired", "open")
    assert (await till.names()).count("payment.action_required") == 1


async def test_a_page_that_never_was_is_not_looked_for_without_end(
    till: Cashier, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def into_nothing(*_: object) -> PaymentSnapshot:
        raise OutcomeUnknown("no answer")

    monkeypatch.setattr(till.stripe, "create_hosted", into_nothing)
    await till.collect(minutes=5)
    await till.later(minutes=30, steps=60)
    await till.later(minutes=300, steps=30)
    assert (await till.names())[-1] == "payment.failed"
    assert [row.kind for row in await till.rows(spine.tasks)] == []


async def test_asking_for_the_truth_reads_it_now(till: Cashier) -> None:
    await till.collect()
    till.pays()
    before = (await till.http.get("/payments/bk_1")).json()
    after = (await till.http.post("/payments/bk_1/refresh")).json()
    assert (before["status"], before["authorized"]) == ("awaiting_customer", 0)
    assert (after["status"], after["authorized"]) == ("authorized", 1000)
    assert (await till.names())[-1] == "payment.authorized"


async def test_asking_for_the_truth_while_the_provider_is_away_says_so(till: Cashier) -> None:
    await till.collect()
    till.break_provider("down", 3)
    answer = await till.http.post("/payments/bk_1/refresh")
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")


async def test_missed_events_are_fetched_every_ten_minutes_with_an_overlap(till: Cashier) -> None:
    await till.service.on_start[0]()
    await till.collect(minutes=60)
    till.pays()
    began = till.clock.now()
    await till.later(minutes=10)
    kept = {row.type for row in await till.rows(provider_events)}
    assert {"checkout.session.completed", "payment_intent.amount_capturable_updated"} <= kept
    (task,) = [row for row in await till.rows(spine.tasks) if row.kind == BACKFILL]
    assert task.due_at == began + timedelta(minutes=20)
    count = len(await till.rows(provider_events))
    await till.later(minutes=10)
    assert len(await till.rows(provider_events)) == count


async def test_a_restart_goes_on_where_the_list_of_events_was_left(till: Cashier) -> None:
    await till.service.on_start[0]()
    till.clock.advance(3 * 3600)
    await till.service.on_start[0]()
    (task,) = [row for row in await till.rows(spine.tasks) if row.kind == BACKFILL]
    assert task.payload["since"] == "2026-03-02T09:00:00+00:00"
