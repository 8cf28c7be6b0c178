"""The payment service on a real database, in front of the sandbox's Stripe on a real port."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import httpx
from fastapi import FastAPI
from sqlalchemy import Table, select

from sandbox.stripe import Deliveries, Listener, StripeSandboxSettings, customer, stripe_routes
from sandbox.world import Document, World
from services.payment import repository
from services.payment.deps import Deps
from services.payment.main import build
from services.payment.payment import Payment
from services.payment.providers.stripe import StripeProvider
from services.payment.settings import Settings
from services.payment.tables import metadata, spine
from shared.events import Command, Message, StepRef
from shared.events.payment import CapturePayment, CollectPayment, GiveBackPayment, PaymentMethod
from shared.messaging.envelope import Envelope, enclose
from shared.messaging.local import LocalBus
from shared.money import Money
from shared.runtime import ManualClock, Runtime
from shared.service import Service
from tests.support.loopback import listening, serving

INTERNAL_KEY = "test-internal-key"
SECRET = "whsec_test_secret"
TEN_DOLLARS = Money(amount=1000, currency="USD")
GOOD_CARD = "4242424242424242"
NO_FUNDS = "4000000000009995"


class Died(BaseException):
    """The process was killed at a fault point."""


@dataclass
class Cashier:
    """The service, the outside world, and hands to move both."""

    service: Service
    world: World
    clock: ManualClock
    deliveries: Deliveries
    http: httpx.AsyncClient
    dies_at: set[str] = field(default_factory=set)

    async def receive(self, *commands: Command) -> None:
        """Hand commands to the service as a broker would."""
        await self.service.inbox.take_over([self._letter(command) for command in commands])

    def _letter(self, message: Message) -> Envelope:
        runtime = self.service.desk.runtime
        return enclose(
            message,
            id=runtime.new_id("msg"),
            source="booking",
            time=runtime.now(),
            correlationid="",
            causationid="",
            traceparent="",
        )

    async def collect(
        self,
        *,
        saga: str = "sg_1",
        epoch: int = 1,
        method: PaymentMethod = "checkout",
        amount: Money = TEN_DOLLARS,
        minutes: float = 30,
        booking_id: str = "bk_1",
    ) -> None:
        """Collect, and make the calls that follow at once."""
        await self.receive(
            CollectPayment(
                ref=StepRef(saga=saga, step="collect", epoch=epoch),
                booking_id=booking_id,
                amount=amount,
                method=method,
                description="Lesson (BK-2345-6789)",
                business_name="Studio",
                customer_email="ada@example.com",
                deadline=self.clock.now() + timedelta(minutes=minutes),
                return_url="http://127.0.0.1/bookings/bk_1?paid=1",
                cancel_url="http://127.0.0.1/bookings/bk_1/left?token=x",
            )
        )
        await self.run()

    async def capture(self, *, saga: str = "sg_1", epoch: int = 1) -> None:
        ref = StepRef(saga=saga, step="capture", epoch=epoch)
        await self.receive(CapturePayment(ref=ref, booking_id="bk_1"))
        await self.run()

    async def give_back(self, *, saga: str = "sg_1", epoch: int = 1, booking_id: str = "bk_1") -> None:
        ref = StepRef(saga=saga, step="give back", epoch=epoch)
        await self.receive(GiveBackPayment(ref=ref, booking_id=booking_id, reason="slot_taken"))
        await self.run()

    async def run(self) -> None:
        """Perform everything that is due now, until nothing is."""
        while await self.service.tasks.perform_due():
            continue

    async def later(self, *, steps: int = 1, **span: float) -> None:
        """Let time pass, and perform what became due."""
        for _ in range(steps):
            self.clock.advance(timedelta(**span).total_seconds() / steps)
            await self.run()

    async def deliver(self) -> None:
        """Let the provider deliver its webhooks, and follow them."""
        while await self.deliveries.deliver_due():
            continue
        await self.run()

    def pays(self, card: str = GOOD_CARD, *, booking_id: str = "bk_1") -> Document:
        """The customer pays on the newest page or form of the booking."""
        pages = [one for one in customer.sessions(self.world) if one["client_reference_id"] == booking_id]
        where = str(pages[0]["id"]) if pages else str(self.world.all("stripe.payment_intent")[-1]["id"])
        return customer.pay(self.world, where, card)

    def break_provider(self, fault: str, count: int = 1, **options: Any) -> None:
        """Make the provider's next calls fail in this way."""
        self.world.arm("stripe", fault, count, **options)

    async def payment(self, booking_id: str = "bk_1") -> Payment:
        async with self.service.database.reading() as connection:
            found = await repository.find(connection, booking_id)
        assert found is not None, "nothing was ever to be paid"
        return found

    async def events(self) -> list[dict[str, Any]]:
        """Everything said to the others, as `{type, ref, …}`, oldest first."""
        rows = await self.rows(spine.outbox)
        return [{"type": row.envelope["type"], **row.envelope["data"]} for row in rows]

    async def names(self) -> list[str]:
        return [event["type"] for event in await self.events()]

    async def last(self, type_: str) -> dict[str, Any]:
        """The newest event of a type."""
        return [event for event in await self.events() if event["type"] == type_][-1]

    async def kinds(self) -> list[str]:
        """The operations in order, with how they stand."""
        return [f"{one.kind} {one.state}" for one in (await self.payment()).operations]

    async def rows(self, table: Table) -> list[Any]:
        async with self.service.database.reading() as connection:
            return list((await connection.execute(select(table))).all())

    async def write(self, statement: Any) -> None:
        """Write past the service, as a bug would."""
        async with self.service.desk.unit_of_work() as work:
            await work.connection.execute(statement)

    def intents(self) -> list[Document]:
        return self.world.all("stripe.payment_intent")

    @property
    def deps(self) -> Deps:
        return cast(Deps, self.service.desk.deps)

    @property
    def stripe(self) -> StripeProvider:
        return cast(StripeProvider, self.deps.provider("stripe"))

    def dies(self, *points: str) -> None:
        """Kill the process when it next passes one of these points."""
        self.dies_at |= set(points)


