"""The tables every service keeps for the delivery promise."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, text

from shared.db import Instant, Json

OWED = "status in ('pending', 'parked')"


@dataclass(frozen=True)
class Spine:
    """Inbox, outbox, tasks and relay leases of one service."""

    inbox: Table
    outbox: Table
    tasks: Table
    relay_leases: Table


def spine_tables(metadata: MetaData) -> Spine:
    """Add the spine's tables to a service's metadata."""
    return Spine(_inbox(metadata), _outbox(metadata), _tasks(metadata), _relay_leases(metadata))


def _inbox(metadata: MetaData) -> Table:
    return Table(
        "inbox",
        metadata,
        Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("id", String(64), nullable=False, unique=True),
        Column("type", String(80), nullable=False),
        Column("subject", String(64), nullable=False),
        # done: handled. pending: not looked at yet. parked: tried, due again. dead: a person must look.
        Column("status", String(10), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", Instant, nullable=False),
        Column("received_at", Instant, nullable=False),
        Column("envelope", Json, nullable=True),
        Column("error", Text),
        Index("ix_inbox_owed", "due_at", postgresql_where=text(OWED), sqlite_where=text(OWED)),
        Index("ix_inbox_received_at", "received_at"),
    )


def _outbox(metadata: MetaData) -> Table:
    return Table(
        "outbox",
        metadata,
        Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("shard", Integer, nullable=False),
        Column("envelope", Json, nullable=False),
        Column("created_at", Instant, nullable=False),
    )


def _tasks(metadata: MetaData) -> Table:
    return Table(
        "tasks",
        metadata,
        Column("kind", String(40), primary_key=True),
        Column("key", String(120), primary_key=True),
        Column("booking_id", String(64), nullable=False),
        Column("due_at", Instant, nullable=False, index=True),
        Column("payload", Json, nullable=False),
        Column("attempts", Integer, nullable=False),
        # Raised when the task is set anew, so that an older run does not finish the newer wish.
        Column("epoch", Integer, nullable=False),
        Column("leased_until", Instant),
        Column("traceparent", String(64), nullable=False),
        Column("error", Text),
    )


def _relay_leases(metadata: MetaData) -> Table:
    return Table(
        "relay_leases",
        metadata,
        Column("shard", Integer, primary_key=True),
        Column("owner", String(64), nullable=False),
        Column("until", Instant, nullable=False),
    )
