"""Initial migration"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f99aa361bd09"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "venues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("provider_name", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lng", sa.Float(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("price_level", sa.Integer(), nullable=True),
        sa.Column("hours", sa.JSON(), nullable=True),
        sa.Column("raw_hours", sa.Text(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_venues_id"), "venues", ["id"], unique=False)
    op.create_index(op.f("ix_venues_provider_id"), "venues", ["provider_id"], unique=True)
    op.create_table(
        "user_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=True),
        sa.Column(
            "event_type",
            sa.Enum(
                "IMPRESSION", "CLICK", "SAVE", "THUMBS_UP", "THUMBS_DOWN", "NAVIGATE", name="event_type_enum"
            ),
            nullable=False,
        ),
        sa.Column("venue_id", sa.Uuid(), nullable=True),
        sa.Column("mode", sa.Enum("WORK", "DATE", "QUICK_BITE", "BUDGET", name="mode_enum"), nullable=True),
        sa.Column("query_context", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["venue_id"], ["venues.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ["created_at", "event_type", "id", "mode", "user_id", "venue_id"]:
        op.create_index(op.f(f"ix_user_events_{column}"), "user_events", [column], unique=False)
    op.create_table(
        "venue_profiles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("attribute_scores", sa.JSON(), nullable=False),
        sa.Column("evidence_snippets", sa.JSON(), nullable=False),
        sa.Column("embedding_ref", sa.String(length=255), nullable=True),
        sa.Column("profiled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["venue_id"], ["venues.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_venue_profiles_id"), "venue_profiles", ["id"], unique=False)
    op.create_index(op.f("ix_venue_profiles_venue_id"), "venue_profiles", ["venue_id"], unique=True)


def downgrade() -> None:
    op.drop_table("venue_profiles")
    op.drop_table("user_events")
    op.drop_table("venues")
    op.execute("DROP TYPE mode_enum")
    op.execute("DROP TYPE event_type_enum")
