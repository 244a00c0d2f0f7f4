"""The ModeMap backend's models, as its Alembic knows them at both of its revisions."""

import enum
import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Enum, ForeignKey, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class EventType(enum.Enum):
    IMPRESSION = "impression"
    CLICK = "click"
    SAVE = "save"
    THUMBS_UP = "thumbs_up"
    THUMBS_DOWN = "thumbs_down"
    NAVIGATE = "navigate"


class Mode(enum.Enum):
    WORK = "work"
    DATE = "date"
    QUICK_BITE = "quick_bite"
    BUDGET = "budget"


def now() -> datetime:
    return datetime.now(UTC)


class Venue(Base):
    __tablename__ = "venues"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4, index=True)
    provider_id: Mapped[str] = mapped_column(String(255), unique=True, index=True)
    provider_name: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(255))
    categories: Mapped[list[str]] = mapped_column(ARRAY(String))
    lat: Mapped[float]
    lng: Mapped[float]
    address: Mapped[str | None] = mapped_column(Text)
    rating: Mapped[float | None]
    price_level: Mapped[int | None]
    hours: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    raw_hours: Mapped[str | None] = mapped_column(Text)
    last_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)

    profile: Mapped["VenueProfile | None"] = relationship(back_populates="venue", passive_deletes=True)


class VenueProfile(Base):
    __tablename__ = "venue_profiles"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4, index=True)
    venue_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("venues.id", ondelete="CASCADE"), unique=True, index=True)
    attribute_scores: Mapped[dict[str, float]] = mapped_column(JSON)
    evidence_snippets: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    embedding_ref: Mapped[str | None] = mapped_column(String(255))
    profiled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    venue: Mapped[Venue] = relationship(back_populates="profile")


class UserEvent(Base):
    __tablename__ = "user_events"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4, index=True)
    user_id: Mapped[str | None] = mapped_column(String(255), index=True)
    event_type: Mapped[EventType] = mapped_column(Enum(EventType, name="event_type_enum"), index=True)
    venue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("venues.id", ondelete="SET NULL"), index=True)
    mode: Mapped[Mode | None] = mapped_column(Enum(Mode, name="mode_enum"), index=True)
    query_context: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)
