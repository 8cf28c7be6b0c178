"""What the payment service does with each message it accepts."""

from services.payment import repository, watch, wishes
from services.payment.deps import Deps
from services.payment.settle import settle
from shared.events.payment import CapturePayment, CollectPayment, GiveBackPayment
from shared.messaging.work import Handlers, UnitOfWork


async def collect_payment(command: CollectPayment, work: UnitOfWork, deps: Deps) -> None:
    """Open a way to pay, or take up again what came late."""
    before = await repository.locked(work, command.booking_id)
    changed, said = wishes.collect(before, command, work.now)
    await settle(work, deps, before, changed, said)


async def capture_payment(command: CapturePayment, work: UnitOfWork, deps: Deps) -> None:
    """Take what is reserved."""
    before = await repository.locked(work, command.booking_id)
    changed, said = wishes.capture(before, command)
    await settle(work, deps, before, changed, said)


async def give_back_payment(command: GiveBackPayment, work: UnitOfWork, deps: Deps) -> None:
    """Expire, void or refund, whatever it takes; what is still unknown is found out now."""
    before = await repository.locked(work, command.booking_id)
    changed, said = wishes.give_back(before, command)
    after = await settle(work, deps, before, changed, said)
    for operation in after.operations:
        if operation.in_flight and operation.state != "sent":
            await work.schedule(watch.OPERATION, operation.id, work.now, booking_id=after.booking_id)


HANDLERS: Handlers = {
    CollectPayment: collect_payment,
    CapturePayment: capture_payment,
    GiveBackPayment: give_back_payment,
}
