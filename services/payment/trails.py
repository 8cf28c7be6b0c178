"""Where a provider's hint leads: the booking it concerns, and what the provider says about it now."""

from dataclasses import dataclass

from services.payment import repository
from services.payment.look import ask, ask_dispute, ask_refund
from services.payment.providers.port import (
    DisputeSnapshot,
    ObjectKind,
    PaymentProvider,
    PaymentSnapshot,
    ProviderRefs,
    RefundSnapshot,
)
from shared.db import Database


@dataclass(frozen=True)
class PaymentTrail:
    """A hint about a payment of a booking."""

    booking_id: str
    attempt_id: str
    seen: PaymentSnapshot


@dataclass(frozen=True)
class RefundTrail:
    """A hint about a refund of ours."""

    booking_id: str
    refund_id: str
    seen: RefundSnapshot


@dataclass(frozen=True)
class DisputeTrail:
    """A hint about a payment that a bank disputes."""

    booking_id: str
    seen: DisputeSnapshot


Trail = PaymentTrail | RefundTrail | DisputeTrail


async def follow(database: Database, provider: PaymentProvider, kind: ObjectKind, ref: str) -> Trail | None:
    """Read the object fresh and find whose it is; None while nobody knows. Raises Outage."""
    if kind == "refund":
        return await _refund(database, provider, ref)
    if kind == "dispute":
        return await _dispute(database, provider, ref)
    refs = ProviderRefs(session=ref) if kind == "session" else ProviderRefs(intent=ref)
    return await _payment(database, provider, refs)


async def _payment(database: Database, provider: PaymentProvider, refs: ProviderRefs) -> PaymentTrail | None:
    owner = await _owner(database, provider, refs)
    if owner is None:
        return None
    booking_id, attempt_id = owner
    async with database.reading() as connection:
        payment = await repository.find(connection, booking_id)
    if payment is None:
        return None
    # A hosted page says more than the payment behind it: read what the attempt is known by.
    known = payment.attempt(attempt_id).refs
    whole = ProviderRefs(known.session or refs.session, known.intent or refs.intent)
    seen = await ask(provider, whole)
    return PaymentTrail(booking_id, attempt_id, seen) if seen else None


async def _owner(database: Database, provider: PaymentProvider, refs: ProviderRefs) -> tuple[str, str] | None:
    async with database.reading() as connection:
        ref = refs.session or refs.intent or ""
        owner = await repository.owner_of_object(connection, provider.name, ref)
    if owner is not None:
        return owner
    seen = await ask(provider, refs)
    if seen is None or seen.attempt_id is None:
        return None
    async with database.reading() as connection:
        return await repository.owner_of_attempt(connection, seen.attempt_id)


async def _refund(database: Database, provider: PaymentProvider, ref: str) -> Trail | None:
    seen = await ask_refund(provider, ref)
    if seen is None:
        return None
    async with database.reading() as connection:
        owner = await repository.owner_of_refund(connection, ref, seen.refund_id)
    if owner is not None:
        return RefundTrail(*owner, seen)
    # Somebody refunded in the provider's dashboard: the payment itself tells how much.
    return await _payment(database, provider, ProviderRefs(intent=seen.intent_ref))


async def _dispute(database: Database, provider: PaymentProvider, ref: str) -> DisputeTrail | None:
    seen = await ask_dispute(provider, ref)
    if seen is None or seen.intent_ref is None:
        return None
    owner = await _owner(database, provider, ProviderRefs(intent=seen.intent_ref))
    return DisputeTrail(owner[0], seen) if owner else None
