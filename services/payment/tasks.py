"""The payment service's calls that move something, and its timers."""

from datetime import timedelta

from services.payment import repository, watch
from services.payment.deps import Deps
from services.payment.operations import claim, delay_after, record
from services.payment.payment import Payment
from services.payment.perform import perform, request_of
from services.payment.settle import settle
from shared.messaging.work import Desk, Task, UnitOfWork


async def perform_operation(task: Task, desk: Desk, deps: Deps) -> None:
    """Claim an operation, make its call, record what came of it. Running it twice is running it once."""
    payment = await _claimed(task, desk)
    if payment is None:
        async with desk.unit_of_work(task):
            return
    operation = payment.operation(task.key)
    provider = deps.provider(payment.attempt(operation.attempt_id).provider)
    desk.runtime.reached(f"payment: before call: {operation.kind}")
    outcome = await perform(provider, payment, operation, desk.runtime.now())
    desk.runtime.reached(f"payment: after call: {operation.kind}")
    async with desk.unit_of_work(task) as work:
        before = await repository.locked(work, payment.booking_id)
        changed = record(before, operation.id, outcome, work.now, deps.patience.decline_grace)
        after = await settle(work, deps, before, changed)
        await _try_again_later(work, after, operation.id, outcome.retry_after)


async def _claimed(task: Task, desk: Desk) -> Payment | None:
    """The payment with its operation marked as sent, committed; None when there is nothing left to do."""
    async with desk.unit_of_work() as work:
        booking_id = await repository.booking_of_operation(work.connection, task.key)
        if booking_id is None:
            return None
        before = await repository.locked(work, booking_id)
        operation = before.operation(task.key)
        if not operation.in_flight:
            return None
        request = request_of(before, operation, work.now)
        claimed = claim(before, operation.id, request, work.now)
        await repository.save(work, before, claimed)
        return claimed


async def _try_again_later(
    work: UnitOfWork, payment: Payment, operation_id: str, retry_after: float | None
) -> None:
    operation = payment.operation(operation_id)
    if not operation.in_flight:
        return
    seconds = retry_after or delay_after(operation)
    due_at = work.now + timedelta(seconds=seconds * work.runtime.random.uniform(0.9, 1.1))
    await work.schedule(watch.OPERATION, operation.id, due_at, booking_id=payment.booking_id)


async def time_passed(task: Task, desk: Desk, deps: Deps) -> None:
    """A deadline came: decide again, and look closely for a while."""
    async with desk.unit_of_work(task) as work:
        before = await repository.locked(work, task.booking_id)
        after = await settle(work, deps, before, before)
        for key, what in watch.watched(after, work.now).items():
            await watch.watch_again(work, after.booking_id, key, what, 0)
