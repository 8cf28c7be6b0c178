"""The engine's I/O: load a saga under a lock, apply what happened, store and send what was decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import NotFound
from shared.events.message import Event
from shared.messaging.work import Desk, Handler, Task, TaskHandler, UnitOfWork
from shared.saga.advance import advance
from shared.saga.definition import Saga
from shared.saga.state import Answered, Decision, Input, SagaState, Started, TimeUp, key_of
from shared.saga.tables import SagaTables
from shared.telemetry import late_answers, sagas_ended, sagas_stuck, trace_id

TIMER = "saga-timer"
Changed = Callable[[UnitOfWork, SagaState], Awaitable[None]]


class Sagas:
    """Every saga that a coordinator knows, in every version that may still be in flight."""

    def __init__(self, tables: SagaTables, definitions: Sequence[Saga[Any]], changed: Changed) -> None:
        self.tables = tables
        self._changed = changed
        self._known = {(saga.name, saga.version): saga for saga in definitions}

    @property
    def definitions(self) -> tuple[Saga[Any], ...]:
        return tuple(self._known.values())

    def newest(self, name: str) -> Saga[Any]:
        return self._known[max(key for key in self._known if key[0] == name)]

    async def start(self, work: UnitOfWork, name: str, booking_id: str, data: BaseModel) -> str:
        """Begin the newest version of a saga; returns its id."""
        saga = self.newest(name)
        state = SagaState(
            id=work.runtime.new_id("sg"),
            saga=name,
            version=saga.version,
            booking_id=booking_id,
            data=data.model_dump(mode="json"),
        )
        await work.connection.execute(
            insert(self.tables.sagas).values(**_row(state, work.now), created_at=work.now)
        )
        await self._apply(work, state, Started())
        return state.id

    async def feed(self, work: UnitOfWork, saga_id: str, happened: Input) -> bool:
        """Let a saga know what happened. False when there is no such saga."""
        sagas = self.tables.sagas
        query = select(sagas.c.state).where(sagas.c.id == saga_id).with_for_update()
        found = (await work.connection.execute(query)).scalar_one_or_none()
        if found is None:
            return False
        await self._apply(work, SagaState.model_validate(found), happened)
        return True

    async def _apply(self, work: UnitOfWork, state: SagaState, happened: Input) -> None:
        saga = self._known[(state.saga, state.version)]
        decision = advance(saga, state, happened, work.now)
        await self._store(work, decision)
        await self._changed(work, decision.state)
        for command in decision.commands:
            work.publish(command)
        _count(saga, state, decision)

    async def _store(self, work: UnitOfWork, decision: Decision) -> None:
        state = decision.state
        sagas = self.tables.sagas
        await work.connection.execute(
            update(sagas).where(sagas.c.id == state.id).values(**_row(state, work.now))
        )
        if decision.entries:
            await work.connection.execute(insert(self.tables.saga_log), _log_rows(decision, work.now))
        for timer in decision.timers:
            key = f"{state.id}/{key_of(timer.step, timer.item)}"
            if timer.due_at is None:
                await work.unschedule(TIMER, key)
            else:
                payload = {
                    "saga": state.id,
                    "step": timer.step,
                    "item": timer.item,
                    "epoch": timer.epoch,
                }
                await work.schedule(TIMER, key, timer.due_at, payload, state.booking_id)

    def handlers(self) -> dict[type[Event], Handler]:
        """What the coordinator does with every event that may answer a step."""

        async def answered(event: Event, work: UnitOfWork, _: Any) -> None:
            if event.ref is not None and event.ref.step:
                await self.feed(work, event.ref.saga, Answered(event, event.ref))

        return {kind: answered for saga in self._known.values() for kind in saga.answers()}

    def tasks(self) -> dict[str, TaskHandler]:
        """What the coordinator does when a time it set has come."""

        async def time_up(task: Task, desk: Desk, _: Any) -> None:
            told = task.payload
            async with desk.unit_of_work(task) as work:
                await self.feed(work, told["saga"], TimeUp(told["step"], told["item"], told["epoch"]))

        return {TIMER: time_up}

    async def read(self, connection: AsyncConnection, saga_id: str) -> SagaState:
        sagas = self.tables.sagas
        found = await connection.execute(select(sagas.c.state).where(sagas.c.id == saga_id))
        state = found.scalar_one_or_none()
        if state is None:
            raise NotFound("no_such_saga", "There is no saga with this id.")
        return SagaState.model_validate(state)

    async def of_booking(self, connection: AsyncConnection, booking_id: str) -> list[SagaState]:
        """The sagas of a booking, oldest first."""
        sagas = self.tables.sagas
        query = select(sagas.c.state).where(sagas.c.booking_id == booking_id).order_by(sagas.c.id)
        return [SagaState.model_validate(one) for one in (await connection.execute(query)).scalars()]

    async def timeline(self, connection: AsyncConnection, booking_id: str) -> list[Row[Any]]:
        """Everything that happened to a booking's sagas, in order."""
        log = self.tables.saga_log
        query = select(log).where(log.c.booking_id == booking_id).order_by(log.c.seq)
        return list((await connection.execute(query)).all())

    async def listed(
        self, connection: AsyncConnection, *, status: str | None, stuck: bool | None, limit: int
    ) -> list[Row[Any]]:
        """Sagas for an operator, the ones that changed last first."""
        sagas = self.tables.sagas
        query = select(sagas).order_by(sagas.c.updated_at.desc()).limit(limit)
        if status:
            query = query.where(sagas.c.status == status)
        if stuck is not None:
            query = query.where(sagas.c.stuck == stuck)
        return list((await connection.execute(query)).all())


def _row(state: SagaState, now: datetime) -> dict[str, Any]:
    return {
        "id": state.id,
        "saga": state.saga,
        "version": state.version,
        "booking_id": state.booking_id,
        "status": state.status,
        "stuck": state.stuck,
        "state": state.model_dump(mode="json"),
        "updated_at": now,
    }


def _log_rows(decision: Decision, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "saga_id": decision.state.id,
            "booking_id": decision.state.booking_id,
            "at": now,
            "what": entry.what,
            "step": entry.step,
            "item": entry.item,
            "epoch": entry.epoch,
            "actor": entry.actor,
            "detail": entry.detail,
            "trace_id": trace_id(),
        }
        for entry in decision.entries
    ]


def _count(saga: Saga[Any], before: SagaState, decision: Decision) -> None:
    if decision.state.ended and not before.ended:
        sagas_ended.labels(saga.name, decision.state.status).inc()
    if decision.state.stuck and not before.stuck:
        sagas_stuck.labels(saga.name).inc()
    late_answers.labels(saga.name).inc(sum(entry.what == "late" for entry in decision.entries))
