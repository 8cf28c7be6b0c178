"""What a catalog file may say: one business, its resources and its offerings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from services.booking.contact import EmailAddress, PhoneNumber
from shared.events.values import (
    DateSpan,
    ExtraSlot,
    OpenHours,
    Resource,
    Schedule,
    SourceRef,
)
from shared.money import CurrencyCode, Money, from_major

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_SPAN = re.compile(r"^(\d\d:[0-5]\d)-(\d\d:[0-5]\d)$")

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Minutes = Annotated[int, Field(ge=0, le=7 * 24 * 60)]


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone; use a name like Europe/London")
    return ZoneInfo(name).key


def _locale(name: str) -> str:
    try:
        Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"{name!r} is not a language; use one like en or de-AT") from None
    return name


def _hours(span: str) -> str:
    found = _SPAN.match(span)
    if (
        not found
        or not "00:00" <= found[1] < found[2] <= "24:00"
        or found[1][3:] > "59"
        or found[2][3:] > "59"
    ):
        raise ValueError(f"{span!r} is not a span of hours; write 09:00-17:30 (24:00 ends a day)")
    return span


def _text_of_amount(value: Any) -> Any:
    # YAML reads 10.10 as a binary fraction; only text keeps what was written.
    if isinstance(value, float):
        raise ValueError(f'put the amount in quotes: "{value}"')
    return str(value) if isinstance(value, int) else value


Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_locale)]
Hours = Annotated[str, AfterValidator(_hours)]
Amount = Annotated[Decimal, BeforeValidator(_text_of_amount), Field(ge=0, le=1_000_000)]


class Entry(BaseModel):
    """A part of a catalog. What is not known is refused: a misspelt key would be silently ignored else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BusinessEntry(Entry):
    slug: Slug
    name: Text
    description: str = ""
    timezone: Zone
    locale: Language = "en"
    currencies: tuple[CurrencyCode, ...] = Field(min_length=1)
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None


class BlockedEntry(Entry):
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    reason: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"blocked until {self.last}, which is before {self.first}")
        return self


class ExtraEntry(Entry):
    date: date
    hours: Hours


class CalendarEntry(Entry):
    kind: Literal["google"]
    id: Text


class ResourceEntry(Entry):
    slug: Slug
    name: Text
    timezone: Zone | None = None
    hours: dict[Weekday, tuple[Hours, ...]] = {}
    blocked: tuple[BlockedEntry, ...] = ()
    extra: tuple[ExtraEntry, ...] = ()
    daily_maximum: int | None = Field(None, ge=1, le=1000)
    capacity: int = Field(1, ge=1, le=10_000)
    calendar: CalendarEntry | None = None


class BufferEntry(Entry):
    before_minutes: Minutes = 0
    after_minutes: Minutes = 0


class PolicyEntry(Entry):
    """What may be done later and what it costs. Shown before booking, copied into the booking."""

    text: str = ""


class OfferingEntry(Entry):
    slug: Slug
    title: Text
    description: str = ""
    kind: Literal["appointment", "event", "table", "tour"] = "appointment"
    resources: tuple[Slug, ...] = Field(min_length=1)
    duration_minutes: int = Field(ge=5, le=24 * 60)
    step_minutes: int | None = Field(None, ge=5, le=24 * 60)
    buffer: BufferEntry = BufferEntry()
    minimum_notice_minutes: Minutes = 0
    minimum_notice_hours: int = Field(0, ge=0, le=24 * 60)
    horizon_days: int = Field(60, ge=1, le=730)
    capacity: int = Field(1, ge=1, le=10_000)
    prices: dict[CurrencyCode, Amount] = {}
    payment_methods: tuple[Literal["checkout", "card", "none"], ...] = ("checkout", "card")
    hold_minutes: float | None = Field(None, gt=0, le=24 * 60)
    meeting_methods: tuple[Literal["phone", "in_person"], ...] = ()
    collects: tuple[Literal["email", "phone", "company", "notes", "address", "postcode"], ...] = (
        "email",
        "notes",
    )
    policy: PolicyEntry = PolicyEntry()


class Catalog(Entry):
    """One business as its catalog file describes it."""

    business: BusinessEntry
    hold_minutes: float = Field(30, gt=0, le=24 * 60)
    resources: tuple[ResourceEntry, ...] = Field(min_length=1)
    offerings: tuple[OfferingEntry, ...] = Field(min_length=1)

    def mistakes(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What does not fit together, each with the path of the entry that is wrong."""
        yield from _twice("resources", [resource.slug for resource in self.resources])
        yield from _twice("offerings", [offering.slug for offering in self.offerings])
        known = {resource.slug for resource in self.resources}
        for index, offering in enumerate(self.offerings):
            for position, wanted in enumerate(offering.resources):
                if wanted not in known:
                    where: tuple[str | int, ...] = ("offerings", index, "resources", position)
                    yield where, f"{offering.slug!r} wants the resource {wanted!r}: nobody describes it"
            for currency in offering.prices:
                if currency not in self.business.currencies:
                    where = ("offerings", index, "prices", currency)
                    yield (
                        where,
                        f"{offering.slug!r} is priced in {currency}: the business does not take it",
                    )

    def offering_id(self, offering: OfferingEntry) -> str:
        return f"{self.business.slug}.{offering.slug}"

    def schedules(self) -> tuple[Schedule, ...]:
        """What the calendar must know of the offerings."""
        return tuple(
            Schedule(
                id=self.offering_id(offering),
                title=offering.title,
                resources=tuple(f"{self.business.slug}.{slug}" for slug in offering.resources),
                duration=offering.duration_minutes,
                step=offering.step_minutes or offering.duration_minutes,
                buffer_before=offering.buffer.before_minutes,
                buffer_after=offering.buffer.after_minutes,
                minimum_notice=offering.minimum_notice_minutes + 60 * offering.minimum_notice_hours,
                horizon_days=offering.horizon_days,
                capacity=offering.capacity,
            )
            for offering in self.offerings
        )

    def calendar_resources(self) -> tuple[Resource, ...]:
        """What the calendar must know of the resources."""
        return tuple(_resource(self.business, entry) for entry in self.resources)

    def prices(self, offering: OfferingEntry) -> tuple[Money, ...]:
        """The prices of an offering, the business's first currency first."""
        order = [one for one in self.business.currencies if one in offering.prices]
        return tuple(from_major(offering.prices[currency], currency) for currency in order)


def _twice(what: str, slugs: list[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for index, slug in enumerate(slugs):
        if slug in slugs[:index]:
            yield (what, index, "slug"), f"{slug!r} is described twice"


def _resource(business: BusinessEntry, entry: ResourceEntry) -> Resource:
    return Resource(
        id=f"{business.slug}.{entry.slug}",
        name=entry.name,
        timezone=entry.timezone or business.timezone,
        weekly_hours=tuple(
            OpenHours(weekday=number, opens=span[:5], closes=span[6:])
            for number, day in enumerate(get_args(Weekday))
            for span in entry.hours.get(day, ())
        ),
        blocked=tuple(
            DateSpan(first=one.first.isoformat(), last=one.last.isoformat(), reason=one.reason)
            for one in entry.blocked
        ),
        extra=tuple(
            ExtraSlot(date=one.date.isoformat(), opens=one.hours[:5], closes=one.hours[6:])
            for one in entry.extra
        ),
        daily_maximum=entry.daily_maximum,
        capacity=entry.capacity,
        source=SourceRef(kind=entry.calendar.kind, calendar=entry.calendar.id) if entry.calendar else None,
    )
