"""The internal HTTP of payments."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query

from services.payment import repository, views
from services.payment.deps import Deps
from services.payment.derive import status_of
from services.payment.look import refresh
from services.payment.merge import after_leaving
from services.payment.payment import Payment
from services.payment.schemas import AttentionList, JournalView, Left, PaymentView
from services.payment.settle import settle
from services.payment.wishes import tried_again
from shared.errors import Forbidden, NotFound
from shared.http import DeskDep
from shared.messaging.work import Desk
from shared.signing import LEFT, is_signed

router = APIRouter()


async def deps_of(desk: DeskDep) -> Deps:
    """What the service's handlers work with."""
    return cast(Deps, desk.deps)


DepsDep = Annotated[Deps, Depends(deps_of)]


async def _found(desk: Desk, booking_id: str) -> Payment:
    async with desk.database.reading() as connection:
        payment = await repository.find(connection, booking_id)
    if payment is None:
        raise NotFound("no_such_payment", "Nothing was ever to be paid for this booking.")
    return payment


@router.get("/payments/{booking_id}")
async def payment(booking_id: str, desk: DeskDep) -> PaymentView:
    """How a booking's payment stands, as far as we know."""
    return views.view_of(await _found(desk, booking_id), desk.runtime.now())


@router.post("/payments/{booking_id}/refresh")
async def refreshed(booking_id: str, desk: DeskDep, deps: DepsDep) -> PaymentView:
    """How a booking's payment stands, as the provider says this moment."""
    await _found(desk, booking_id)
    await refresh(desk, deps, booking_id)
    return views.view_of(await _found(desk, booking_id), desk.runtime.now())


@router.post("/payments/{booking_id}/left")
async def left(booking_id: str, desk: DeskDep, deps: DepsDep, token: Annotated[str, Query()]) -> Left:
    """The customer came back without paying: what is open ends soon. Asking again changes nothing."""
    if not is_signed(deps.signing_secret, LEFT, booking_id, token):
        raise Forbidden("invalid_link", "This link was not made for this booking.")
    await _found(desk, booking_id)
    async with desk.unit_of_work() as work:
        before = await repository.locked(work, booking_id)
        deadline = work.now + deps.patience.decline_grace
        after = await settle(work, deps, before, after_leaving(before, deadline))
        return Left(booking_id=booking_id, status=status_of(after, work.now), deadline=after.deadline)


@router.post("/admin/payments/{booking_id}/retry")
async def retry(booking_id: str, desk: DeskDep, deps: DepsDep) -> PaymentView:
    """Try again what the provider refused for good, such as a refund."""
    await _found(desk, booking_id)
    async with desk.unit_of_work() as work:
        before = await repository.locked(work, booking_id)
        after = await settle(work, deps, before, tried_again(before))
        return views.view_of(after, work.now)


@router.get("/admin/payments/attention")
async def attention(desk: DeskDep) -> AttentionList:
    """Every payment that a person should look at."""
    async with desk.database.reading() as connection:
        return await views.needing_a_person(connection)


@router.get("/journal")
async def journal(desk: DeskDep) -> JournalView:
    """The books: balances per account and currency."""
    async with desk.database.reading() as connection:
        return await views.journal(connection)
