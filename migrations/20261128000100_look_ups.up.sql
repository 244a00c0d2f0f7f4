-- What providers said of a venue of its own, beyond its row in a search, in a run that is not over: paid for once, whoever meets the
-- venue next, and after whatever end. A row goes when that of the venue is written, the rest when the run is over.
create table venue_sync.look_ups (
    run_id uuid not null references venue_sync.runs (id) on delete cascade,
    provider_id text not null,
    -- HTTP.
    status integer not null,
    -- As it came.
    body bytea not null,
    answered_at timestamptz not null,
    primary key (run_id, provider_id)
);
