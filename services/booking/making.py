"""Making a booking: once per Idempotency-Key, with everything it starts in one commit."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from services.booking import repository
from services.booking.draft import Draft, Names, draft, span, sum_of
from services.booking.offering import Offering
from services.booking.schemas import BookingWanted, ItemWanted, QuoteWanted
from services.booking.settings import Settings
from shared.errors import BadRequest, Refusal
from shared.events.booking import BookingRequested
from shared.events.values import Business
from shared.messaging.work import Desk, UnitOfWork
from shared.signing import LEFT, MANAGE, sign


@dataclass(frozen=True)
class Request:
    """Who asks, and the key that makes asking twice the same as asking once."""

    principal: str
    key: str


async def make_booking(
    desk: Desk, settings: Settings, wanted: BookingWanted, request: Request
) -> tuple[str, bool]:
    """The booking's id, and whether it was made by an earlier request with the same key."""
    async with desk.unit_of_work() as work:
        booking_id = work.runtime.new_id("bk")
        earlier = await repository.claim_key(
            work,
            principal=request.principal,
            route="POST /bookings",
            key=request.key,
            fingerprint=fingerprint(wanted),
            result=booking_id,
        )
        if earlier is not None:
            return earlier, True
        offerings, business = await _offered(work, wanted.items)
        names = _names(work, settings, booking_id)
        made = draft(wanted, offerings, business, names, work.now)
        await _check_quote(work, wanted, made)
        await repository.add_booking(work, made, offerings[0].policy)
        work.publish(_requested(made, settings))
    return booking_id, False


def fingerprint(body: BaseModel) -> str:
    """What tells two bodies apart, whatever the order of their fields."""
    text = json.dumps(body.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


async def _offered(work: UnitOfWork, items: tuple[ItemWanted, ...]) -> tuple[list[Offering], Business]:
    offerings = [await repository.offering(work.connection, item.offering) for item in items]
    if len({offering.business for offering in offerings}) > 1:
        raise BadRequest("mixed_businesses", "Everything in one booking must be of one business.")
    known = await repository.business(work.connection, offerings[0].business)
    return offerings, Business.model_validate(known)


def _names(work: UnitOfWork, settings: Settings, booking_id: str) -> Names:
    token = sign(settings.secret, MANAGE, booking_id)
    return Names(
        booking_id=booking_id,
        reference=work.runtime.reference(),
        manage_url=f"{settings.site}/bookings/{booking_id}#t={token}",
        new_item=lambda: work.runtime.new_id("it"),
    )


def _requested(made: Draft, settings: Settings) -> BookingRequested:
    page = f"{settings.site}/bookings/{made.facts.booking_id}"
    left = sign(settings.secret, LEFT, made.facts.booking_id)
    return BookingRequested.model_validate(
        {
            "booking_id": made.facts.booking_id,
            "facts": made.facts,
            "due": made.due,
            "method": made.method,
            "deadline": made.deadline,
            "return_url": f"{page}?paid=1",
            "cancel_url": f"{page}/left?token={left}",
        }
    )


async def _check_quote(work: UnitOfWork, wanted: BookingWanted, made: Draft) -> None:
    if wanted.quote is None:
        return
    quoted = await repository.quote(work.connection, wanted.quote, work.now)
    now = made.facts.total.model_dump() if made.facts.total else None
    asked = [[item.offering, item.start.isoformat(), item.quantity] for item in wanted.items]
    if quoted["total"] != now or quoted["asked"] != asked:
        raise Refusal(
            "price_changed",
            "The quote was for something else or for another price.",
            next_steps=[{"action": "ask for a new quote", "href": "/v1/quotes"}],
        )


def _end(one: ItemWanted, offering: Offering) -> datetime:
    _, ends_at = span(one.start, timedelta(minutes=offering.duration_minutes))
    return ends_at.astimezone(one.start.tzinfo)


async def make_quote(desk: Desk, settings: Settings, wanted: QuoteWanted) -> dict[str, Any]:
    """What the items cost now, with a deadline."""
    async with desk.unit_of_work() as work:
        offerings, _ = await _offered(work, wanted.items)
        lines = [
            (one, offering, offering.price_in(wanted.currency))
            for one, offering in zip(wanted.items, offerings, strict=True)
        ]
        items = [
            {
                "offering": offering.id,
                "title": offering.title,
                "start": one.start.isoformat(),
                "end": _end(one, offering).isoformat(),
                "price": price.times(one.quantity).model_dump() if price else None,
            }
            for one, offering, price in lines
        ]
        due = sum_of([price.times(one.quantity) for one, _, price in lines if price])
        expires_at = work.now + timedelta(minutes=settings.quote_minutes)
        quote_id = work.runtime.new_id("qt")
        body = {
            "id": quote_id,
            "items": items,
            "total": due.model_dump() if due else None,
            "due_now": due.model_dump() if due else None,
            "policy_text": offerings[0].policy.get("text", ""),
            "asked": [[one.offering, one.start.isoformat(), one.quantity] for one in wanted.items],
        }
        await repository.add_quote(work, quote_id, body, expires_at)
    shown = {name: value for name, value in body.items() if name != "asked"}
    return {**shown, "expires_at": expires_at}
