"""The first schema of notify."""

import sqlalchemy as sa
from alembic import op

from shared.db import Instant, Json
from shared.messaging.migrations import create_spine_1, drop_spine_1

revision = "notify_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the spine, the bookings heard of, what is said, and the invitations."""
    create_spine_1()
    op.create_table(
        "known_bookings",
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("facts", Json),
        sa.Column("updated_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("booking_id", name="pk_known_bookings"),
    )
    _create_notifications()
    op.create_table(
        "invitations",
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("item_id", sa.String(64), nullable=False),
        sa.Column("uid", sa.String(320), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("issued_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("booking_id", "item_id", name="pk_invitations"),
        sa.UniqueConstraint("uid", name="uq_invitations_uid"),
    )


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("booking_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("dedupe", sa.String(200), nullable=False),
        sa.Column("occasion", Json, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("message_id", sa.String(200)),
        sa.Column("recipient", sa.String(320)),
        sa.Column("subject", sa.Text),
        sa.Column("body_html", sa.Text),
        sa.Column("body_text", sa.Text),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("sent_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.UniqueConstraint(
            "booking_id", "kind", "channel", "dedupe", name="uq_notifications_booking_id_kind_channel_dedupe"
        ),
    )


def downgrade() -> None:
    """Take it all away."""
    for table in ("invitations", "notifications", "known_bookings"):
        op.drop_table(table)
    drop_spine_1()
