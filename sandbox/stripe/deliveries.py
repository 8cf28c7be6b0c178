"""Webhooks: signed, and tried again until somebody takes them."""

import asyncio
import contextlib
import hashlib
import hmac
import json

import httpx

from sandbox.stripe.account import Account
from sandbox.stripe.event_log import listeners
from sandbox.stripe.settings import Listener, StripeSandboxSettings
from sandbox.stripe.sweep import sweep
from sandbox.world import Document, World

_DELIVERY = "stripe.delivery"
_AT_ONCE = 16
_LOOKED_AT = 50


class Deliveries:
    """Tells every endpoint what happened, for as long as it runs; what is left waits in the world."""

    def __init__(
        self, world: World, settings: StripeSandboxSettings, client: httpx.AsyncClient | None = None
    ) -> None:
        self._world = world
        self._settings = settings
        self._client = client or httpx.AsyncClient(timeout=settings.delivery_timeout)
        self._owns_client = client is None
        self._wake = asyncio.Event()
        self._tried: list[Document] = []
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to deliver, what an earlier run left behind first."""
        self._loop = asyncio.get_running_loop()
        self._world.watch(_DELIVERY, self._nudge)
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop; deliveries under way are tried again by the next run."""
        if self._running is None:
            return
        self._world.unwatch(_DELIVERY, self._nudge)
        tasks = [self._running, *self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running = None
        if self._owns_client:
            await self._client.aclose()

    async def deliver_due(self) -> int:
        """Deliver everything that is due now, and wait until it was tried."""
        tried = 0
        while self._launch() or self._under_way:
            tried += len(self._under_way)
            await asyncio.gather(*set(self._under_way.values()))
            self._note()
        return tried

    def _nudge(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            sweep(Account(self._world, self._settings))
            self._note()
            self._launch()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll_seconds):
                    await self._wake.wait()

    def _launch(self) -> bool:
        seats = _AT_ONCE - len(self._under_way)
        if seats <= 0:
            return False
        now = self._world.now().timestamp()
        due = self._world.find(_DELIVERY, ("at", "<=", now), limit=_LOOKED_AT + len(self._under_way))
        waiting = [one for one in due if one["id"] not in self._under_way]
        held = [one for one in waiting if one["held"]]
        for delivery in [one for one in waiting if not one["held"]][:seats]:
            self._begin([delivery])
        if held:
            self._begin(held[::-1])
        return bool(waiting)

    def _begin(self, in_order: list[Document]) -> None:
        task = asyncio.create_task(self._deliver_all(in_order))
        for delivery in in_order:
            self._under_way[delivery["id"]] = task

    async def _deliver_all(self, in_order: list[Document]) -> None:
        for delivery in in_order:
            tried = await self._deliver(delivery)
            self._tried.append(tried)
            self._wake.set()

    def _note(self) -> None:
        """What was tried goes into the world in one commit; a crash before it only means one repeat more."""
        tried, self._tried = self._tried, []
        if not tried:
            return
        with self._world.transaction():
            for delivery in tried:
                # Somebody may have made the world forget meanwhile.
                if self._world.get(_DELIVERY, delivery["id"]) is not None:
                    self._world.put(_DELIVERY, delivery["id"], delivery)
        for delivery in tried:
            self._under_way.pop(delivery["id"], None)

    async def _deliver(self, delivery: Document) -> Document:
        listener = listeners(self._world, self._settings).get(delivery["endpoint"])
        event = self._world.get("stripe.event", delivery["event"])
        if listener is None or event is None:
            return delivery | {"status": "abandoned", "at": None}
        attempt: Document = {"at": self._world.now().timestamp(), "status": None, "error": None}
        try:
            attempt["status"] = await self._post(listener, event)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            attempt["error"] = f"{type(problem).__name__}: {problem}"
        return self._judged(delivery, attempt)

    async def _post(self, listener: Listener, event: Document) -> int:
        body = json.dumps(event | {"pending_webhooks": 1}, indent=2)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, listener.secret, int(self._world.now().timestamp())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        answer = await self._client.post(listener.url, content=body, headers=headers, follow_redirects=False)
        return answer.status_code

    def _judged(self, delivery: Document, attempt: Document) -> Document:
        attempts = [*delivery["attempts"], attempt]
        if attempt["status"] is not None and 200 <= attempt["status"] < 300:
            return delivery | {"attempts": attempts, "status": "delivered", "at": None, "held": False}
        delays = self._settings.retry_delays
        if len(attempts) > len(delays):
            return delivery | {"attempts": attempts, "status": "failed", "at": None, "held": False}
        again = self._world.now().timestamp() + delays[len(attempts) - 1]
        return delivery | {"attempts": attempts, "at": again, "held": False}


def signature(body: str, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header of a body."""
    mac = hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"
