"""What the calendar keeps: offerings, who holds which time, and what outside calendars must show."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, String, Table, Text, text

from shared.db import Instant, Json, new_metadata
from shared.messaging.tables import spine_tables

ACTIVE = "status in ('held', 'confirmed')"

metadata = new_metadata()
spine = spine_tables(metadata)

catalogs = Table(
    "catalogs",
    metadata,
    Column("business", String(80), primary_key=True),
    Column("revision", Integer, nullable=False),
)

resources = Table(
    "resources",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("business", String(80), nullable=False, index=True),
    Column("definition", Json, nullable=False),
    # Whether people are counted in cells. Decided once: what is held already was claimed that way.
    Column("counted", Boolean, nullable=False),
    # A resource that left the catalog is kept: time of it may still be held.
    Column("offered", Boolean, nullable=False),
)

offerings = Table(
    "offerings",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("business", String(80), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("definition", Json, nullable=False),
)

# PostgreSQL has an exclusion constraint on this table and SQLite has triggers; both are in the migration.
holds = Table(
    "holds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("booking_id", String(64), nullable=False, index=True),
    # held: until expires_at. confirmed: for good. released, cancelled: given back by command.
    # lapsed: given back because its time was over and nobody had said anything.
    Column("status", String(10), nullable=False),
    # Who claimed it last, and who gave it back last: a command of the latter comes too late.
    Column("saga", String(120), nullable=False),
    Column("released_by", String(120)),
    Column("offering", String(160)),
    Column("resource", String(160)),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Column("blocked_from", Instant),
    Column("blocked_to", Instant),
    # The units from `unit` on that it takes; no unit where people are counted in cells.
    Column("unit", Integer),
    Column("units", Integer, nullable=False),
    Column("quantity", Integer, nullable=False),
    # Holds of one session share their time. A private one is its own session.
    Column("session", String(200), nullable=False),
    # Whether it counts in the cell of its start.
    Column("seated", Boolean, nullable=False),
    Column("expires_at", Instant),
    # How often the item was claimed.
    Column("claims", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint(
        "status in ('held', 'confirmed', 'released', 'cancelled', 'lapsed')", name="known_status"
    ),
    CheckConstraint(
        f"not ({ACTIVE}) or (resource is not null and blocked_from < blocked_to)", name="active_takes_time"
    ),
    Index(
        "ix_holds_taken", "resource", "blocked_to", postgresql_where=text(ACTIVE), sqlite_where=text(ACTIVE)
    ),
)

# The scope is empty for the guests present, or an offering for the seats of one start.
slot_cells = Table(
    "slot_cells",
    metadata,
    Column("resource", String(160), primary_key=True),
    Column("scope", String(160), primary_key=True),
    Column("cell_at", Instant, primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("capacity", Integer, nullable=False),
    CheckConstraint("taken >= 0 and taken <= capacity", name="no_overbooking"),
)

calendar_events = Table(
    "calendar_events",
    metadata,
    Column("item_id", String(64), primary_key=True),
    Column("booking_id", String(64), nullable=False, index=True),
    Column("wanted", String(10), nullable=False),
    # pending: the outside may differ from what is wanted. written, removed: it does not.
    Column("state", String(10), nullable=False),
    # Raised by every wish, so that an answer from outside is not taken for the answer to a later one.
    Column("wish", Integer, nullable=False),
    Column("source", String(20)),
    Column("calendar", String(320)),
    Column("event_id", String(200)),
    Column("content", Json),
    Column("answer_to", Json),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    # The claim that was current when the removal was wished for: only a later one brings the event back.
    Column("removed_claim", Integer),
    # A call for this wish may still arrive outside until then, whatever became of its answer.
    Column("called_wish", Integer),
    Column("calling_until", Instant),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint("wanted in ('present', 'absent')", name="known_wish"),
    CheckConstraint("state in ('pending', 'written', 'removed')", name="known_state"),
)
