"""Two replicas of the service work on one database at once: everything still happens once."""

import asyncio
import json
import random
from collections.abc import AsyncIterator

import pytest
import stripe

from services.payment.main import build
from services.payment.tables import operations, provider_events
from shared.events import StepRef
from shared.events.payment import CapturePayment
from shared.messaging.local import LocalBus
from shared.runtime import Runtime
from shared.service import Service
from tests.support.payment import SECRET, Cashier, cashier, settings_for

BOOKINGS = tuple(f"bk_{number}" for number in range(8))


@pytest.fixture
async def till(postgres_url: str) -> AsyncIterator[Cashier]:
    """SQLite has one process and one writer; replicas need PostgreSQL."""
    async with cashier(postgres_url) as hands:
        yield hands


@pytest.fixture
async def second(till: Cashier, postgres_url: str) -> AsyncIterator[Service]:
    """Another replica."""
    runtime = Runtime(till.clock, random.Random(12))
    base = str(till.http.base_url).rstrip("/")
    service = build(settings_for(f"{base}/stripe", postgres_url), runtime, LocalBus())
    yield service
    await service.desk.deps.provider("stripe").close()
    await service.database.dispose()


async def work_together(first: Service, second: Service) -> None:
    while any(await asyncio.gather(first.tasks.perform_due(), second.tasks.perform_due())):
        continue


async def test_two_replicas_make_every_call_once(till: Cashier, second: Service) -> None:
    for booking_id in BOOKINGS:
        await till.collect(booking_id=booking_id)
        till.pays(booking_id=booking_id)
    while await till.deliveries.deliver_due():
        continue
    await work_together(till.service, second)
    ref = StepRef(saga="sg_1", step="capture")
    await till.receive(*(CapturePayment(ref=ref, booking_id=booking_id) for booking_id in BOOKINGS))
    await work_together(till.service, second)
    assert [one["amount_received"] for one in till.intents()] == [1000] * len(BOOKINGS)
    assert {row.state for row in await till.rows(operations)} == {"succeeded"}
    assert {row.tries for row in await till.rows(operations)} == {1}
    names = await till.names()
    assert names.count("payment.authorized") == names.count("payment.succeeded") == len(BOOKINGS)


async def test_one_webhook_delivered_five_times_at_once_is_kept_once(till: Cashier, second: Service) -> None:
    await till.collect()
    till.pays()
    event = next(one for one in till.world.all("stripe.event") if one["type"] == "checkout.session.completed")
    body = json.dumps(event)
    at = int(till.clock.now().timestamp())
    header = {"Stripe-Signature": stripe.WebhookSignature.generate_signature_header(body, SECRET, at)}
    answers = await asyncio.gather(
        *(till.http.post("/webhooks/stripe", content=body, headers=header) for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [200] * 5
    assert sorted(answer.json()["seen_before"] for answer in answers) == [False] + [True] * 4
    await work_together(till.service, second)
    assert [row.status for row in await till.rows(provider_events)] == ["processed"]
    assert (await till.names()).count("payment.authorized") == 1


async def test_giving_back_while_the_other_replica_captures_leaves_nothing_here(
    till: Cashier, second: Service
) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    await till.receive(CapturePayment(ref=StepRef(saga="sg_1", step="capture"), booking_id="bk_1"))
    await asyncio.gather(second.tasks.perform_due(), till.give_back())
    await work_together(till.service, second)
    await till.later(seconds=60)
    view = (await till.http.get("/payments/bk_1")).json()
    assert view["captured"] == view["refunded"]
    assert view["status"] in ("refunded", "voided")
    assert (await till.names()).count("payment.given_back") == 1
