"""Driving a saga without I/O: what happened, and the whole commands that follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from services.booking.sagas.book import Book
from shared.events.message import Command, Event, StepRef
from shared.events.values import BookingFacts, Business, Customer, Item
from shared.money import Money
from shared.saga.advance import advance
from shared.saga.definition import Call, Saga, Step
from shared.saga.state import (
    Answered,
    CancelRequested,
    Decision,
    Input,
    OperatorActed,
    SagaState,
    Started,
    StepState,
    TimeUp,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEN_DOLLARS = Money(amount=1000, currency="USD")


def a_book(*, items: int = 1, due: Money | None = TEN_DOLLARS) -> Book:
    """The data of a booking that is held for half an hour."""
    start = NOW + timedelta(days=3)
    facts = BookingFacts(
        booking_id="bk_1",
        reference="BK-2345-6789",
        business=Business(id="studio", slug="studio", name="Studio", timezone="Europe/Berlin"),
        customer=Customer(name="Ada", email="ada@example.com"),
        items=tuple(
            Item(
                id=f"it_{number}",
                offering="studio.lesson",
                title="Lesson",
                starts_at=start + timedelta(hours=number),
                ends_at=start + timedelta(hours=number + 1),
                timezone="Europe/Berlin",
                price=due,
            )
            for number in range(1, items + 1)
        ),
        total=due,
        manage_url="http://127.0.0.1/bookings/bk_1#t=x",
    )
    return Book(
        facts=facts,
        due=due,
        method="checkout" if due else None,
        deadline=NOW + timedelta(minutes=30),
        return_url="http://127.0.0.1/bookings/bk_1?paid=1",
        cancel_url="http://127.0.0.1/bookings/bk_1/left?token=x",
    )


class Flow:
    """A saga in the making: feed it, and read what it sent since."""

    def __init__(self, saga: Saga[Any], data: BaseModel) -> None:
        self.saga = saga
        self.data = data
        self.now = NOW
        self.state = SagaState(
            id="sg_1",
            saga=saga.name,
            version=saga.version,
            booking_id="bk_1",
            data=data.model_dump(mode="json"),
        )
        self.decision = Decision(self.state)
        self.sent: list[Command] = []
        self.feed(Started())

    def feed(self, happened: Input) -> Flow:
        self.decision = advance(self.saga, self.state, happened, self.now)
        self.state = self.decision.state
        self.sent = list(self.decision.commands)
        return self

    def later(self, **span: float) -> Flow:
        self.now += timedelta(**span)
        return self

    def of(self, step: Step, item: str = "") -> StepState:
        found = self.state.of(step.name, item)
        assert found is not None, f"{step.name} was not begun"
        return found

    def ref(self, step: Step, item: str = "") -> StepRef:
        """Where an answer to the step's last command goes."""
        return StepRef(saga="sg_1", step=step.name, item=item, epoch=self.of(step, item).epoch)

    def answer(self, step: Step, event: Event, item: str = "", epoch: int | None = None) -> Flow:
        ref = self.ref(step, item)
        if epoch is not None:
            ref = ref.model_copy(update={"epoch": epoch})
        return self.feed(Answered(event.answering(ref), ref))

    def time_up(self, step: Step, item: str = "") -> Flow:
        return self.feed(TimeUp(step.name, item, self.of(step, item).epoch))

    def cancel(self, reason: str = "cancelled_by_customer") -> Flow:
        return self.feed(CancelRequested(reason, "customer"))

    def act(self, action: Any, step: Step | None = None, item: str = "") -> Flow:
        name = step.name if step else ""
        return self.feed(OperatorActed(action, "because", "operator", name, item))

    def ok(self, step: Step) -> Flow:
        """Every item of the step is answered well."""
        sent: list[Command] = []
        for item in step.items(self.data):
            self.answer(step, an_event(step.ok, item), item)
            sent += self.sent
        self.sent = sent
        return self

    def undone(self, step: Step) -> Flow:
        """Every undo of the step that was sent is answered."""
        assert step.undone is not None
        sent: list[Command] = []
        for item in step.items(self.data):
            found = self.state.of(step.name, item)
            if found is not None and found.status == "undoing":
                self.answer(step, an_event(step.undone, item), item)
                sent += self.sent
        self.sent = sent
        return self

    def until(self, step: Step) -> Flow:
        """All steps before this one went well."""
        for before in self.saga.steps[: self.saga.steps.index(step)]:
            if before.applies(self.data):
                self.ok(before)
        return self

    def whole(self, kind: type[Command], step: Step, item: str = "", reason: str = "") -> Command:
        """The whole command that the step must have sent, built apart from the engine."""
        return self.saga.make(kind, Call(self.data, self.ref(step, item), reason, self.state.detail))

    def notes(self) -> list[str]:
        return [entry.what for entry in self.decision.entries]


SAMPLES: dict[str, Any] = {
    "booking_id": "bk_1",
    "resource": "studio.ada",
    "starts_at": NOW,
    "ends_at": NOW,
    "amount": TEN_DOLLARS,
}


def an_event(kind: type[Event], item: str = "") -> Event:
    """An event of a kind, with values that fit."""
    values = {**SAMPLES, "item_id": item, "reason": _a_reason(kind)}
    return kind.model_validate({name: value for name, value in values.items() if name in kind.model_fields})


def _a_reason(kind: type[Event]) -> str:
    return "declined" if "payment" in kind.wire_name else "slot_taken"


def ends_as(flow: Flow) -> Sequence[str]:
    return (flow.state.status, flow.state.reason)
