"""The guards of the product, each taken out for a while."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import stripe
from sqlalchemy import delete, insert, select

from services.booking import coordinator
from services.booking.sagas.book import BOOK, CAPTURE, COLLECT, CONFIRM, HOLD
from services.calendar import repository, wishes
from services.calendar.tables import holds
from services.notify import repository as notifications
from services.notify import sending
from services.payment import decide, hints, position, trails
from services.payment import main as payment_main
from services.payment.providers.stripe_errors import WitnessClient
from services.payment.providers.stripe_reading import read_intent, read_session
from shared.messaging import tasks
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Inbox, _once
from shared.messaging.relay import BATCH, Relay
from shared.messaging.work import UnitOfWork
from shared.saga.advance import _Engine
from tests.simulation import run
from tests.simulation.installed import install


@contextmanager
def replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    """Something of the product is another thing for a while."""
    known = owner.__dict__[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, known)


@contextmanager
def no_inbox() -> Iterator[None]:
    """A message that comes twice is handled twice."""

    claim = Inbox._claim

    async def everything(
        self: Inbox, envelopes: list[Envelope], work: UnitOfWork, *, shelved: bool
    ) -> list[Envelope]:
        known = await claim(self, envelopes, work, shelved=shelved)
        return known if shelved else _once(envelopes)

    with replaced(Inbox, "_claim", everything):
        yield


@contextmanager
def no_idempotency_key() -> Iterator[None]:
    """The provider cannot know that a call is the repeat of another."""
    ask = WitnessClient.request_async

    async def without_key(
        self: WitnessClient, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        kept = {name: value for name, value in headers.items() if name.lower() != "idempotency-key"}
        return await ask(self, method, url, kept, post_data)

    with replaced(WitnessClient, "request_async", without_key):
        yield


@contextmanager
def no_tombstone() -> Iterator[None]:
    """A release that overtakes its hold leaves nothing behind."""

    async def nothing(*_: object) -> bool:
        return True

    with replaced(repository, "leave_tombstone", nothing):
        yield


@contextmanager
def no_single_flight() -> Iterator[None]:
    """Two workers may perform the same task, and two calls for one event may overlap."""
    with (
        replaced(tasks, "LEASE", timedelta(0)),
        replaced(wishes, "CALL_LASTS", timedelta(0)),
        replaced(sending, "_claim", _nothing_to_claim),
    ):
        yield


async def _nothing_to_claim(desk: Any, dossier: Any, letter: Any) -> None:
    async with desk.unit_of_work() as work:
        await notifications.claim(work, dossier, message_id=letter.message_id)


@contextmanager
def no_expire_before_release() -> Iterator[None]:
    """A page that nobody paid on is simply forgotten."""
    order_for, is_alive = decide._order_for, position.is_alive

    def no_order(payment: Any, attempt: Any, keeper: Any, at: Any) -> Any:
        order = order_for(payment, attempt, keeper, at)
        return None if order is not None and order.kind == "expire" else order

    def forgotten(payment: Any, attempt: Any) -> bool:
        over = attempt.state == "action_required" and position.stage(payment, _far()) != "collecting"
        return False if over else is_alive(payment, attempt)

    with replaced(decide, "_order_for", no_order), replaced(decide, "is_alive", forgotten):
        yield


def _far() -> datetime:
    return datetime.fromisoformat("2100-01-01T00:00:00+00:00")


@contextmanager
def undo_skipped_on_timeout() -> Iterator[None]:
    """What timed out is taken for what never happened."""

    def only_before(self: _Engine, step: Any, item: str) -> None:
        self.plan.settle(step, item, "refused")
        self.plan.note("timed out", step.name, item)
        self.undo_from(self.plan.at - 1, "timed_out", step.name)

    with replaced(_Engine, "_timed_out", only_before):
        yield


@contextmanager
def outbox_forgets_early() -> Iterator[None]:
    """A message is struck off before the broker has it."""

    async def hasty(self: Relay) -> int:
        await self._renew()
        outbox = self.desk.spine.outbox
        self.kick.clear()
        async with self.desk.unit_of_work() as work:
            query = select(outbox.c.seq, outbox.c.envelope).where(outbox.c.shard.in_(self._shards))
            rows = (await work.connection.execute(query.order_by(outbox.c.seq).limit(BATCH))).all()
            await work.connection.execute(delete(outbox).where(outbox.c.seq.in_([row.seq for row in rows])))
        if rows:
            await self.bus.publish([Envelope.from_wire(row.envelope) for row in rows])
        return len(rows)

    with replaced(Relay, "carry", hasty):
        yield


@contextmanager
def capture_before_confirm() -> Iterator[None]:
    """The money is taken before the time is certain."""
    late = replace(CONFIRM, undo=None, undone=None)
    hasty = replace(BOOK, steps=(HOLD, COLLECT, CAPTURE, late))
    engine = coordinator.SAGA_ENGINE
    with (
        replaced(engine, "_known", {**engine._known, ("book", 1): hasty}),
        replaced(coordinator, "status_of", lambda state: None),
    ):
        yield


@contextmanager
def no_constraint() -> Iterator[None]:
    """Neither the database nor the statement refuses an overlap."""

    def without_triggers(folder: Path) -> None:
        install(folder)
        with contextlib.closing(sqlite3.connect(folder / "calendar.db")) as database:
            for name in ("holds_overlap_insert", "holds_overlap_update"):
                database.execute(f"DROP TRIGGER {name}")

    async def always(connection: Any, row: Mapping[str, Any]) -> bool:
        found = await connection.scalar(select(holds.c.id).where(holds.c.id == row["id"]))
        if found is None:
            await connection.execute(insert(holds).values(**row))
        return found is None

    async def nobody(*_: object) -> list[range]:
        return []

    with (
        replaced(run, "install", without_triggers),
        replaced(repository, "insert_if_free", always),
        replaced(repository, "used_units", nobody),
    ):
        yield


@contextmanager
def webhook_trusted() -> Iterator[None]:
    """What a hint says of its object is believed; nobody asks the provider."""
    said: dict[str, Any] = {}

    async def believed(database: Any, provider: Any, kind: Any, ref: str) -> Any:
        return await follow(database, _Believer(provider, said.get(ref)), kind, ref)

    async def remembering(task: Any, desk: Any, deps: Any) -> None:
        async with desk.database.reading() as connection:
            event = (await connection.execute(hints._event(task))).one()
        said[event.object_ref] = event.raw["data"]["object"]
        await heed(task, desk, deps)

    follow, heed = trails.follow, hints.follow_hint
    tasks_of_payment = {**payment_main.TASKS, hints.PROVIDER_EVENT: remembering}
    with replaced(hints, "follow", believed), replaced(payment_main, "TASKS", tasks_of_payment):
        yield


class _Believer:
    """A provider that answers from the webhook's own body."""

    def __init__(self, provider: Any, body: Any) -> None:
        self._provider = provider
        self._body = body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def get_payment(self, refs: Any) -> Any:
        body = stripe.StripeObject.construct_from(self._body, "sk_test_sandbox")
        if self._body["object"] == "checkout.session":
            return read_session(body)
        if self._body["object"] == "payment_intent":
            return read_intent(body)
        return await self._provider.get_payment(refs)


