"""The relay: carries the outbox to the bus, in order per subject, and forgets a row once it is safe."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from shared.db import insert_into, is_database_down
from shared.errors import Outage
from shared.messaging.bus import Bus
from shared.messaging.envelope import Envelope
from shared.messaging.pace import growing_delay
from shared.messaging.work import SHARDS, Desk, UnitOfWork
from shared.telemetry import logger, messages_sent, outbox_rows, send_failures

BATCH = 500
LEASE = timedelta(seconds=10)
RENEW = 3.0
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Relay:
    """Owns shards of one service's outbox by a lease, so that two relays never mix an order up."""

    def __init__(self, desk: Desk, bus: Bus, *, poll: float) -> None:
        self.desk = desk
        self.bus = bus
        # In one process nobody else can own a shard, so a restart need not wait for old leases to run out.
        self.owner = desk.service if bus.stores else desk.runtime.new_id("relay")
        self.kick = asyncio.Event()
        self._poll = poll
        self._shards: list[int] = []
        self._leased_at = float("-inf")
        self._log = logger(desk.service)
        desk.after_commit.append(self._after_commit)

    def _after_commit(self, work: UnitOfWork) -> None:
        if work.sent:
            self.kick.set()

    async def run(self) -> None:
        """Carry messages until cancelled."""
        failures = 0
        while True:
            try:
                carried = await self.carry()
                failures = 0
                if not carried:
                    await self._rest(self._poll)
            except Exception as error:
                if not isinstance(error, Outage) and not is_database_down(error):
                    raise
                send_failures.labels(self.desk.service).inc()
                failures += 1
                self._log.warning("messages wait in the outbox", error=str(error), failures=failures)
                await self._rest(min(5.0, growing_delay(failures - 1, self.desk.runtime.random)))

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.kick.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self.kick.clear()

    async def carry(self) -> int:
        """Carry one batch; returns how many messages it had."""
        await self._renew()
        outbox = self.desk.spine.outbox
        self.kick.clear()
        if not self._shards:
            return 0
        async with self.desk.database.reading() as connection:
            query = select(outbox.c.seq, outbox.c.envelope)
            if len(self._shards) < SHARDS:
                query = query.where(outbox.c.shard.in_(self._shards))
            rows = (await connection.execute(query.order_by(outbox.c.seq).limit(BATCH))).all()
        if not rows:
            return 0
        envelopes = [Envelope.from_wire(row.envelope) for row in rows]
        self.desk.runtime.reached(f"{self.desk.service}: before publish: {envelopes[0].type}")
        await self.bus.publish(envelopes)
        self.desk.runtime.reached(f"{self.desk.service}: after publish: {envelopes[0].type}")
        async with self.desk.unit_of_work() as work:
            await work.connection.execute(delete(outbox).where(outbox.c.seq.in_([row.seq for row in rows])))
        messages_sent.labels(self.desk.service).inc(len(rows))
        return len(rows)

    async def _renew(self) -> None:
        if self.desk.runtime.clock.monotonic() - self._leased_at < RENEW:
            return
        leases = self.desk.spine.relay_leases
        async with self.desk.unit_of_work() as work:
            if not self._shards:
                free = [{"shard": shard, "owner": "", "until": NEVER} for shard in range(SHARDS)]
                await work.connection.execute(
                    insert_into(work.connection, leases).on_conflict_do_nothing(), free
                )
            within_reach = or_(leases.c.owner == self.owner, leases.c.until < work.now)
            # Who waited for a row that another takes right now could wait in a circle.
            reached = select(leases.c.shard).where(within_reach).with_for_update(skip_locked=True)
            taken = await work.connection.execute(
                update(leases)
                .where(leases.c.shard.in_(reached))
                .values(owner=self.owner, until=work.now + LEASE)
                .returning(leases.c.shard)
            )
            self._shards = sorted(taken.scalars())
            waiting = await work.connection.scalar(select(func.count()).select_from(self.desk.spine.outbox))
        outbox_rows.labels(self.desk.service).set(waiting or 0)
        self._leased_at = self.desk.runtime.clock.monotonic()

    async def let_go(self) -> None:
        """Give the leases up, so that a successor need not wait for them to run out."""
        leases = self.desk.spine.relay_leases
        async with self.desk.unit_of_work() as work:
            await work.connection.execute(
                update(leases).where(leases.c.owner == self.owner).values(until=NEVER)
            )
