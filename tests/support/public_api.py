"""A small stand-in of the public API, so that the pages can be tried without any service.

It speaks what the pages read, keeps bookings in memory, and does what a test tells it to:
lose a race, be slow, be away.
"""

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.errors import NotFound

Json = dict[str, Any]

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 11, 20, 8, 30, tzinfo=BERLIN)

STUDIO = {
    "id": "lindenhof",
    "slug": "lindenhof",
    "name": "Lindenhof Consulting",
    "description": "Clear advice for small companies: pricing, contracts and first hires.",
    "timezone": "Europe/Berlin",
    "currencies": ["EUR", "USD"],
    "locale": "en",
    "email": "hello@lindenhof.example",
    "phone": "+49 30 555 0123",
}
TUNER = STUDIO | {
    "id": "keys",
    "slug": "keys",
    "name": "Keys & Strings",
    "description": "A piano tuner who comes to you, anywhere within an hour of Leeds.",
    "timezone": "Europe/London",
}


def offering(slug: str, title: str, euros: int | None, **different: Any) -> Json:
    """An offering of the studio as the API shows it."""
    prices = [] if euros is None else [{"amount": euros * 100, "currency": "EUR"}]
    usual = {
        "id": f"lindenhof.{slug}",
        "business": "lindenhof",
        "slug": slug,
        "title": title,
        "description": "We look at one question together, and you leave with a plan in writing.",
        "kind": "appointment",
        "duration_minutes": 60,
        "price": prices[0] if prices else None,
        "prices": prices,
        "minimum_notice_minutes": 120,
        "horizon_days": 120,
        "capacity": 1,
        "meeting_methods": ["google_meet", "zoom", "phone"],
        "payment_methods": ["checkout", "card"] if prices else [],
        "hold_minutes": 30,
        "collects": ["email", "notes"],
        "timezone": "Europe/Berlin",
        "policy": {"text": "Free of charge until 24 hours before. After that the fee is kept."},
    }
    return usual | different


OFFERINGS = [
    offering("advice", "One hour of advice", 90),
    offering("hello", "A first call", None, duration_minutes=20, meeting_methods=["phone"]),
    offering(
        "visit",
        "Half a day at your place",
        480,
        duration_minutes=240,
        meeting_methods=["in_person"],
        collects=["email", "phone", "company", "address", "postcode", "notes"],
        prices=[{"amount": 48000, "currency": "EUR"}, {"amount": 52000, "currency": "USD"}],
    ),
]