@contextmanager
def epoch_ignored() -> Iterator[None]:
    """An answer to an older command counts as the answer to the newest."""
    answered = _Engine.answered

    def any_epoch(self: _Engine, event: Any, name: str, item: str, epoch: int) -> None:
        step = self._known(name)
        found = self.plan.step(step, item) if step else None
        answered(self, event, name, item, found.epoch if found else epoch)

    with replaced(_Engine, "answered", any_epoch):
        yield


@contextmanager
def given_back_too_soon() -> Iterator[None]:
    """Giving back is reported before it is certain."""
    with replaced(decide, "_is_settled", lambda payment: True):
        yield


@contextmanager
def late_money_kept() -> Iterator[None]:
    """Money that comes too late is not noticed."""
    with replaced(decide, "_notice_late_money", lambda payment, now, patience: payment):
        yield


@contextmanager
def two_transactions() -> Iterator[None]:
    """What a handler says is committed apart from what it wrote down."""
    finish = UnitOfWork.finish

    async def in_two(self: UnitOfWork) -> None:
        await self.handle_own()
        said, self._outgoing = self._outgoing, []
        await finish(self)
        await self.connection.commit()
        self.runtime.reached(f"{self._desk.service}: between two commits")
        self._outgoing = said
        await finish(self)

    with replaced(UnitOfWork, "finish", in_two):
        yield


MUTATIONS: dict[str, Callable[[], Any]] = {
    "no inbox": no_inbox,
    "no idempotency key at the provider": no_idempotency_key,
    "no tombstone": no_tombstone,
    "no single flight": no_single_flight,
    "no expire before release": no_expire_before_release,
    "undo skipped on timeout": undo_skipped_on_timeout,
    "outbox row deleted before the confirm": outbox_forgets_early,
    "capture before the slots are confirmed": capture_before_confirm,
    "database constraint dropped": no_constraint,
    "webhook body trusted": webhook_trusted,
    "epoch ignored": epoch_ignored,
    "given back too soon": given_back_too_soon,
    "late money not noticed": late_money_kept,
    "messages committed apart from state": two_transactions,
}
