"""The outside world of an installation, as the sandbox lets it be seen, moved and broken."""

from typing import Any

import httpx

from tests.support.installation import Json

GOOD = "4242 4242 4242 4242"
NO_FUNDS = "4000 0000 0000 9995"
ASKS_THE_BANK = "4000 0027 6000 3184"
_KEY = {"Authorization": "Bearer sk_test_sandbox"}


class Outside:
    """Customers at the provider's pages, the provider's own books, calendars, mails, and switches."""

    def __init__(self, http: httpx.AsyncClient, address: str) -> None:
        self._http = http
        self._control = f"{address}/control"
        self._provider = f"{address}/stripe/v1"

    async def _get(self, path: str, **query: Any) -> Any:
        answer = await self._http.get(f"{self._control}/{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    async def _post(self, path: str, body: Json) -> Any:
        answer = await self._http.post(f"{self._control}/{path}", json=body)
        assert answer.is_success, f"the sandbox refused {path}: {answer.text}"
        return answer.json()

    async def pay(self, url: str, card: str = GOOD, action: str = "", *, comes_back: bool = True) -> Json:
        """Type a card on a payment page; what came of it."""
        wish = {"url": url, "card": card, "action": action, "return": comes_back}
        return dict(await self._post("pay", wish))

    async def leave(self, url: str) -> Json:
        """Go back from a payment page without paying."""
        return dict(await self._post("pay", {"url": url, "action": "cancel"}))

    async def answer_bank(self, url: str, *, approve: bool) -> Json:
        """Answer the bank's question."""
        return dict(await self._post("pay", {"url": url, "action": "approve" if approve else "cancel"}))

    async def intents(self) -> list[Json]:
        """Every payment the provider knows, from its own API."""
        return await self.provider("payment_intents")

    async def provider(self, what: str) -> list[Json]:
        """A whole list of the provider's API, newest first."""
        found: list[Json] = []
        while True:
            after = {"starting_after": found[-1]["id"]} if found else {}
            answer = await self._http.get(
                f"{self._provider}/{what}", params={"limit": 100, **after}, headers=_KEY
            )
            answer.raise_for_status()
            page = answer.json()
            found += page["data"]
            if not page["has_more"]:
                return found

    async def charges(self) -> list[Json]:
        """Every attempt to take money, newest first."""
        return list(await self._get("charges"))

    async def refunds(self) -> list[Json]:
        """All money given back, newest first."""
        return list(await self._get("refunds"))

    async def events(self) -> list[Json]:
        """What all calendars show."""
        return list(await self._get("calendar"))

    async def mails(self, to: str = "") -> list[Json]:
        """The inbox, newest first."""
        return list(await self._get("mails", to=to, limit=100_000))

    async def mail(self, id: str) -> Json:
        """One mail with everything in it."""
        return dict(await self._get(f"mails/{id}"))

    async def webhooks(self) -> list[Json]:
        """Every delivery of an event, newest first."""
        return list(await self._get("webhooks"))

    async def redeliver(self, event: str, times: int) -> None:
        """Tell an event again."""
        await self._post(f"webhooks/{event}/redeliver", {"times": times})

    async def break_it(self, provider: str, fault: str, **options: Any) -> None:
        """Throw a switch that breaks something."""
        await self._post("faults", {"provider": provider, "fault": fault, **options})

    async def mend(self) -> None:
        """Mend everything."""
        (await self._http.delete(f"{self._control}/faults")).raise_for_status()

    async def now(self) -> str:
        """The time out there."""
        return str((await self._get("clock"))["now"])

    async def advance(self, seconds: float) -> None:
        """Let time pass out there; in one process it passes for everybody."""
        await self._post("clock", {"advance_seconds": seconds})
