-- The guard: what a run with a past brings is kept apart until it is judged, and what a tile brought is kept as figures.
alter table venue_sync.runs
    -- Its rows wait in venue_sync.staged until their tile is judged: there was a good run of the same before it.
    add column staging boolean not null default false,
    -- What of the whole the guard did not believe; null where it believed it, or has not judged it yet.
    add column breaches jsonb,
    -- Venues that were concluded to be gone when it was closed.
    add column gone integer;
-- squawk-ignore ban-drop-constraint -- the next statement brings it back, with one word more
alter table venue_sync.runs drop constraint runs_state_check;
alter table venue_sync.runs add constraint runs_state_check
    check (state in ('open', 'complete', 'abandoned', 'refused')) not valid;

alter table venue_sync.tiles
    -- What was found in it, by which later runs are judged; null until it has ended.
    add column figures jsonb,
    -- What of it the guard did not believe.
    add column breaches jsonb;
-- squawk-ignore ban-drop-constraint -- the next statement brings it back, with one word more
alter table venue_sync.tiles drop constraint tiles_state_check;
alter table venue_sync.tiles add constraint tiles_state_check
    check (state in ('waiting', 'leased', 'complete', 'failed', 'held')) not valid;

-- Venues that an answer brought and that are not written yet: each waits for its tile to be judged.
create table venue_sync.staged (
    run_id uuid not null references venue_sync.runs (id) on delete cascade,
    provider_id text not null,
    tile_id bigint not null,
    -- The answer that is credited with what becomes of it.
    answer_id uuid not null,
    lat double precision not null,
    lng double precision not null,
    -- As the merge takes it.
    "row" jsonb not null,
    -- When it was seen.
    staged_at timestamptz not null default clock_timestamp(),
    primary key (run_id, provider_id)
);
create index staged_tile on venue_sync.staged (tile_id, provider_id);
-- Finds what lies in a tile, whichever tile brought it.
create index staged_position on venue_sync.staged (run_id, lat, lng);

alter table venue_sync.venue_states
    -- The begin of the first complete run that did not see it any more, once so many have not that it is taken to be gone.
    add column missing_since timestamptz;
-- squawk-ignore ban-drop-not-null -- nobody but this program reads it: null where the provider said nothing
alter table venue_sync.venue_states alter column business_status drop not null;
