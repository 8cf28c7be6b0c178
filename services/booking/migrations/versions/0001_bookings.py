"""Businesses, offerings, quotes, bookings, the saga engine and the spine."""

import sqlalchemy as sa
from alembic import op

from shared.db import Instant, Json
from shared.messaging.migrations import create_spine_1, drop_spine_1
from shared.saga.migrations import create_sagas_1, drop_sagas_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_spine_1()
    create_sagas_1()
    _create_catalog()
    _create_bookings()
    _create_items()
    _create_keys()


def _create_catalog() -> None:
    op.create_table(
        "businesses",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.Column("resources", Json, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_businesses"),
    )
    op.create_table(
        "offerings",
        sa.Column("id", sa.String(130), nullable=False),
        sa.Column("business", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_offerings"),
        sa.ForeignKeyConstraint(["business"], ["businesses.id"], name="fk_offerings_business"),
    )
    op.create_index("ix_offerings_business", "offerings", ["business"])
    op.create_table(
        "quotes",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quotes"),
    )


def _create_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.String(120), nullable=False),
        sa.Column("route", sa.String(120), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("result", sa.String(64), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("principal", "route", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(20), nullable=False),
        sa.Column("business", sa.String(64), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("detail", sa.Text),
        sa.Column("nearest", Json),
        sa.Column("facts", Json, nullable=False),
        sa.Column("policy", Json, nullable=False),
        sa.Column("due_amount", sa.BigInteger),
        sa.Column("currency", sa.String(3)),
        sa.Column("method", sa.String(20)),
        sa.Column("deadline", Instant, nullable=False),
        sa.Column("payment_status", sa.String(20), nullable=False),
        sa.Column("next_action", Json),
        sa.Column("calendar_status", sa.String(12), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("confirmed_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_bookings"),
        sa.UniqueConstraint("reference", name="uq_bookings_reference"),
    )
    op.create_index("ix_bookings_business_created_at", "bookings", ["business", "created_at"])
    op.create_index("ix_bookings_status_created_at", "bookings", ["status", "created_at"])


def _create_items() -> None:
    op.create_table(
        "booking_items",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("offering", sa.String(130), nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("resource", sa.String(130)),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("calendar_status", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_booking_items"),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_booking_items_booking_id"),
    )
    op.create_index("ix_booking_items_booking_id", "booking_items", ["booking_id"])
    op.create_index("ix_booking_items_starts_at", "booking_items", ["starts_at"])


def downgrade() -> None:
    for table in ("idempotency_keys", "booking_items", "bookings", "quotes", "offerings", "businesses"):
        op.drop_table(table)
    drop_sagas_1()
    drop_spine_1()
