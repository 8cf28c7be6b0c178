"""The engine's tables as migration steps. A step that was released never changes; a new one is added."""

import sqlalchemy as sa
from alembic import op

from shared.db import Instant, Json


def create_sagas_1() -> None:
    """Sagas and their log."""
    op.create_table(
        "sagas",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("saga", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("stuck", sa.Boolean, nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sagas"),
    )
    op.create_index("ix_sagas_booking_id", "sagas", ["booking_id"])
    op.create_index("ix_sagas_status_updated_at", "sagas", ["status", "updated_at"])
    op.create_table(
        "saga_log",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True),
        sa.Column("saga_id", sa.String(64), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("what", sa.String(80), nullable=False),
        sa.Column("step", sa.String(80), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_saga_log"),
    )
    op.create_index("ix_saga_log_saga_id", "saga_log", ["saga_id"])
    op.create_index("ix_saga_log_booking_id", "saga_log", ["booking_id"])


def drop_sagas_1() -> None:
    """Take the first step back."""
    op.drop_table("saga_log")
    op.drop_table("sagas")
