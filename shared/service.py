"""A running service: its app, its database, and the loops that keep its promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from sqlalchemy import MetaData

from shared.db import Database, is_database_down
from shared.dead_letters import dead_letter_routes
from shared.errors import Misconfigured, Refusal
from shared.events.message import Event
from shared.http import InternalOnly, TracedApp, Tracing, add_problem_handlers, health_routes
from shared.messaging.bus import Bus, Subscription
from shared.messaging.inbox import Inbox
from shared.messaging.relay import Relay
from shared.messaging.tables import Spine
from shared.messaging.tasks import TaskWorker
from shared.messaging.work import Desk, Handlers, Tasks, UnitOfWork
from shared.migrate import is_current, migrate
from shared.runtime import Runtime
from shared.telemetry import logger

POLL = 0.4
TIDY_EVERY = 3600.0
DRAIN = 20.0


class Service:
    """One service, whole: start it, stop it, ask it over HTTP through `app`."""

    def __init__(
        self, desk: Desk, tasks: Tasks, bus: Bus, *, metadata: MetaData, migrations: Path, poll: float = POLL
    ) -> None:
        self.name = desk.service
        self.desk = desk
        self.database = desk.database
        self.bus = bus
        self.inbox = Inbox(desk)
        self.relay = Relay(desk, bus, poll=poll)
        self.tasks = TaskWorker(desk, tasks, poll=poll)
        self.app: FastAPI
        self.on_start: list[Callable[[], Awaitable[None]]] = []
        self.on_stop: list[Callable[[], Awaitable[None]]] = []
        self.tidies: list[Callable[[UnitOfWork], Awaitable[None]]] = []
        self._metadata = metadata
        self._migrations = migrations
        self._poll = poll
        self._loops: list[asyncio.Task[None]] = []
        self._log = logger(self.name)

    def listens_to(self) -> tuple[str, ...]:
        """The events of other services that this one handles."""
        return events_of(self.desk.handlers, self.name)

    async def migrate(self, target: str = "heads") -> None:
        await migrate(self.database, self._migrations, self._metadata, target)

    async def check_schema(self) -> None:
        """Raise Misconfigured unless the database has the newest schema."""
        if not await is_current(self.database, self._migrations):
            raise Misconfigured(
                f"the database of {self.name} has an older schema: run `holdfast migrate {self.name}`"
            )

    async def start(self) -> None:
        """Begin to work. The schema must be current."""
        await self.check_schema()
        if self.bus.stores:
            await self.tasks.forget_leases()
        for begin in self.on_start:
            await begin()
        await self.bus.subscribe(self.subscription())
        self._loops = [
            asyncio.create_task(self._supervised(self.relay.run, "relay")),
            asyncio.create_task(self._supervised(self._work_off_inbox, "inbox")),
            asyncio.create_task(self._supervised(self.tasks.run, "tasks")),
            asyncio.create_task(self._supervised(self._tidy, "tidy")),
        ]

    def subscription(self) -> Subscription:
        # In one process the bus stores into the inbox; from a broker the message is handled at once.
        deliver = self.inbox.put if self.bus.stores else self.inbox.take_over
        return Subscription(self.name, self.listens_to(), deliver, self.inbox.bury)

    async def stop(self) -> None:
        """Stop taking work, finish what has begun, send what is written, and let go."""
        await self.bus.unsubscribe(self.name)
        for loop in self._loops[1:]:
            loop.cancel()
        await self.tasks.drain(DRAIN)
        await self._flush()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []
        for end in self.on_stop:
            await end()
        await self.database.dispose()

    async def _flush(self) -> None:
        try:
            await self.relay.let_go()
        except Exception as error:
            if not is_database_down(error):
                raise
            self._log.warning("stopped without its database", error=str(error))

    async def _supervised(self, run: Callable[[], Awaitable[None]], name: str) -> None:
        while True:
            try:
                await run()
            except Exception:
                self._log.exception("loop failed and starts again", loop=name)
                await asyncio.sleep(1.0)

    async def _work_off_inbox(self) -> None:
        while True:
            self.inbox.kick.clear()
            try:
                worked = await self.inbox.work_off()
            except Exception as error:
                if not is_database_down(error):
                    raise
                self._log.warning("database away, messages wait", error=str(error))
                await asyncio.sleep(1.0)
                continue
            if not worked:
                await self._wait_for_messages()

    async def _wait_for_messages(self) -> None:
        try:
            await asyncio.wait_for(self.inbox.kick.wait(), self._poll)
        except TimeoutError:
            return

    async def _tidy(self) -> None:
        while True:
            await self.desk.runtime.clock.sleep(TIDY_EVERY)
            await self.inbox.tidy()
            for tidy in self.tidies:
                async with self.desk.unit_of_work() as work:
                    await tidy(work)

    async def ready(self) -> list[str]:
        """What is degraded; raises Refusal when the service can do nothing."""
        try:
            await self.database.check()
        except Exception as error:
            if not is_database_down(error):
                raise
            raise Refusal("database_unavailable", "The database does not answer.", status=503) from error
        return [] if self.bus.connected else ["the message broker is away; work is kept"]


def events_of(handlers: Handlers, service: str) -> tuple[str, ...]:
    """The wire names of other services' events in a table of handlers."""
    heard = (kind for kind in handlers if issubclass(kind, Event) and kind.service() != service)
    return tuple(sorted(kind.wire_name for kind in heard))


def new_service(
    name: str,
    *,
    metadata: MetaData,
    spine: Spine,
    migrations: Path,
    database_url: str,
    runtime: Runtime,
    bus: Bus,
    handlers: Handlers,
    tasks: Tasks,
    deps: Any,
    routers: Sequence[APIRouter],
    internal_key: str,
    pool: int = 10,
    poll: float = POLL,
) -> Service:
    """Put a service together from its parts."""
    desk = Desk(name, Database(database_url, pool=pool), runtime, spine, handlers, deps)
    service = Service(desk, tasks, bus, metadata=metadata, migrations=migrations, poll=poll)
    service.app = build_app(service, routers, internal_key)
    return service


def build_app(service: Service, routers: Sequence[APIRouter], internal_key: str) -> FastAPI:
    """The internal HTTP of a service."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()
            await service.bus.close()

    app = TracedApp(title=f"Holdfast {service.name}", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.traced = lambda stack: Tracing(stack, runtime=service.desk.runtime, service=service.name)
    app.state.desk = service.desk
    app.state.service = service
    app.add_middleware(InternalOnly, key=internal_key)
    add_problem_handlers(app, service.name)
    app.include_router(health_routes(service.ready))
    app.include_router(dead_letter_routes(service.inbox))
    for router in routers:
        app.include_router(router)
    return app
