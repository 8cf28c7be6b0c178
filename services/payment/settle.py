"""Carry a decision out: write what changed, post it, order what is to be called, say what is to be said."""

from collections.abc import Sequence

from services.payment import journal, repository, watch
from services.payment.decide import decide
from services.payment.deps import Deps
from services.payment.operations import place
from services.payment.payment import Payment
from shared.events import Event
from shared.messaging.work import UnitOfWork


async def settle(
    work: UnitOfWork, deps: Deps, before: Payment, changed: Payment, said: Sequence[Event] = ()
) -> Payment:
    """Decide what follows from a change, and write all of it in this transaction."""
    decision = decide(changed, work.now, deps.patience)
    after = decision.payment
    for order in decision.orders:
        after = place(after, order, deps.provider_for(after.method).name, work.runtime.new_id, work.now)
    if after != before:
        await repository.save(work, before, after)
        await repository.post(work, after, journal.entries(before, after))
        await watch.rewind(work, before, after)
    known = {one.id for one in before.operations}
    for operation in after.operations:
        if operation.id not in known:
            await work.schedule(watch.OPERATION, operation.id, work.now, booking_id=after.booking_id)
    for event in (*said, *decision.events):
        work.publish(event)
    return after
