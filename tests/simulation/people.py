"""Customers: they pay, decline, leave, come back, change their minds, and try again."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.stripe import customer as payer
from tests.simulation.outside import Outside
from tests.simulation.process import Gone
from tests.simulation.system import System
from tests.simulation.trace import Trace
from tests.simulation.wishes import PAY_AT_ONCE, PLANS, Json, basket, wish_of

GOOD = "4242424242424242"
NO_FUNDS = "4000000000009995"
ASKS_THE_BANK = "4000002760003184"
OVER = ("confirmed", "failed")
KEEN_AT_MOST = 4
FIRST_KEEN = 100


@dataclass
class People:
    """Everybody of one run, and what was promised to them."""

    system: System
    outside: Outside
    rng: random.Random
    trace: Trace
    accepted: dict[str, Json] = field(default_factory=dict)
    # The payment pages that each customer was ever shown.
    shown: dict[str, list[str]] = field(default_factory=dict)
    # Customers who came because somebody's time was free again.
    keen: list[asyncio.Task[None]] = field(default_factory=list)
    tabs: list[asyncio.Task[None]] = field(default_factory=list)
    # What everybody of this run does, or nothing in particular.
    fashion: str = ""
    # Asks, when money is given, whether the booking could still take it.
    witness: Callable[[str], None] = lambda _: None

    def somebody_waits_for(self, offering: str, start: datetime) -> None:
        """Have a customer come for time that was just given back: whoever had it may still pay."""
        if self.system.weather.calm or len(self.keen) == KEEN_AT_MOST or self.rng.random() < 0.6:
            return
        number = FIRST_KEEN + len(self.keen)
        items = [{"offering": offering, "start": start.isoformat()}]
        self.keen.append(self.system.loop.create_task(self.customer(number, items)))

    async def customer(self, number: int, items: list[Json] | None = None) -> None:
        """One customer, from the wish to the end."""
        plan = self.fashion or self.rng.choice(PLANS)
        booking = await self._book(number, plan, items or basket(self.rng))
        if booking is None:
            return
        if plan == "cancels at once":
            await self._cancel(booking, self.rng.choice((0.0, 1.0, 5.0)))
            return
        stands = await self._until_payable(booking)
        if stands["status"] in OVER or plan == "closes the page":
            return
        if plan == "pays at the last moment":
            await self._until_the_last_moment(stands)
        else:
            await asyncio.sleep(self.rng.uniform(0.0, 30.0))
        await self._follow(plan, booking)

    async def _book(self, number: int, plan: str, items: list[Json]) -> Json | None:
        wish = wish_of(number, items, self.rng)
        for _ in range(12):
            try:
                reply = await self.system.ask(
                    "booking", "POST", "/bookings", wish, idempotency_key=f"customer-{number}"
                )
            except Gone:
                await asyncio.sleep(self.rng.uniform(0.5, 20.0))
                continue
            if reply.status < 500:
                return self._answered(number, plan, reply.status, json.loads(reply.body))
            await asyncio.sleep(self.rng.uniform(0.5, 20.0))
        return None

    def _answered(self, number: int, plan: str, status: int, body: Json) -> Json | None:
        if status != 201:
            self.trace.note("refused", f"customer {number}: {status} {body.get('code')}")
            return None
        self.accepted[body["id"]] = body
        wanted = ", ".join(f"{one['offering']} {one['start'][11:16]}" for one in body["items"])
        self.trace.note("accepted", f"customer {number} who {plan}: {wanted}", body["id"])
        return body

    async def look(self, booking: Json) -> Json:
        """The booking as its page shows it; tried until somebody answers."""
        while True:
            try:
                reply = await self.system.ask("booking", "GET", f"/bookings/{booking['id']}")
                if reply.status == 200:
                    return self._seen(json.loads(reply.body))
            except Gone:
                pass
            await asyncio.sleep(5.0)

    def _seen(self, booking: Json) -> Json:
        action = booking["payment"]["next_action"]
        pages = self.shown.setdefault(booking["id"], [])
        if action:
            page = (action["url"] or action["client_secret"]).rpartition("/")[2].partition("_secret_")[0]
            if page not in pages:
                pages.append(page)
        return booking

    async def _until_payable(self, booking: Json) -> Json:
        while True:
            stands = await self.look(booking)
            if stands["status"] in (*OVER, "awaiting_payment"):
                return stands
            await asyncio.sleep(self.rng.uniform(1.0, 10.0))

    async def _until_the_last_moment(self, stands: Json) -> None:
        action = stands["payment"]["next_action"]
        if action:
            until = datetime.fromisoformat(action["expires_at"]) - self.outside.world.now()
            await asyncio.sleep(max(until.total_seconds() - self.rng.uniform(0.0, 3.0), 0.0))

    async def _follow(self, plan: str, booking: Json) -> None:
        id = booking["id"]
        if plan in PAY_AT_ONCE:
            await self._pay(id, GOOD)
        if plan == "pays twice":
            await asyncio.sleep(self.rng.uniform(0.0, 60.0))
            await self._pay(id, GOOD)
        if plan == "pays every page" or (plan in PAY_AT_ONCE and self.rng.random() < 0.3):
            await self._pay_every_page(id)
        if plan.startswith("declined"):
            await self._be_declined(plan, id)
        if plan in ("answers the bank", "refuses the bank"):
            await self._pay(id, ASKS_THE_BANK, "approve" if plan == "answers the bank" else "cancel")
        if plan == "pays late":
            await asyncio.sleep(self.rng.uniform(200.0, 420.0))
            await self._pay(id, GOOD)
        if plan.endswith("pays a closed page"):
            await self._pay_too_late(plan, booking)
        await self._afterwards(plan, booking)

    async def _be_declined(self, plan: str, id: str) -> None:
        await self._pay(id, NO_FUNDS)
        if plan == "declined, then pays":
            await asyncio.sleep(self.rng.uniform(1.0, 90.0))
            await self._pay(id, GOOD)

    async def _until_it_failed(self, booking: Json) -> None:
        """Wait for the end of a booking, and a while more."""
        for _ in range(60):
            if (await self.look(booking))["status"] in OVER:
                break
            await asyncio.sleep(20.0)
        await asyncio.sleep(self.rng.uniform(0.0, 90.0))

    async def _pay_too_late(self, plan: str, booking: Json) -> None:
        id = booking["id"]
        if plan.startswith("leaves"):
            await self._leave(id)
        if plan.startswith("is declined"):
            await self._pay(id, NO_FUNDS)
        if self.rng.random() < 0.3:
            await asyncio.sleep(self.rng.uniform(100.0, 600.0))
        else:
            await self._until_it_failed(booking)
        # What was paid on a page that is closed already arrives all the same.
        self.outside.world.arm("stripe", "late_payment")
        await self._pay(id, GOOD)

    async def _pay_every_page(self, id: str) -> None:
        """Pay wherever one can, also on pages that we never showed: Stripe mails links to them by itself."""
        for _ in range(12):
            known = self.shown.setdefault(id, [])
            known += [one for one in self._pages(id) if one not in known]
            for page in known:
                await self._pay_on(page, id, GOOD)
            await asyncio.sleep(30.0)

    async def _afterwards(self, plan: str, booking: Json) -> None:
        id = booking["id"]
        if plan in ("cancels", "pays and cancels"):
            await self._cancel(booking, self.rng.choice((0.0, 1.0, 10.0)))
        elif plan == "leaves":
            await self._leave(id)
        elif self.rng.random() < 0.6:
            await self._try("payment", f"/payments/{id}/refresh")

    async def _cancel(self, booking: Json, within: float) -> None:
        await asyncio.sleep(within * self.rng.random())
        token = booking["manage_url"].partition("#t=")[2]
        await self._try("booking", f"/bookings/{booking['id']}/cancel", x_manage_token=token)

    async def _leave(self, id: str) -> None:
        for session in self._sessions(id)[-1:]:
            _, _, token = str(session["cancel_url"]).partition("token=")
            await self._try("payment", f"/payments/{id}/left?token={token}")

    async def _try(self, service: str, path: str, **headers: str) -> None:
        for _ in range(3):
            try:
                reply = await self.system.ask(service, "POST", path, **headers)
                self.trace.note("customer", f"POST {path.partition('?')[0]} -> {reply.status}")
                if reply.status < 500:
                    return
            except Gone:
                pass
            await asyncio.sleep(self.rng.uniform(1.0, 10.0))

    # At the provider's pages

    def _pages(self, id: str) -> list[str]:
        """Every page and form of a booking, shown or not."""
        forms = self.outside.world.all("stripe.payment_intent")
        mine = [one for one in forms if one["metadata"].get("booking_id") == id]
        shown_by_us = [one["id"] for one in mine if one["metadata"].get("shown_as") == "form"]
        return [*(one["id"] for one in self._sessions(id)), *shown_by_us]

    def _sessions(self, id: str) -> list[Json]:
        found = self.outside.world.all("stripe.checkout.session")
        return [one for one in found if one["metadata"].get("booking_id") == id]

    async def _pay(self, id: str, card: str, action: str = "approve") -> None:
        """Pay on any page that this customer was ever shown."""
        if not self.shown.get(id):
            return
        await self._pay_on(self.rng.choice(self.shown[id]), id, card, action)

    async def _pay_on(self, page: str, id: str, card: str, action: str = "approve") -> None:
        if self.rng.random() < 0.3:
            # Another tab of the same customer asks how it stands, a moment before.
            self.tabs.append(self.system.loop.create_task(self._try("payment", f"/payments/{id}/refresh")))
            await asyncio.sleep(self.rng.uniform(0.0, 2.0))
        late = bool(self.outside.world.armed())
        outcome = payer.pay(self.outside.world, page, card, action)
        self.trace.note("customer", f"pays {page}: {outcome['outcome']}", id)
        if outcome["outcome"] in ("paid", "authorized") and not late and page in self.outside.known:
            self.witness(id)
