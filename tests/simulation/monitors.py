"""What is watched while a run goes on: promises that hold at every moment, not only at the end."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from holdfast.parts import topology
from services.booking.sagas import SAGAS
from shared.messaging.envelope import Envelope
from shared.saga import runner
from shared.saga.advance import advance
from shared.saga.definition import Saga
from shared.saga.state import Answered, Decision, Input, SagaState, key_of
from tests.simulation.installed import Change
from tests.simulation.outside import Outside
from tests.simulation.replacing import replaced
from tests.simulation.wire import Asked

# Timers fire within a minute, and a task that failed is tried again within five.
SLACK = timedelta(seconds=240)
PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
Report = Callable[[str], None]
Topology = Mapping[str, tuple[str, ...]]


def receivers(topology: Topology, envelope: Envelope) -> list[str]:
    """The services that a message is for."""
    if envelope.is_command:
        return [envelope.receiver] if envelope.receiver in topology else []
    return [service for service, heard in topology.items() if envelope.type in heard]


class Watch:
    """Looks at the databases and the provider whenever something may have been broken."""

    def __init__(self, folder: Path, outside: Outside, report: Report) -> None:
        self._outside = outside
        self._report = report
        self._calendar = sqlite3.connect(folder / "calendar.db", isolation_level=None)
        self._booking = sqlite3.connect(folder / "booking.db", isolation_level=None)
        self._given_back: set[str] = set()
        self._free: set[str] = set()
        # Hears of time that somebody could have now: its offering and its start.
        self.freed: Callable[[str, datetime], None] = lambda offering, start: None
        # Hears of every message that is published.
        self.published: Callable[[str], None] = lambda kind: None
        self._paid: set[str] = set()
        self._said: dict[tuple[str, ...], str] = {}
        self._topology = topology()
        # What the bus has taken, by the service it is for.
        self.taken: dict[str, dict[str, Envelope]] = {service: {} for service in self._topology}
        self.changes: Counter[Change] = Counter()

    def close(self) -> None:
        """Let go of the databases."""
        self._calendar.close()
        self._booking.close()

    # Time

    def time_changed(self) -> None:
        """The calendar has committed: no time outlives its booking, none is given back while one can pay."""
        held: dict[str, list[str]] = {}
        over: dict[str, list[str]] = {}
        query = "SELECT id, booking_id, status, offering, starts_at FROM holds"
        for item, booking, status, offering, start in self._calendar.execute(query):
            if status in ("held", "confirmed"):
                held.setdefault(booking, []).append(item)
                self._given_back.discard(item)
                self._free.discard(item)
                continue
            if start and item not in self._free:
                self._free.add(item)
                self.freed(offering, datetime.fromisoformat(start))
            if status in ("released", "cancelled") and item not in self._given_back:
                self._given_back.add(item)
                over.setdefault(booking, []).append(item)
        for booking in self._given_up(held):
            self._report(f"4. a hold outlives its booking: {held[booking][0]} of {booking}, which failed")
        for booking, items in over.items():
            for page in payable(self._outside, booking):
                self._report(
                    f"2. no money without a booking: {items[0]} is given back, {booking} can pay on {page}"
                )

    def _given_up(self, bookings: dict[str, list[str]]) -> Iterator[str]:
        """The bookings that failed and that nobody takes up again."""
        failed = self._booking.execute(
            "SELECT id FROM bookings WHERE status = 'failed' AND NOT EXISTS"
            " (SELECT 1 FROM sagas WHERE booking_id = bookings.id AND saga = 'take-up')"
        )
        yield from (id for (id,) in failed if id in bookings)

    # Money

    def arrived(self, asked: Asked) -> None:
        """Money is taken only when the time is certain: every item of the booking is confirmed by then."""
        path = urlsplit(asked.url).path
        if asked.method != "POST" or not path.endswith("/capture"):
            return
        intent = self._outside.world.get("stripe.payment_intent", path.split("/")[-2])
        booking = intent["metadata"].get("booking_id", "") if intent else ""
        for item, status in self._items(booking):
            if status != "confirmed":
                self._report(f"2. no money without a booking: {booking} is captured while {item} is {status}")

    def booked(self) -> None:
        """The coordinator has committed: what it calls confirmed is paid."""
        query = "SELECT id FROM bookings WHERE status = 'confirmed' AND method IS NOT NULL"
        for (booking,) in self._booking.execute(query):
            if booking not in self._paid and not self._is_taken(booking):
                self._report(f"3. no booking without money: {booking} is confirmed before it is paid")
            self._paid.add(booking)

    def _is_taken(self, booking: str) -> bool:
        intents = self._outside.world.all("stripe.payment_intent")
        mine = [one for one in intents if one["metadata"].get("booking_id") == booking]
        return any(one["amount_received"] > 0 for one in mine)

    def paid(self, booking: str) -> None:
        """Somebody has paid: the time is not given back yet."""
        for item, status in self._items(booking):
            if status in ("released", "cancelled"):
                self._report(
                    f"2. no money without a booking: {booking} could be paid while {item} is {status}"
                )

    def _items(self, booking: str) -> list[tuple[str, str]]:
        query = "SELECT id, status FROM holds WHERE booking_id = ?"
        return self._calendar.execute(query, (booking,)).fetchall()

    # Messages

    def said(self, envelopes: Sequence[Envelope]) -> None:
        """Once in effect: a message that comes twice causes nothing twice."""
        for envelope in envelopes:
            self.published(envelope.type)
            for service in receivers(self._topology, envelope):
                self.taken[service][envelope.id] = envelope
            if not envelope.causationid:
                continue
            told = json.dumps(envelope.data, sort_keys=True)
            key = (envelope.source, envelope.causationid, envelope.type, told)
            if self._said.setdefault(key, envelope.id) != envelope.id:
                self._report(
                    f"8. said once: {envelope.source} said {envelope.type} of {envelope.subject} twice"
                )

    def dropped(self, service: str, envelope: Envelope) -> None:
        """What the bus took and will never hand to this service."""
        self.taken[service].pop(envelope.id, None)

    # Patience

    def too_patient(self, now: datetime) -> None:
        """No saga waits much longer for an answer than its step allows."""
        for (told,) in self._booking.execute("SELECT state FROM sagas WHERE status = 'running'"):
            state = SagaState.model_validate_json(told)
            for key, step in state.steps.items():
                asked = step.status == "sent" and step.deadline is not None and not state.stuck
                if asked and step.deadline and now > step.deadline + _patience(state, key) + SLACK:
                    self._report(f"4. nothing stays half-done: {state.booking_id} still waits for {key}")

    # The engine

    @contextmanager
    def over_decisions(self) -> Iterator[None]:
        """Hold every decision of the saga engine against its rules."""

        def watched(saga: Saga[Any], state: SagaState, happened: Input, now: datetime) -> Decision:
            decision = advance(saga, state, happened, now)
            self.changes.update(step_changes(saga, state, decision))
            for broken in rules_broken(saga, state, happened, decision):
                self._report(f"4. rule of the saga: {broken} ({state.booking_id})")
            return decision

        with replaced(runner, "advance", watched):
            yield


def _patience(state: SagaState, key: str) -> timedelta:
    """How long after its deadline a step is asked for: past the point of no return nothing gives up."""
    saga = next(one for one in SAGAS if one.name == state.saga)
    name = key.partition("/")[0]
    final = name not in {step.name for step in saga.steps[: saga.turning_point]}
    return saga.step(name).patience if final else timedelta(0)


def payable(outside: Outside, booking: str) -> Iterator[str]:
    """The pages and forms of a booking on which somebody can pay now, of those that we know of."""
    now = outside.world.now().timestamp()
    for one in outside.world.all("stripe.checkout.session"):
        mine = one["metadata"].get("booking_id") == booking
        if mine and one["id"] in outside.known and one["status"] == "open" and one["expires_at"] > now:
            yield str(one["id"])
    for one in outside.world.all("stripe.payment_intent"):
        mine = one["metadata"].get("booking_id") == booking and one["metadata"].get("shown_as") == "form"
        if mine and one["id"] in outside.known and one["status"] in PAYABLE:
            yield str(one["id"])


def step_changes(saga: Saga[Any], before: SagaState, decision: Decision) -> Iterator[Change]:
    """What a decision does to the steps of a saga."""
    for key, now in decision.state.steps.items():
        was = before.steps.get(key)
        if was is None or was.epoch != now.epoch or was.status != now.status:
            yield (f"{saga.name}: {key.partition('/')[0]}", was.status if was else "", now.status)


def rules_broken(saga: Saga[Any], before: SagaState, happened: Input, decision: Decision) -> Iterator[str]:
    """What a decision does against the rules of sagas, in words."""
    yield from _old_answers(saga, before, happened, decision)
    final = {step.name for step in saga.steps[saga.turning_point :]}
    # Who takes the step of no return may refuse it for good: then a person can decide to turn back.
    past_return = any(
        key.partition("/")[0] in final and one.status != "refused" for key, one in before.steps.items()
    )
    for key, now in decision.state.steps.items():
        was = before.steps.get(key)
        if was and now.epoch < was.epoch:
            yield f"the epoch of {key} went down"
        if was and was.status != "undoing" and now.status == "undoing" and past_return:
            yield f"{key} is undone after the point of no return"


def _old_answers(saga: Saga[Any], before: SagaState, happened: Input, decision: Decision) -> Iterator[str]:
    """An answer of an old epoch settles nothing; an effect that it reveals too late is undone."""
    if not isinstance(happened, Answered):
        return
    ref = happened.ref
    known = before.of(ref.step, ref.item)
    if known is None or known.epoch == ref.epoch:
        return
    now = decision.state.of(ref.step, ref.item)
    assert now is not None
    if now.status != known.status and now.status != "undoing":
        yield f"an old answer made {key_of(ref.step, ref.item)} {now.status}"
    step = saga.step(ref.step)
    too_late = before.status in ("undoing", "failed") and known.status in ("undone", "refused")
    revealed = too_late and isinstance(happened.event, step.ok) and step.undo is not None
    if revealed and now.status != "undoing":
        yield f"what {key_of(ref.step, ref.item)} did too late stays"
