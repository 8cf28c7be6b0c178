"""What is looked at without being told: attempts that are not over, and hints that never came."""

from datetime import datetime, timedelta

from sqlalchemy import select

from services.payment import repository, watch
from services.payment.deps import Deps
from services.payment.hints import keep_hint
from services.payment.look import ask, ask_refund, fold_in, fold_refund_in
from services.payment.payment import UNNAMED, Payment
from shared.messaging.work import Desk, Task

BACKFILL = "backfill"
EVERY = timedelta(minutes=10)
# Stripe may create an event a while after what it reports, and our clock is not Stripe's.
OVERLAP = timedelta(minutes=15)


async def recheck(task: Task, desk: Desk, deps: Deps) -> None:
    """Read one attempt or refund again, and plan the next look while it is not over."""
    async with desk.database.reading() as connection:
        payment = await repository.find(connection, task.booking_id)
    if payment is None:
        async with desk.unit_of_work(task):
            return
    if "refund_id" in task.payload:
        await _recheck_refund(task, desk, deps, payment)
    else:
        await _recheck_attempt(task, desk, deps, payment)


async def _recheck_attempt(task: Task, desk: Desk, deps: Deps, payment: Payment) -> None:
    attempt = payment.attempt(task.payload["attempt_id"])
    began = desk.runtime.now()
    provider = deps.provider(attempt.provider)
    if attempt.refs == UNNAMED:
        seen = await provider.find_payment(attempt.id, attempt.created_at)
    else:
        seen = await ask(provider, attempt.refs)
    async with desk.unit_of_work(task) as work:
        after = await fold_in(work, deps, payment.booking_id, attempt.id, seen, began)
        if task.key in watch.watched(after, work.now):
            what = {"attempt_id": attempt.id}
            await watch.watch_again(work, after.booking_id, task.key, what, task.payload["round"] + 1)


async def _recheck_refund(task: Task, desk: Desk, deps: Deps, payment: Payment) -> None:
    refund = payment.refund(task.payload["refund_id"])
    provider = deps.provider(payment.attempt(refund.attempt_id).provider)
    seen = await ask_refund(provider, refund.ref) if refund.ref else None
    async with desk.unit_of_work(task) as work:
        if seen is not None:
            payment = await fold_refund_in(work, deps, payment.booking_id, refund.id, seen)
        if task.key in watch.watched(payment, work.now):
            what = {"refund_id": refund.id}
            await watch.watch_again(work, payment.booking_id, task.key, what, task.payload["round"] + 1)


async def backfill(task: Task, desk: Desk, deps: Deps) -> None:
    """Fetch the provider's own list of events into the same inbox that webhooks fill."""
    provider = deps.provider(task.key)
    began = desk.runtime.now()
    since = datetime.fromisoformat(task.payload["since"]) - OVERLAP
    events = [event async for event in provider.list_events(since)]
    async with desk.unit_of_work(task) as work:
        for event in events:
            await keep_hint(work, provider.name, event, live=deps.live)
        await work.schedule(BACKFILL, task.key, work.now + EVERY, {"since": began.isoformat()})


async def begin_backfill(desk: Desk, deps: Deps) -> None:
    """Start to ask each provider for missed events, unless that was begun long ago."""
    tasks = desk.spine.tasks.c
    async with desk.unit_of_work() as work:
        begun = select(tasks.key).where(tasks.kind == BACKFILL)
        known = set((await work.connection.execute(begun)).scalars())
        for name in deps.providers.keys() - known:
            await work.schedule(BACKFILL, name, work.now + EVERY, {"since": work.now.isoformat()})
