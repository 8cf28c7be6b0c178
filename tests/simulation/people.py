"""Customers and operators: they pay, decline, leave, come back, change their minds, and try again."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe import customer as payer
from tests.simulation.installed import SHOP
from tests.simulation.outside import Outside
from tests.simulation.process import Gone
from tests.simulation.system import System
from tests.simulation.trace import Trace

GOOD = "4242424242424242"
NO_FUNDS = "4000000000009995"
ASKS_THE_BANK = "4000002760003184"
PLANS = (
    "pays",
    "pays",
    "pays",
    "pays twice",
    "declined, then pays",
    "declined",
    "answers the bank",
    "refuses the bank",
    "leaves",
    "closes the page",
    "cancels",
    "cancels at once",
    "pays and cancels",
    "pays late",
    "pays a closed page",
    "pays a closed page",
    "leaves, then pays a closed page",
    "is declined, then pays a closed page",
)
DAY = "2026-03-03T"
ON_THE_HOUR = ("10:00", "11:00")
STARTS = ("10:00", "10:30", "11:00")
OFFERINGS = ("visit", "visit", "long", "hello", "room", "course", "course", "hurry")
OVER = ("confirmed", "failed")

Json = dict[str, Any]


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
    # Asks, when money is given, whether the booking could still take it.
    witness: Callable[[str], None] = lambda _: None

    async def customer(self, number: int) -> None:
        """One customer, from the wish to the end."""
        plan = self.rng.choice(PLANS)
        booking = await self._book(number, plan)
        if booking is None:
            return
        if plan == "cancels at once":
            await self._cancel(booking, self.rng.choice((0.0, 1.0, 5.0)))
            return
        stands = await self._until_payable(booking)
        if stands["status"] in OVER or plan == "closes the page":
            return
        await asyncio.sleep(self.rng.uniform(0.0, 30.0))
        await self._follow(plan, booking)

    async def _book(self, number: int, plan: str) -> Json | None:
        offerings = [self.rng.choice(OFFERINGS) for _ in range(self.rng.choice((1, 1, 2, 2, 3)))]
        wish: Json = {
            "items": [{"offering": f"{SHOP}.{one}", "start": self._start(one)} for one in offerings],
            "customer": {"name": f"Customer {number}", "email": f"customer-{number}@example.com"},
        }
        if set(offerings) != {"hello"}:
            wish["payment"] = {"method": self.rng.choice(("checkout", "card"))}
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

    def _start(self, offering: str) -> str:
        # Off the grid is possible too, and refused.
        whole = offering in ("room", "course") and self.rng.random() < 0.95
        return f"{DAY}{self.rng.choice(ON_THE_HOUR if whole else STARTS)}:00+00:00"

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

    async def _follow(self, plan: str, booking: Json) -> None:
        id = booking["id"]
        if plan in ("pays", "pays twice", "pays and cancels"):
            self._pay(id, GOOD)
        if plan == "pays twice":
            await asyncio.sleep(self.rng.uniform(0.0, 60.0))
            self._pay(id, GOOD)
        if plan in ("declined", "declined, then pays"):
            self._pay(id, NO_FUNDS)
        if plan == "declined, then pays":
            await asyncio.sleep(self.rng.uniform(1.0, 90.0))
            self._pay(id, GOOD)
        if plan in ("answers the bank", "refuses the bank"):
            self._pay(id, ASKS_THE_BANK, "approve" if plan == "answers the bank" else "cancel")
        if plan == "pays late":
            await asyncio.sleep(self.rng.uniform(200.0, 420.0))
            self._pay(id, GOOD)
        if plan.endswith("pays a closed page"):
            await self._pay_too_late(plan, id)
        await self._afterwards(plan, booking)

    async def _pay_too_late(self, plan: str, id: str) -> None:
        if plan.startswith("leaves"):
            await self._leave(id)
        if plan.startswith("is declined"):
            self._pay(id, NO_FUNDS)
        await asyncio.sleep(self.rng.uniform(100.0, 600.0))
        # What was paid on a page that is closed already arrives all the same.
        self.outside.world.arm("stripe", "late_payment")
        self._pay(id, GOOD)

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

    def _sessions(self, id: str) -> list[Json]:
        found = self.outside.world.all("stripe.checkout.session")
        return [one for one in found if one["metadata"].get("booking_id") == id]

    def _pay(self, id: str, card: str, action: str = "approve") -> None:
        """Pay on any page that this customer was ever shown."""
        if not self.shown.get(id):
            return
        page = self.rng.choice(self.shown[id])
        late = bool(self.outside.world.armed())
        outcome = payer.pay(self.outside.world, page, card, action)
        self.trace.note("customer", f"pays {page}: {outcome['outcome']}", id)
        if outcome["outcome"] in ("paid", "authorized") and not late:
            self.witness(id)

    # Operators

    async def operator(self) -> None:
        """Somebody who looks at what hangs, and sometimes acts."""
        while not self.system.weather.calm:
            await asyncio.sleep(self.rng.uniform(30.0, 300.0))
            try:
                await self._operate()
            except Gone:
                continue

    async def _operate(self) -> None:
        reply = await self.system.ask("booking", "GET", "/admin/sagas?limit=50")
        if reply.status != 200:
            return
        open_ = [one for one in json.loads(reply.body)["sagas"] if one["status"] in ("running", "undoing")]
        if not open_:
            return
        saga = self.rng.choice(open_)
        reply = await self.system.ask("booking", "GET", f"/admin/sagas/{saga['id']}")
        if reply.status != 200:
            return
        state = json.loads(reply.body)["state"]
        action = self.rng.choice(("retry", "retry", "give-up"))
        wish = {"reason": "looks stuck", "author": "simulated", **self._step_of(state)}
        reply = await self.system.ask("booking", "POST", f"/admin/sagas/{saga['id']}/{action}", wish)
        self.trace.note("operator", f"{action} {wish.get('step', '')}: {reply.status}", state["booking_id"])

    def _step_of(self, state: Json) -> Json:
        waiting = [key for key, one in state["steps"].items() if one["status"] in ("sent", "undoing")]
        if not waiting:
            return {}
        step, _, item = self.rng.choice(waiting).partition("/")
        return {"step": step, "item": item}
