"""Payments, attempts, operations, refunds, the provider's hints, and the journal."""

import sqlalchemy as sa
from alembic import op

from shared.db import Instant, Json
from shared.messaging.migrations import create_spine_1, drop_spine_1

revision = "payment_0001"
down_revision = None
branch_labels = None
depends_on = None

_ACTIVE = sa.text("active")


def upgrade() -> None:
    """Create everything, parents first."""
    create_spine_1()
    _create_payments()
    _create_attempts()
    _create_refunds()
    _create_operations()
    _create_what_the_provider_said()
    _create_journal()


def downgrade() -> None:
    """Take everything away, children first."""
    for table in (
        "journal_lines",
        "journal_entries",
        "provider_events",
        "provider_objects",
        "disputes",
        "operations",
        "refunds",
        "attempts",
        "payments",
    ):
        op.drop_table(table)
    drop_spine_1()


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("business_name", sa.Text, nullable=False),
        sa.Column("customer_email", sa.Text),
        sa.Column("return_url", sa.Text, nullable=False),
        sa.Column("cancel_url", sa.Text, nullable=False),
        sa.Column("wanted", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("deadline", Instant),
        *_how_a_payment_stands(),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("booking_id", "purpose", name="uq_payments_booking_id_purpose"),
        sa.CheckConstraint(
            "0 <= refunded + refund_pending AND refunded + refund_pending <= captured"
            " AND captured <= authorized",
            name="ck_payments_amounts_agree",
        ),
    )


def _how_a_payment_stands() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("ending", sa.String(10), nullable=False),
        sa.Column("ending_code", sa.String(80)),
        sa.Column("closed", sa.String(10), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("authorized", sa.BigInteger, nullable=False),
        sa.Column("captured", sa.BigInteger, nullable=False),
        sa.Column("refunded", sa.BigInteger, nullable=False),
        sa.Column("refund_pending", sa.BigInteger, nullable=False),
        sa.Column("capture_wanted", sa.Boolean, nullable=False),
        sa.Column("late_until", Instant),
        sa.Column("attention", sa.Text),
        sa.Column("lapse_told", sa.Boolean, nullable=False),
        sa.Column("owes", Json, nullable=False),
        sa.Column("collect_ref", Json),
        sa.Column("capture_ref", Json),
        sa.Column("give_back_ref", Json),
        sa.Column("settled_sagas", Json, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
    )


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("payment_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("authorized", sa.BigInteger, nullable=False),
        sa.Column("captured", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("session_ref", sa.String(255)),
        sa.Column("intent_ref", sa.String(255)),
        sa.Column("action", Json),
        sa.Column("offered", sa.Boolean, nullable=False),
        sa.Column("decline_code", sa.String(80)),
        sa.Column("mismatch", sa.Text),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("taken_up", sa.Boolean, nullable=False),
        sa.Column("release_told", sa.Boolean, nullable=False),
        sa.Column("halted", sa.Boolean, nullable=False),
        sa.Column("observed_at", Instant),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_attempts_payment_id"),
    )
    op.create_index("ix_attempts_payment_id", "attempts", ["payment_id"])
    op.create_index(
        "uq_attempts_active_payment_id",
        "attempts",
        ["payment_id"],
        unique=True,
        postgresql_where=_ACTIVE,
        sqlite_where=_ACTIVE,
    )


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("payment_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("attempt_id", sa.String(40), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ref", sa.String(255)),
        sa.Column("made_by_us", sa.Boolean, nullable=False),
        sa.Column("told", sa.String(16), nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment_id"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_refunds_attempt_id"),
    )
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])
    op.create_index("ix_refunds_ref", "refunds", ["ref"])


def _create_operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("payment_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("attempt_id", sa.String(40), nullable=False),
        sa.Column("refund_id", sa.String(80)),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("idempotency_key", sa.String(80), nullable=False),
        sa.Column("amount", sa.BigInteger),
        sa.Column("currency", sa.String(3)),
        sa.Column("request", Json, nullable=False),
        sa.Column("result", Json, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("in_doubt", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("sent_at", Instant),
        sa.Column("finished_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
        sa.UniqueConstraint("idempotency_key", name="uq_operations_idempotency_key"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_operations_payment_id"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_operations_attempt_id"),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name="fk_operations_refund_id"),
    )
    op.create_index("ix_operations_payment_id", "operations", ["payment_id"])


def _create_what_the_provider_said() -> None:
    op.create_table(
        "disputes",
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("ref", sa.String(255), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("provider", "ref", name="pk_disputes"),
    )
    op.create_index("ix_disputes_booking_id", "disputes", ["booking_id"])
    op.create_table(
        "provider_objects",
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("ref", sa.String(255), nullable=False),
        sa.Column("attempt_id", sa.String(40), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("provider", "ref", name="pk_provider_objects"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_provider_objects_attempt_id"),
    )
    op.create_table(
        "provider_events",
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("event_id", sa.String(255), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("object_kind", sa.String(16), nullable=False),
        sa.Column("object_ref", sa.String(255), nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("processed_at", Instant),
        sa.PrimaryKeyConstraint("provider", "event_id", name="pk_provider_events"),
    )


def _create_journal() -> None:
    op.create_table(
        "journal_entries",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("payment_id", sa.String(40), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("posted_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_entries"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_journal_entries_payment_id"),
    )
    op.create_index("ix_journal_entries_payment_id", "journal_entries", ["payment_id"])
    op.create_table(
        "journal_lines",
        sa.Column("entry_id", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "position", name="pk_journal_lines"),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entries.id"], name="fk_journal_lines_entry_id"),
    )
