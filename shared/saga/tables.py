"""The tables of the saga engine."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

from shared.db import Instant, Json


@dataclass(frozen=True)
class SagaTables:
    """Sagas in flight and ended, and what happened to them."""

    sagas: Table
    saga_log: Table


def saga_tables(metadata: MetaData) -> SagaTables:
    """Add the engine's tables to the coordinator's metadata."""
    sagas = Table(
        "sagas",
        metadata,
        Column("id", String(64), primary_key=True),
        Column("saga", String(40), nullable=False),
        Column("version", Integer, nullable=False),
        Column("booking_id", String(64), nullable=False, index=True),
        Column("status", String(12), nullable=False),
        Column("stuck", Boolean, nullable=False),
        Column("state", Json, nullable=False),
        Column("created_at", Instant, nullable=False),
        Column("updated_at", Instant, nullable=False),
        Index("ix_sagas_status_updated_at", "status", "updated_at"),
    )
    saga_log = Table(
        "saga_log",
        metadata,
        Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("saga_id", String(64), nullable=False, index=True),
        Column("booking_id", String(64), nullable=False, index=True),
        Column("at", Instant, nullable=False),
        Column("what", String(80), nullable=False),
        Column("step", String(80), nullable=False),
        Column("item", String(64), nullable=False),
        Column("epoch", Integer, nullable=False),
        Column("actor", String(80), nullable=False),
        Column("detail", Text),
        Column("trace_id", String(32), nullable=False),
    )
    return SagaTables(sagas, saga_log)
