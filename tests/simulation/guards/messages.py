"""The delivery promise without its guards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from services.booking import repository
from services.calendar import wishes
from services.notify import repository as notifications
from services.notify import sending
from shared.messaging import tasks
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Inbox, _once
from shared.messaging.relay import BATCH, Relay
from shared.messaging.work import UnitOfWork
from tests.simulation import broker
from tests.simulation.replacing import replaced


@contextmanager
def no_inbox() -> Iterator[None]:
    """A message that comes twice is handled twice."""
    claim = Inbox._claim

    async def everything(
        self: Inbox, envelopes: list[Envelope], work: UnitOfWork, *, shelved: bool
    ) -> list[Envelope]:
        known = await claim(self, envelopes, work, shelved=shelved)
        return known if shelved else _once(envelopes)

    with replaced(Inbox, "_claim", everything):
        yield


@contextmanager
def acknowledged_too_soon() -> Iterator[None]:
    """The broker is told that a message is done before it is."""

    async def hasty(self: broker.Connection, subscription: Any) -> None:
        while True:
            batch = self._broker.take(subscription.service) if self.connected else []
            if batch:
                await subscription.deliver(batch)
            else:
                await self._rest(subscription.service)

    with replaced(broker.Connection, "_consume", hasty):
        yield


@contextmanager
def outbox_forgets_early() -> Iterator[None]:
    """A message is struck off before the broker has it."""

    async def hasty(self: Relay) -> int:
        await self._renew()
        outbox = self.desk.spine.outbox
        self.kick.clear()
        async with self.desk.unit_of_work() as work:
            query = select(outbox.c.seq, outbox.c.envelope).where(outbox.c.shard.in_(self._shards))
            rows = (await work.connection.execute(query.order_by(outbox.c.seq).limit(BATCH))).all()
            await work.connection.execute(delete(outbox).where(outbox.c.seq.in_([row.seq for row in rows])))
        if rows:
            await self.bus.publish([Envelope.from_wire(row.envelope) for row in rows])
        return len(rows)

    with replaced(Relay, "carry", hasty):
        yield


@contextmanager
def two_transactions() -> Iterator[None]:
    """What a handler says is committed apart from what it wrote down."""
    finish = UnitOfWork.finish

    async def in_two(self: UnitOfWork) -> None:
        await self.handle_own()
        said, self._outgoing = self._outgoing, []
        await finish(self)
        await self.connection.commit()
        self.runtime.reached(f"{self._desk.service}: after commit: the first of two")
        self._outgoing = said
        await finish(self)

    with replaced(UnitOfWork, "finish", in_two):
        yield


@contextmanager
def no_single_flight() -> Iterator[None]:
    """Two workers may perform the same task, and two calls for one event may overlap."""
    with (
        replaced(tasks, "LEASE", timedelta(0)),
        replaced(wishes, "CALL_LASTS", timedelta(0)),
        replaced(sending, "_claim", _claimed_by_anybody),
    ):
        yield


async def _claimed_by_anybody(desk: Any, dossier: Any, letter: Any) -> None:
    async with desk.unit_of_work() as work:
        await notifications.claim(work, dossier, message_id=letter.message_id)


@contextmanager
def tasks_in_memory() -> Iterator[None]:
    """What is to be done later is struck off when it is begun."""
    perform = tasks.TaskWorker.perform

    async def forgetful(self: tasks.TaskWorker, task: Any) -> None:
        async with self.desk.unit_of_work() as work:
            await work.unschedule(task.kind, task.key)
        await perform(self, task)

    with replaced(tasks.TaskWorker, "perform", forgetful):
        yield


@contextmanager
def idempotency_key_ignored() -> Iterator[None]:
    """A wish that is sent again is another wish."""

    async def fresh(*_: object, **__: object) -> None:
        return None

    with replaced(repository, "claim_key", fresh):
        yield


MUTATIONS = {
    "no inbox": no_inbox,
    "acknowledged before it is handled": acknowledged_too_soon,
    "outbox row deleted before the confirm": outbox_forgets_early,
    "messages committed apart from state": two_transactions,
    "no single flight": no_single_flight,
    "tasks forgotten when they begin": tasks_in_memory,
    "a customer's Idempotency-Key ignored": idempotency_key_ignored,
}
