"""An offering as it is sold now: its price, its rules, and how it is shown."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from services.booking.catalog import BusinessEntry, Catalog, OfferingEntry
from shared.errors import BadRequest
from shared.money import Money


class Offering(BaseModel):
    """What can be booked, with everything that a booking copies from it."""

    model_config = ConfigDict(frozen=True)

    id: str
    business: str
    slug: str
    title: str
    description: str
    kind: str
    duration_minutes: int
    prices: tuple[Money, ...]
    payment_methods: tuple[str, ...]
    minimum_notice_minutes: int
    horizon_days: int
    capacity: int
    meeting_methods: tuple[str, ...]
    collects: tuple[str, ...]
    hold_minutes: float
    policy: dict[str, Any]
    timezone: str

    @property
    def is_free(self) -> bool:
        return not any(self.prices)

    def price_in(self, currency: str | None) -> Money | None:
        """The price in a currency, the first one when none is named; None when it is free."""
        if self.is_free:
            return None
        if currency is None:
            return self.prices[0]
        for price in self.prices:
            if price.currency == currency:
                return price
        offered = ", ".join(price.currency for price in self.prices)
        raise BadRequest("currency_not_offered", f"{self.title} is priced in {offered}, not in {currency}.")

    def shown(self) -> dict[str, Any]:
        """The offering as the public API shows it."""
        prices = [price.model_dump() for price in self.prices if price]
        return {
            **self.model_dump(mode="json", exclude={"prices", "payment_methods"}),
            "price": prices[0] if prices else None,
            "prices": prices,
            "payment_methods": [] if self.is_free else list(self.payment_methods),
        }


def offering_of(catalog: Catalog, entry: OfferingEntry) -> Offering:
    """The offering that a catalog's entry describes."""
    return Offering(
        id=catalog.offering_id(entry),
        business=catalog.business.slug,
        slug=entry.slug,
        title=entry.title,
        description=entry.description,
        kind=entry.kind,
        duration_minutes=entry.duration_minutes,
        prices=catalog.prices(entry),
        payment_methods=entry.payment_methods,
        minimum_notice_minutes=entry.minimum_notice_minutes + 60 * entry.minimum_notice_hours,
        horizon_days=entry.horizon_days,
        capacity=entry.capacity,
        meeting_methods=entry.meeting_methods,
        collects=entry.collects,
        hold_minutes=entry.hold_minutes or catalog.hold_minutes,
        policy=entry.policy.model_dump(mode="json"),
        timezone=catalog.business.timezone,
    )


def business_shown(entry: BusinessEntry) -> dict[str, Any]:
    """The business as the public API shows it."""
    return {"id": entry.slug, **entry.model_dump(mode="json")}
