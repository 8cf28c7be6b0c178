"""The first schema of the calendar, with the guard that lets no two bookings take the same time."""

import sqlalchemy as sa
from alembic import op

from shared.db import Instant, Json
from shared.messaging.migrations import create_spine_1, drop_spine_1

revision = "calendar_0001"
down_revision = None
branch_labels = None
depends_on = None

_ACTIVE = "status in ('held', 'confirmed')"

# Two holds of one session may share their time: the cell of their start counts the seats.
_EXCLUSION = f"""
ALTER TABLE holds ADD CONSTRAINT ex_holds_overlap EXCLUDE USING gist (
    resource WITH =,
    tstzrange(blocked_from, blocked_to, '[)') WITH &&,
    int4range(unit, unit + units) WITH &&,
    session WITH <>
) WHERE ({_ACTIVE} AND unit IS NOT NULL)
"""

_TRIGGER = f"""
CREATE TRIGGER holds_overlap_{{name}} BEFORE {{event}} ON holds
WHEN NEW.{_ACTIVE} AND NEW.unit IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'ex_holds_overlap: the time is taken')
    WHERE EXISTS (
        SELECT 1 FROM holds
        WHERE {_ACTIVE}
        AND resource = NEW.resource
        AND blocked_to > NEW.blocked_from
        AND blocked_from < NEW.blocked_to
        AND unit < NEW.unit + NEW.units
        AND unit + units > NEW.unit
        AND session <> NEW.session
        AND id <> NEW.id
    );
END
"""


def upgrade() -> None:
    """Create the spine, the definitions, the holds with their guard, and the outside events."""
    create_spine_1()
    _create_definitions()
    _create_holds()
    _guard_holds()
    _create_cells()
    _create_calendar_events()


def _create_definitions() -> None:
    op.create_table(
        "catalogs",
        sa.Column("business", sa.String(80), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("business", name="pk_catalogs"),
    )
    op.create_table(
        "resources",
        sa.Column("id", sa.String(160), nullable=False),
        sa.Column("business", sa.String(80), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("offered", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_resources"),
    )
    op.create_index("ix_resources_business", "resources", ["business"])
    op.create_table(
        "offerings",
        sa.Column("id", sa.String(160), nullable=False),
        sa.Column("business", sa.String(80), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_offerings"),
    )
    op.create_index("ix_offerings_business", "offerings", ["business"])


def _create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("saga", sa.String(120), nullable=False),
        sa.Column("released_by", sa.String(120)),
        sa.Column("offering", sa.String(160)),
        sa.Column("resource", sa.String(160)),
        sa.Column("starts_at", Instant),
        sa.Column("ends_at", Instant),
        sa.Column("blocked_from", Instant),
        sa.Column("blocked_to", Instant),
        sa.Column("unit", sa.Integer),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("session", sa.String(200), nullable=False),
        sa.Column("seated", sa.Boolean, nullable=False),
        sa.Column("expires_at", Instant),
        sa.Column("claims", sa.Integer, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.CheckConstraint(
            "status in ('held', 'confirmed', 'released', 'cancelled', 'lapsed')",
            name=op.f("ck_holds_known_status"),
        ),
        sa.CheckConstraint(
            f"not ({_ACTIVE}) or (resource is not null and blocked_from < blocked_to)",
            name=op.f("ck_holds_active_takes_time"),
        ),
    )
    op.create_index("ix_holds_booking_id", "holds", ["booking_id"])
    active = sa.text(_ACTIVE)
    op.create_index(
        "ix_holds_taken", "holds", ["resource", "blocked_to"], postgresql_where=active, sqlite_where=active
    )


def _guard_holds() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(_EXCLUSION)
    else:
        op.execute(_TRIGGER.format(name="insert", event="INSERT"))
        op.execute(_TRIGGER.format(name="update", event="UPDATE"))


def _create_cells() -> None:
    op.create_table(
        "slot_cells",
        sa.Column("resource", sa.String(160), nullable=False),
        sa.Column("scope", sa.String(160), nullable=False),
        sa.Column("cell_at", Instant, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("resource", "scope", "cell_at", name="pk_slot_cells"),
        sa.CheckConstraint("taken >= 0 and taken <= capacity", name=op.f("ck_slot_cells_no_overbooking")),
    )


def _create_calendar_events() -> None:
    op.create_table(
        "calendar_events",
        sa.Column("item_id", sa.String(64), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("wanted", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("wish", sa.Integer, nullable=False),
        sa.Column("source", sa.String(20)),
        sa.Column("calendar", sa.String(320)),
        sa.Column("event_id", sa.String(200)),
        sa.Column("content", Json),
        sa.Column("answer_to", Json),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("removed_claim", sa.Integer),
        sa.Column("called_wish", sa.Integer),
        sa.Column("calling_until", Instant),
        sa.Column("changed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_calendar_events"),
        sa.CheckConstraint("wanted in ('present', 'absent')", name=op.f("ck_calendar_events_known_wish")),
        sa.CheckConstraint(
            "state in ('pending', 'written', 'removed')", name=op.f("ck_calendar_events_known_state")
        ),
    )
    op.create_index("ix_calendar_events_booking_id", "calendar_events", ["booking_id"])


def downgrade() -> None:
    """Take it all away."""
    for table in ("calendar_events", "slot_cells", "holds", "offerings", "resources", "catalogs"):
        op.drop_table(table)
    drop_spine_1()
