"""What notify keeps: the bookings it heard of, what it says to whom, and the invitations it gave out."""

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from shared.db import Instant, Json, new_metadata
from shared.messaging.tables import spine_tables

metadata = new_metadata()
spine = spine_tables(metadata)

known_bookings = Table(
    "known_bookings",
    metadata,
    Column("booking_id", String(64), primary_key=True),
    # unknown: something was said about it before it was introduced, so there are no facts yet.
    Column("status", String(16), nullable=False),
    Column("facts", Json),
    Column("updated_at", Instant, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("booking_id", String(64), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("channel", String(10), nullable=False),
    # What tells two occasions of one kind apart: nothing, the cause of a failure, the id of a refund.
    Column("dedupe", String(200), nullable=False),
    Column("occasion", Json, nullable=False),
    # waiting: for the booking's facts. pending: to be sent. sent. failed: refused for good. skipped: no need.
    Column("status", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("message_id", String(200)),
    Column("recipient", String(320)),
    Column("subject", Text),
    Column("body_html", Text),
    Column("body_text", Text),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    UniqueConstraint("booking_id", "kind", "channel", "dedupe"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("booking_id", String(64), primary_key=True),
    Column("item_id", String(64), primary_key=True),
    Column("uid", String(320), nullable=False, unique=True),
    Column("sequence", Integer, nullable=False),
    Column("issued_at", Instant, nullable=False),
)
