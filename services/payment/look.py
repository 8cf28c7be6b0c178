"""Reading the provider's truth and folding it in. Nothing but these reads is ever believed."""

from datetime import datetime

from services.payment import repository
from services.payment.deps import Deps
from services.payment.merge import merge, merge_refund, vanished
from services.payment.operations import refund_fell_through
from services.payment.payment import Payment
from services.payment.providers.port import (
    DisputeSnapshot,
    Missing,
    PaymentProvider,
    PaymentSnapshot,
    ProviderRefs,
    RefundSnapshot,
)
from services.payment.settle import settle
from shared.events.payment import PaymentDisputed
from shared.messaging.work import Desk, UnitOfWork


async def ask(provider: PaymentProvider, refs: ProviderRefs) -> PaymentSnapshot | None:
    """What the provider knows of a payment; None when it knows nothing. Raises Outage."""
    try:
        return await provider.get_payment(refs)
    except Missing:
        return None


async def ask_refund(provider: PaymentProvider, ref: str) -> RefundSnapshot | None:
    """What the provider knows of a refund; None when it knows nothing. Raises Outage."""
    try:
        return await provider.get_refund(ref)
    except Missing:
        return None


async def ask_dispute(provider: PaymentProvider, ref: str) -> DisputeSnapshot | None:
    """What the provider knows of a dispute; None when it knows nothing. Raises Outage."""
    try:
        return await provider.get_dispute(ref)
    except Missing:
        return None


async def fold_in(
    work: UnitOfWork,
    deps: Deps,
    booking_id: str,
    attempt_id: str,
    seen: PaymentSnapshot | None,
    began: datetime,
) -> Payment:
    """Merge what was read into the payment, under its lock, and do what follows."""
    before = await repository.locked(work, booking_id)
    if seen is None:
        changed = vanished(before, attempt_id)
    else:
        changed = merge(before, attempt_id, seen, began, deps.patience.decline_grace)
    return await settle(work, deps, before, changed)


async def fold_refund_in(
    work: UnitOfWork, deps: Deps, booking_id: str, refund_id: str, seen: RefundSnapshot
) -> Payment:
    """Merge what was read of a refund, and do what follows."""
    before = await repository.locked(work, booking_id)
    changed = refund_fell_through(merge_refund(before, refund_id, seen), refund_id, work.now)
    return await settle(work, deps, before, changed)


async def fold_dispute_in(work: UnitOfWork, booking_id: str, provider: str, seen: DisputeSnapshot) -> None:
    """Keep what was read of a dispute, and tell when it reached another status."""
    if await repository.keep_dispute(work, booking_id, provider, seen):
        work.publish(PaymentDisputed(booking_id=booking_id, amount=seen.amount, status=seen.status))


async def refresh(desk: Desk, deps: Deps, booking_id: str) -> None:
    """Ask the provider now about every attempt of a booking that it knows."""
    async with desk.database.reading() as connection:
        payment = await repository.find(connection, booking_id)
    for attempt in payment.attempts if payment else ():
        if not (attempt.refs.session or attempt.refs.intent):
            continue
        began = desk.runtime.now()
        seen = await ask(deps.provider(attempt.provider), attempt.refs)
        async with desk.unit_of_work() as work:
            await fold_in(work, deps, booking_id, attempt.id, seen, began)