def settings_for(base: str, database_url: str, **values: Any) -> Settings:
    """Settings of a service in front of this sandbox."""
    given = {
        "internal_key": INTERNAL_KEY,
        "stripe_secret_key": "sk_test_sandbox",
        "stripe_publishable_key": "pk_test_sandbox",
        "stripe_webhook_secret": SECRET,
        "stripe_api_base": base,
        "stripe_retries": 0,
        "stripe_timeout_seconds": 5.0,
        "database_url_payment": database_url,
    }
    return Settings(**{**given, **values})


@asynccontextmanager
async def cashier(database_url: str, **values: Any) -> AsyncIterator[Cashier]:
    """The payment service with a fresh world outside; nothing runs by itself."""
    clock = ManualClock()
    world = World(":memory:", clock.now, clock.advance, random.Random(7))
    door, origin = listening()
    outside = StripeSandboxSettings(
        base_url=f"{origin}/stripe",
        webhooks=(Listener(url=f"{origin}/webhooks/stripe", secret=SECRET),),
        retry_delays=(1, 5, 25),
    )
    hands: list[Cashier] = []
    runtime = Runtime(clock, random.Random(11), _fate(hands))
    service = build(settings_for(outside.base_url, database_url, **values), runtime, LocalBus())
    async with service.database.write.begin() as connection:
        await connection.run_sync(metadata.create_all)
    app = FastAPI()
    app.include_router(stripe_routes(world, outside), prefix="/stripe")
    app.mount("/", service.app)
    headers = {"X-Internal-Key": INTERNAL_KEY}
    async with serving(app, door), httpx.AsyncClient(base_url=origin, headers=headers) as http:
        deliveries = Deliveries(world, outside, http)
        hands.append(Cashier(service, world, clock, deliveries, http))
        yield hands[0]
        await hands[0].stripe.close()
    await service.database.dispose()
    world.close()


def _fate(hands: list[Cashier]) -> Callable[[str], None]:
    def reached(point: str) -> None:
        if hands and point in hands[0].dies_at:
            hands[0].dies_at.discard(point)
            raise Died(point)

    return reached
