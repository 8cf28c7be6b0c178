"""Somebody who books over HTTP, and remembers everything that was promised."""

import asyncio
import time
from datetime import datetime
from typing import Any

import httpx

from tests.support.installation import Installation, Json
from tests.support.outside import GOOD, Outside
from tests.support.shop import Shop, catalog_of, written

OVER = {"confirmed", "failed"}
# Availability begins now; a test wants times that do not begin while it runs.
LATER_TODAY = 24


class NotInTime(AssertionError):
    """A booking did not become what it was waited for."""


class Customer:
    """One customer of one installation, with a mail address of their own."""

    def __init__(self, installation: Installation, http: httpx.AsyncClient) -> None:
        self.installation = installation
        self.http = http
        self.outside = Outside(http, installation.sandbox)
        self.email = f"{installation.new_name('anna')}@example.com"

    # What is offered

    async def shop(self) -> Shop:
        """A new business that nobody else books with, known to the calendar."""
        shop = Shop(self.installation.new_name("shop"))
        await self.apply(catalog_of(shop.slug))
        deadline = time.monotonic() + 10
        while (await self._availability(shop.course)).status_code != 200:
            assert time.monotonic() < deadline, "the calendar did not hear of the catalog"
            await asyncio.sleep(0.02)
        return shop

    async def apply(self, catalog: Json) -> httpx.Response:
        """Apply a catalog as an operator."""
        headers = {"Content-Type": "text/yaml", **self.installation.operator}
        answer = await self.http.post("/v1/admin/catalog", content=written(catalog), headers=headers)
        assert answer.is_success, answer.text
        return answer

    async def _availability(self, offering: str, **query: Any) -> httpx.Response:
        return await self.http.get("/v1/availability", params={"offering": offering, **query})

    async def free_slots(self, offering: str) -> list[str]:
        """The free starts of the next days."""
        answer = await self._availability(offering, timezone="Europe/London")
        assert answer.status_code == 200, answer.text
        return [slot["start"] for slot in answer.json()["slots"]]

    async def offered(self, offering: str, start: str) -> bool:
        """Whether this start can be booked now."""
        return moment(start) in map(moment, await self.free_slots(offering))

    async def a_slot(self, offering: str, nth: int = 0) -> str:
        """A free start some hours from now."""
        return (await self.free_slots(offering))[LATER_TODAY + nth]

    # Booking

    def wish(self, *items: tuple[str, str], method: str | None = None, **more: Any) -> Json:
        """The body of a booking of offerings at their starts."""
        return {
            "items": [{"offering": offering, "start": start} for offering, start in items],
            "customer": {"name": "Anna Smith", "email": self.email},
            **({"payment": {"method": method}} if method else {}),
            **more,
        }

    async def ask_for(self, wish: Json, key: str = "", prefer: str = "") -> httpx.Response:
        """Ask for a booking; whatever is answered."""
        headers = {"Idempotency-Key": key or self.installation.new_name("key")}
        if prefer:
            headers["Prefer"] = prefer
        answer = await self.http.post("/v1/bookings", json=wish, headers=headers, timeout=40)
        if answer.is_success:
            booking = answer.json()
            self.installation.accepted[booking["id"]] = booking
        return answer

    async def insist(self, wish: Json) -> httpx.Response:
        """Ask for a booking, and ask again with the same key until the answer is a clear one."""
        key = self.installation.new_name("key")
        while True:
            answer = await self.ask_for(wish, key, prefer="wait=30")
            if answer.status_code not in (202, 503):
                return answer
            await asyncio.sleep(1)

    async def book(self, offering: str, start: str = "", method: str | None = None) -> Json:
        """Book one thing at a start, or at any; how it stands then."""
        wish = self.wish((offering, start or await self.a_slot(offering)), method=method)
        answer = await self.ask_for(wish)
        assert answer.status_code == 201, f"{answer.status_code}: {answer.text}"
        return dict(answer.json())

    async def look(self, booking: Json) -> Json:
        """The booking as its customer sees it."""
        answer = await self.http.get(f"/v1/bookings/{booking['id']}", headers=self.shown(booking))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def shown(self, booking: Json) -> dict[str, str]:
        """The header that opens the booking to its customer."""
        return {"X-Manage-Token": manage_token(booking)}

    async def until(self, booking: Json, status: str, seconds: float = 15) -> Json:
        """The booking as soon as it has the status; it must get there in time, and not elsewhere."""
        deadline = time.monotonic() + seconds
        while True:
            found = await self.look(booking)
            if found["status"] == status:
                return found
            if found["status"] in OVER or time.monotonic() > deadline:
                told = [entry["what"] for entry in await self.timeline(booking)]
                raise NotInTime(f"{found['status']} ({found['reason']}), not {status}: {told}")
            await asyncio.sleep(0.03)

    async def until_at_last(self, booking: Json, status: str, seconds: float = 15) -> Json:
        """The booking as soon as it has the status, also when another one looked like the end."""
        deadline = time.monotonic() + seconds
        while (found := await self.look(booking))["status"] != status:
            if time.monotonic() > deadline:
                raise NotInTime(f"{found['status']} ({found['reason']}), not {status}")
            await asyncio.sleep(0.03)
        return found

    async def until_shown(self, booking: Json, seconds: float = 15) -> Json:
        """The booking as soon as it says that outside calendars show it."""
        deadline = time.monotonic() + seconds
        while (found := await self.look(booking))["calendar"]["status"] != "written":
            if time.monotonic() > deadline:
                raise NotInTime(f"the calendar is {found['calendar']['status']}")
            await asyncio.sleep(0.03)
        return found

    async def pay(
        self, booking: Json, card: str = GOOD, action: str = "", *, comes_back: bool = True
    ) -> Json:
        """Do what the booking's next step asks for, with a card; what the provider says."""
        return await self.outside.pay(pay_address(booking), card, action, comes_back=comes_back)

    async def leave(self, booking: Json) -> Json:
        """Go back from the payment page without paying."""
        return await self.outside.leave(pay_address(booking))

    async def cancel(self, booking: Json) -> httpx.Response:
        """Give the booking up."""
        return await self.http.post(
            f"/v1/bookings/{booking['id']}/cancel", json={}, headers=self.shown(booking), timeout=40
        )

    async def confirm(self, booking: Json) -> Json:
        """Ask for the truth now, as the page does after the return from the provider."""
        answer = await self.http.post(f"/v1/bookings/{booking['id']}/confirm", timeout=40)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def timeline(self, booking: Json) -> list[Json]:
        """What happened to the booking."""
        answer = await self.http.get(f"/v1/bookings/{booking['id']}/timeline")
        answer.raise_for_status()
        return list(answer.json()["entries"])

    # What the outside shows of it

    async def charges(self, booking: Json) -> list[Json]:
        """Every attempt to charge for the booking."""
        return [one for one in await self.outside.charges() if _is_of(one, booking)]

    async def taken(self, booking: Json) -> list[int]:
        """The amounts that were really taken for the booking."""
        return [one["amount_captured"] for one in await self.charges(booking) if one["captured"]]

    async def reserved(self, booking: Json) -> list[int]:
        """The amounts that are reserved for the booking and not taken."""
        found = [one for one in await self.outside.intents() if _is_of(one, booking)]
        return [one["amount_capturable"] for one in found if one["amount_capturable"]]

    async def returned(self, booking: Json) -> list[int]:
        """The amounts that were given back."""
        return [one["amount"] for one in await self.outside.refunds() if _is_of(one, booking)]

    async def events(self, booking: Json) -> list[Json]:
        """The events that outside calendars show for the booking's items."""
        items = {item["id"] for item in booking["items"]}
        return [one for one in await self.outside.events() if item_of(one) in items]

    async def mails(self) -> list[Json]:
        """The mails this customer got, oldest first."""
        return (await self.outside.mails(self.email))[::-1]

    async def mails_within(self, number: int, seconds: float = 10) -> list[Json]:
        """The customer's mails, as soon as there are that many."""
        deadline = time.monotonic() + seconds
        while len(found := await self.mails()) < number and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        return found

    async def mails_about(self, booking: Json, number: int, seconds: float = 10) -> list[Json]:
        """The mails that name the booking, as soon as there are that many."""
        deadline = time.monotonic() + seconds
        while True:
            found = [mail for mail in await self.mails() if booking["reference"] in mail["text"]]
            if len(found) >= number or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.05)

    async def events_within(self, booking: Json, number: int, seconds: float = 10) -> list[Json]:
        """The booking's events, as soon as there are that many."""
        deadline = time.monotonic() + seconds
        while len(found := await self.events(booking)) < number and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        return found


def moment(text: str) -> datetime:
    """A time as the API writes it."""
    return datetime.fromisoformat(text)


def manage_token(booking: Json) -> str:
    """The token in the booking's manage link."""
    return str(booking["manage_url"]).partition("#t=")[2]


def pay_address(booking: Json) -> str:
    """Where the customer pays: the provider's page, or the card form with its secret."""
    action = booking["payment"]["next_action"]
    assert action, f"there is nothing to pay: {booking['status']}"
    return str(action["url"] or f"/pay/{booking['id']}?client_secret={action['client_secret']}")


def item_of(event: Json) -> str:
    """The booked item that an outside event is of."""
    return str(event.get("extendedProperties", {}).get("private", {}).get("holdfastItem", ""))


def _is_of(found: Json, booking: Json) -> bool:
    return bool(found["metadata"].get("booking_id") == booking["id"])
