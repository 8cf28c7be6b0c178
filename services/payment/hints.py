"""The providers' hints: kept once, then followed to the object they speak of."""

from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Row, select, update

from services.payment import tables
from services.payment.deps import Deps
from services.payment.look import fold_dispute_in, fold_in, fold_refund_in
from services.payment.providers.port import ProviderEvent
from services.payment.trails import PaymentTrail, RefundTrail, Trail, follow
from shared.db import insert_into
from shared.messaging.work import Desk, Task, UnitOfWork
from shared.telemetry import logger

PROVIDER_EVENT = "provider-event"
# Our own commit may be a moment behind the provider's hint about it.
WAITS = tuple(map(float, (1, 5, 15, 60, 300, 600)))
ORPHAN_AFTER = timedelta(hours=1)

orphans = Counter("holdfast_provider_events_orphan_total", "Hints about objects nobody knows", ["provider"])


async def keep_hint(work: UnitOfWork, provider: str, event: ProviderEvent, *, live: bool) -> bool:
    """Keep a hint to be followed; False when it came before."""
    ignored = event.object_kind == "ignored" or event.live != live
    row = {
        "provider": provider,
        "event_id": event.event_id,
        "type": event.type,
        "object_kind": event.object_kind,
        "object_ref": event.object_ref,
        "raw": event.raw,
        "status": "ignored" if ignored else "received",
        "received_at": work.now,
        "processed_at": work.now if ignored else None,
    }
    kept = insert_into(work.connection, tables.provider_events).values(row).on_conflict_do_nothing()
    made = await work.connection.execute(kept.returning(tables.provider_events.c.event_id))
    if made.first() is None:
        return False
    if not ignored:
        payload = {"provider": provider, "event_id": event.event_id, "round": 0}
        await work.schedule(PROVIDER_EVENT, f"{provider}:{event.event_id}", work.now, payload)
    return True


async def follow_hint(task: Task, desk: Desk, deps: Deps) -> None:
    """Read the object a hint speaks of, and fold in what is found."""
    provider = deps.provider(task.payload["provider"])
    async with desk.database.reading() as connection:
        event = (await connection.execute(_event(task))).one()
    began = desk.runtime.now()
    trail = None
    if event.processed_at is None:
        trail = await follow(desk.database, provider, event.object_kind, event.object_ref)
    async with desk.unit_of_work(task) as work:
        if trail is not None:
            await _fold(work, deps, provider.name, trail, began)
            await _mark(work, task, "processed")
        elif event.processed_at is None:
            await _wait_or_give_up(work, task, event)


async def _fold(work: UnitOfWork, deps: Deps, provider: str, trail: Trail, began: datetime) -> None:
    if isinstance(trail, PaymentTrail):
        await fold_in(work, deps, trail.booking_id, trail.attempt_id, trail.seen, began)
    elif isinstance(trail, RefundTrail):
        await fold_refund_in(work, deps, trail.booking_id, trail.refund_id, trail.seen)
    else:
        await fold_dispute_in(work, trail.booking_id, provider, trail.seen)


def _event(task: Task) -> Any:
    return select(tables.provider_events).where(*_this(task))


def _this(task: Task) -> tuple[Any, Any]:
    columns = tables.provider_events.c
    return columns.provider == task.payload["provider"], columns.event_id == task.payload["event_id"]


async def _wait_or_give_up(work: UnitOfWork, task: Task, event: Row[Any]) -> None:
    if work.now - event.received_at >= ORPHAN_AFTER:
        orphans.labels(event.provider).inc()
        logger("payment").error(
            "hint about an unknown object", event_id=event.event_id, object_ref=event.object_ref
        )
        await _mark(work, task, "orphan")
        return
    round_ = task.payload["round"]
    due_at = work.now + timedelta(seconds=WAITS[min(round_, len(WAITS) - 1)])
    await work.schedule(PROVIDER_EVENT, task.key, due_at, {**task.payload, "round": round_ + 1})


async def _mark(work: UnitOfWork, task: Task, status: str) -> None:
    marked = update(tables.provider_events).where(*_this(task))
    await work.connection.execute(marked.values(status=status, processed_at=work.now))
