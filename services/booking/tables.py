"""The tables of the booking service."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from shared.db import Instant, Json, new_metadata
from shared.messaging.tables import spine_tables
from shared.saga.tables import saga_tables

metadata = new_metadata()
spine = spine_tables(metadata)
engine = saga_tables(metadata)

businesses = Table(
    "businesses",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("definition", Json, nullable=False),
    Column("resources", Json, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

offerings = Table(
    "offerings",
    metadata,
    Column("id", String(130), primary_key=True),
    Column("business", ForeignKey("businesses.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    # What a catalog no longer names is kept for the bookings that were made of it.
    Column("active", Boolean, nullable=False),
    Column("definition", Json, nullable=False),
)

quotes = Table(
    "quotes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("body", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("reference", String(20), nullable=False, unique=True),
    Column("business", String(64), nullable=False),
    Column("status", String(20), nullable=False),
    # Raised with every change that a page can show.
    Column("version", Integer, nullable=False),
    Column("reason", String(40)),
    Column("detail", Text),
    Column("nearest", Json),
    Column("facts", Json, nullable=False),
    Column("policy", Json, nullable=False),
    Column("due_amount", BigInteger),
    Column("currency", String(3)),
    Column("method", String(20)),
    Column("deadline", Instant, nullable=False),
    Column("payment_status", String(20), nullable=False),
    Column("next_action", Json),
    Column("calendar_status", String(12), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Index("ix_bookings_business_created_at", "business", "created_at"),
    Index("ix_bookings_status_created_at", "status", "created_at"),
)

booking_items = Table(
    "booking_items",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("booking_id", ForeignKey("bookings.id"), nullable=False, index=True),
    Column("offering", String(130), nullable=False),
    Column("starts_at", Instant, nullable=False, index=True),
    Column("ends_at", Instant, nullable=False),
    Column("resource", String(130)),
    Column("status", String(12), nullable=False),
    Column("calendar_status", String(12), nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("principal", String(120), primary_key=True),
    Column("route", String(120), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("result", String(64), nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
)
