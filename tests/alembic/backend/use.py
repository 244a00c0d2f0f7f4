"""What the backend does with its tables: reads every row of each, and writes, changes and removes rows of its own.

Once over the synchronous engine and once over the asynchronous one. Prints how many rows it read of each table.
With the word `fill`, writes rows that stay instead.
"""

import asyncio
import importlib.util
import json
import os
import sys
import uuid
from datetime import UTC, datetime, timedelta

from models import EventType, Mode, UserEvent, Venue, VenueProfile
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

URL = os.environ["DATABASE_URL"]
TABLES = [Venue, VenueProfile, UserEvent]
if importlib.util.find_spec("jobs"):
    from jobs import Job

    TABLES.append(Job)
HOURS = {
    "weekday_text": ["Monday: closed"] * 7,
    "periods": [{"open": {"day": 5, "hour": 18, "minute": 0}, "close": {"day": 6, "hour": 2, "minute": 0}}],
    "open_now": True,
}


def venue() -> Venue:
    return Venue(
        provider_id=f"trial-{uuid.uuid4()}", provider_name="trial", name="Café Ωmega “b”", categories=["cafe", "bar"], lat=38.7,
        lng=-9.1, address="Rua 1", rating=4.5, price_level=2, hours=HOURS, raw_hours="Fri 18-2",
        profile=VenueProfile(
            attribute_scores={"cozy": 0.25}, evidence_snippets={"cozy": ["so “warm”"]}, embedding_ref="v1",
            expires_at=datetime.now(UTC) + timedelta(days=7),
        ),
    )


def check(row: Venue | VenueProfile | UserEvent) -> None:
    """What the backend's response schemas demand of what they read."""
    match row:
        case Venue():
            assert row.rating is None or 0 <= row.rating <= 5, row.rating
            assert row.price_level is None or 0 <= row.price_level <= 4, row.price_level
            assert row.hours is None or isinstance(row.hours, dict), row.hours
            assert all(isinstance(category, str) for category in row.categories)
            assert row.last_seen_at.tzinfo and row.created_at.tzinfo and row.updated_at.tzinfo
        case VenueProfile():
            assert all(0 <= score <= 1 for score in row.attribute_scores.values())
            assert all(isinstance(snippets, list) for snippets in row.evidence_snippets.values())
            assert row.profiled_at is not None


def write(session: Session) -> None:
    """Within one session; the asynchronous one calls it by `run_sync`, as SQLAlchemy's guide has it."""
    mine = venue()
    session.add(mine)
    session.flush()
    event = UserEvent(user_id="u1", event_type=EventType.THUMBS_UP, venue_id=mine.id, mode=Mode.QUICK_BITE, query_context={"q": [1, None]})
    session.add(event)
    if len(TABLES) > 3:
        session.add(Job(kind="enrich", payload={"venue": str(mine.id)}))
    session.commit()
    session.expire_all()
    found = session.scalars(select(Venue).where(Venue.provider_id == mine.provider_id)).first()
    assert found is not None and found.hours == HOURS and found.profile.evidence_snippets == {"cozy": ["so “warm”"]}
    assert (event.mode, event.query_context) == (Mode.QUICK_BITE, {"q": [1, None]})
    found.hours, found.name = None, "renamed"
    found.profile.attribute_scores = {}
    session.commit()
    session.delete(found)
    session.commit()
    session.expire_all()
    assert session.scalars(select(VenueProfile).where(VenueProfile.venue_id == mine.id)).first() is None
    assert session.get(UserEvent, event.id).venue_id is None


def read_all() -> dict[str, int]:
    with Session(create_engine(URL)) as session:
        counts = {}
        for table in TABLES:
            rows = session.scalars(select(table)).all()
            for row in rows:
                check(row)
            counts[table.__tablename__] = len(rows)
        write(session)
    return counts


async def read_all_async() -> dict[str, int]:
    engine = create_async_engine(URL)
    async with AsyncSession(engine) as session:
        counts = {table.__tablename__: len((await session.scalars(select(table))).all()) for table in TABLES}
        await session.run_sync(write)
    await engine.dispose()
    return counts


def fill() -> None:
    with Session(create_engine(URL)) as session:
        # A None that is set stands in the table as JSON's null, one that is left out as SQL's.
        rows = [venue(), venue(), Venue(provider_id="x", provider_name="trial", name="x", categories=[], lat=-0.0, lng=180.0)]
        rows[1].hours = None
        session.add_all(rows)
        session.flush()
        session.add_all(UserEvent(event_type=kind, venue_id=rows[0].id, query_context={"b": 1, "a": [1.50, "é"]}) for kind in EventType)
        if len(TABLES) > 3:
            session.add(Job(kind="enrich", payload={"b": 1, "a": 2}))
        session.commit()


if sys.argv[1:] == ["fill"]:
    fill()
else:
    print(json.dumps([read_all(), asyncio.run(read_all_async())]))
