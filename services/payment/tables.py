"""The payment service's tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.db import Instant, Json, new_metadata
from shared.messaging.tables import spine_tables

metadata = new_metadata()
spine = spine_tables(metadata)

AMOUNTS_AGREE = (
    "0 <= refunded + refund_pending AND refunded + refund_pending <= captured AND captured <= authorized"
)
ACTIVE = text("active")

payments = Table(
    "payments",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("booking_id", String(64), nullable=False),
    Column("purpose", String(20), nullable=False),
    # Nothing was ever asked for while the currency is empty: the row only remembers that it was given back.
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("method", String(20), nullable=False),
    Column("description", Text, nullable=False),
    Column("business_name", Text, nullable=False),
    Column("customer_email", Text),
    Column("return_url", Text, nullable=False),
    Column("cancel_url", Text, nullable=False),
    Column("wanted", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("deadline", Instant),
    Column("ending", String(10), nullable=False),
    Column("ending_code", String(80)),
    Column("closed", String(10), nullable=False),
    Column("status", String(24), nullable=False),
    Column("authorized", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("refund_pending", BigInteger, nullable=False),
    Column("capture_wanted", Boolean, nullable=False),
    Column("late_until", Instant),
    Column("attention", Text),
    Column("lapse_told", Boolean, nullable=False),
    Column("owes", Json, nullable=False),
    Column("collect_ref", Json),
    Column("capture_ref", Json),
    Column("give_back_ref", Json),
    Column("settled_sagas", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("booking_id", "purpose"),
    CheckConstraint(AMOUNTS_AGREE, name="amounts_agree"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("provider", String(20), nullable=False),
    Column("method", String(20), nullable=False),
    Column("state", String(16), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("authorized", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("session_ref", String(255)),
    Column("intent_ref", String(255)),
    Column("action", Json),
    Column("offered", Boolean, nullable=False),
    Column("decline_code", String(80)),
    Column("mismatch", Text),
    Column("late", Boolean, nullable=False),
    Column("taken_up", Boolean, nullable=False),
    Column("release_told", Boolean, nullable=False),
    Column("halted", Boolean, nullable=False),
    Column("observed_at", Instant),
    Column("created_at", Instant, nullable=False),
    Index(
        "uq_attempts_active_payment_id",
        "payment_id",
        unique=True,
        postgresql_where=ACTIVE,
        sqlite_where=ACTIVE,
    ),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("attempt_id", ForeignKey("attempts.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("ref", String(255), index=True),
    Column("made_by_us", Boolean, nullable=False),
    Column("told", String(16), nullable=False),
    Column("failure", Text),
    Column("created_at", Instant, nullable=False),
)

operations = Table(
    "operations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("attempt_id", ForeignKey("attempts.id"), nullable=False),
    Column("refund_id", ForeignKey("refunds.id")),
    Column("kind", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("idempotency_key", String(80), nullable=False, unique=True),
    Column("amount", BigInteger),
    Column("currency", String(3)),
    Column("request", Json, nullable=False),
    Column("result", Json, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("in_doubt", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("finished_at", Instant),
)

disputes = Table(
    "disputes",
    metadata,
    Column("provider", String(20), primary_key=True),
    Column("ref", String(255), primary_key=True),
    Column("booking_id", String(64), nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(40), nullable=False),
    Column("seen_at", Instant, nullable=False),
)

provider_objects = Table(
    "provider_objects",
    metadata,
    Column("provider", String(20), primary_key=True),
    Column("ref", String(255), primary_key=True),
    Column("attempt_id", ForeignKey("attempts.id"), nullable=False),
    Column("booking_id", String(64), nullable=False),
)

provider_events = Table(
    "provider_events",
    metadata,
    Column("provider", String(20), primary_key=True),
    Column("event_id", String(255), primary_key=True),
    Column("type", String(80), nullable=False),
    Column("object_kind", String(16), nullable=False),
    Column("object_ref", String(255), nullable=False),
    Column("raw", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("processed_at", Instant),
)

journal_entries = Table(
    "journal_entries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("booking_id", String(64), nullable=False),
    Column("rule", String(40), nullable=False),
    Column("posted_at", Instant, nullable=False),
)

journal_lines = Table(
    "journal_lines",
    metadata,
    Column("entry_id", ForeignKey("journal_entries.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("account", String(40), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
)