@dataclass
class Town:
    """Everything the stand-in knows, and how it is told to behave."""

    now: datetime = FRIDAY
    opens: range = range(9, 17)
    sundays: bool = False
    taken: set[datetime] = field(default_factory=set)
    closed: set[date] = field(default_factory=set)
    rivals: int = 0
    pause: float = 0
    away: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    bookings: dict[str, Json] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def businesses(self) -> Json:
        return {"businesses": [STUDIO, TUNER]}

    async def business(self, slug: str) -> Json:
        return _found([one for one in (STUDIO, TUNER) if one["slug"] == slug])

    async def offerings(self, slug: str) -> Json:
        return {"offerings": [one for one in OFFERINGS if one["business"] == slug]}

    async def offering(self, id: str) -> Json:
        return _found([one for one in OFFERINGS if one["id"] == id])

    async def booking(self, id: str, token: str | None) -> Json:
        booking = _found([self.bookings[id]] if id in self.bookings else [])
        return booking if token == "secret" else booking | {"customer": None, "manage_url": None}

    async def left(self, booking_id: str, token: str) -> Json:
        return await self.booking(booking_id, None)

    def starts(self) -> list[datetime]:
        """Every free start from now to the horizon, in the studio's zone."""
        first = self.now.date()
        days = (first + timedelta(days=ahead) for ahead in range(121))
        open_days = [day for day in days if self._works_on(day) and day not in self.closed]
        # Both passes of a repeated hour are offered: `fold` tells them apart.
        starts = {
            datetime.combine(day, time(hour), BERLIN).replace(fold=fold).astimezone(UTC)
            for day in open_days
            for hour in self.opens
            for fold in (0, 1)
        }
        notice = self.now + timedelta(hours=2)
        return sorted(start for start in starts if start > notice and start not in self.taken)

    def _works_on(self, day: date) -> bool:
        return day.weekday() < 5 or (self.sundays and day.weekday() == 6)

    async def availability(self, first: date, last: date, zone: ZoneInfo) -> Json:
        """Free starts in the visitor's zone, counted by the visitor's dates."""
        await asyncio.sleep(self.pause)
        local = [start.astimezone(zone) for start in self.starts()]
        slots = [start for start in local if first <= start.date() <= last]
        dates = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
        later = [start for start in local if start.date() >= first]
        return {
            "timezone": zone.key,
            "slots": [_span(start) for start in slots],
            "days": [_day(day, [start for start in slots if start.date() == day]) for day in dates],
            "next_available": later[0].isoformat() if later else None,
            "as_of": self.now.isoformat(),
        }

    def book(self, body: Json, key: str) -> Json | None:
        """The booking, made once per key; nothing when somebody else was faster."""
        if key in self.by_key:
            return self.bookings[self.by_key[key]]
        item, start = body["items"][0], datetime.fromisoformat(body["items"][0]["start"])
        if self.rivals:
            self.rivals -= 1
            self.taken.add(start)
        if start in self.taken:
            return None
        self.taken.add(start)
        offered = _found([one for one in OFFERINGS if one["id"] == item["offering"]])
        id = f"bk_{next(self.numbers)}"
        self.by_key[key] = id
        self.bookings[id] = _made(id, offered, start, body, self.now)
        return self.bookings[id]

    def nearest(self, start: datetime) -> list[str]:
        closest = sorted(self.starts(), key=lambda other: abs(other - start))[:3]
        return [other.astimezone(BERLIN).isoformat() for other in closest]

    def change(self, id: str, **fields: Any) -> None:
        """Something happens to a booking."""
        self.bookings[id].update(fields, version=self.bookings[id]["version"] + 1)

    def pay(self, id: str) -> None:
        self.change(id, status="confirmed", payment={"status": "authorized", "next_action": None})
        self.change(id, hold_expires_at=None, calendar={"status": "written"})

    def give_up(self, id: str, reason: str) -> None:
        booking = self.bookings[id]
        self.taken.discard(datetime.fromisoformat(booking["items"][0]["start"]))
        self.change(id, status="failed", reason=reason, payment={"status": "none", "next_action": None})
        self.change(id, hold_expires_at=None)


def _found(matches: list[Json]) -> Json:
    if not matches:
        raise NotFound("not_found", "There is nothing with this id.")
    return matches[0]


def _span(start: datetime) -> Json:
    return {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}


def _day(day: date, starts: list[datetime]) -> Json:
    free = bool(starts)
    return {
        "date": day.isoformat(),
        "status": "free" if free else "closed",
        "reason": None if free else "Closed on this day.",
        "count": len(starts),
    }


def _made(id: str, offered: Json, start: datetime, body: Json, now: datetime) -> Json:
    item, method = body["items"][0], body["payment"]["method"]
    until = (now + timedelta(minutes=offered["hold_minutes"])).isoformat()
    end = start + timedelta(minutes=offered["duration_minutes"])
    at = {"start": start.astimezone(BERLIN).isoformat(), "end": end.astimezone(BERLIN).isoformat()}
    shown = {name: offered[name] for name in ("title", "timezone", "price")}
    return {
        "id": id,
        "reference": "BK-7F3K-92QD",
        "status": "awaiting_payment" if offered["price"] else "confirmed",
        "version": 1,
        "reason": None,
        "reason_text": None,
        "nearest": [],
        "items": [{"offering": offered["id"], "meeting_method": item.get("meeting_method")} | shown | at],
        "business": STUDIO,
        "customer": body["customer"],
        "amount_due": offered["price"],
        "payment": {"status": "pending", "next_action": _action(id, method, until)},
        "hold_expires_at": until if offered["price"] else None,
        "created_at": now.isoformat(),
        "manage_url": f"http://elsewhere.example/bookings/{id}#t=secret",
        "calendar": {"status": "written"},
    }


def _action(id: str, method: str, until: str) -> Json | None:
    if method == "checkout":
        return {"kind": "redirect", "url": f"/provider/pay/{id}", "expires_at": until}
    if method == "card":
        script = {"script_url": "/provider/stripe.js", "publishable_key": "pk_test_1"}
        return {"kind": "client_secret", "client_secret": f"pi_{id}_secret_1", "expires_at": until} | script
    return None
