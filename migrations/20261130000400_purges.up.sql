-- What may not be kept for ever goes when its time is over; what is left of it, and the record of it, is kept here.
-- Ids of ours that venues had which were purged, where the provider's ids may be kept: what comes back is what it was.
create table venue_sync.known_ids (
    provider varchar(50) not null,
    provider_id varchar(255) not null,
    -- No foreign key: there is no such venue until it comes back.
    venue_id uuid not null,
    kept_at timestamptz not null default clock_timestamp(),
    primary key (provider, provider_id)
);

-- One row a purge of a provider: what was deleted because it was over its time, by which rule, when and by whom.
create table venue_sync.purges (
    id uuid primary key,
    provider varchar(50) not null,
    -- Null: everywhere.
    region text,
    -- The rule, and the instant that it came to: what was last seen before that went.
    retention_days integer not null,
    seen_before timestamptz not null,
    -- Whether the ids were kept in known_ids.
    ids_kept boolean not null,
    -- Venues that went, with all that hangs on them; counted in the transactions in which they went.
    venues bigint not null default 0,
    -- What else of the provider's words went: kept rows, look-ups and positions of runs that nobody went on with, words of rejects.
    traces bigint not null default 0,
    -- The database's role, and the version of `venues`.
    role text not null default session_user,
    made_by text not null,
    begun_at timestamptz not null default clock_timestamp(),
    -- Null: it was killed, or is still at work; what it deleted stays deleted, and the next one goes on.
    ended_at timestamptz
);
create index purges_provider on venue_sync.purges (provider, begun_at desc);
