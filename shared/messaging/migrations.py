"""The spine's tables as migration steps. A step that was released never changes; a new one is added."""

import sqlalchemy as sa
from alembic import op

from shared.db import Instant, Json

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OWED = sa.text("status in ('pending', 'parked')")


def create_spine_1() -> None:
    """Inbox, outbox, tasks, relay leases."""
    _create_inbox()
    _create_outbox()
    _create_tasks()


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("seq", _BIG, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("envelope", Json, nullable=True),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="pk_inbox"),
        sa.UniqueConstraint("id", name="uq_inbox_id"),
    )
    op.create_index("ix_inbox_owed", "inbox", ["due_at"], postgresql_where=_OWED, sqlite_where=_OWED)
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", _BIG, autoincrement=True),
        sa.Column("shard", sa.Integer, nullable=False),
        sa.Column("envelope", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
    )


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("leased_until", Instant),
        sa.Column("traceparent", sa.String(64), nullable=False),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_tasks"),
    )
    op.create_index("ix_tasks_due_at", "tasks", ["due_at"])
    op.create_table(
        "relay_leases",
        sa.Column("shard", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("shard", name="pk_relay_leases"),
    )


def drop_spine_1() -> None:
    """Take the first step back."""
    for table in ("relay_leases", "tasks", "outbox", "inbox"):
        op.drop_table(table)
