-- What the report of a run tells beyond its counts: what changed in which venue, why attempts failed, which fields are known.
create table venue_sync.changes (
    id bigint generated always as identity primary key,
    answer_id uuid not null references venue_sync.answers (id) on delete cascade,
    provider_id text not null,
    -- As it was.
    name text not null,
    -- By field, what it was and what it is now, in a pair.
    fields jsonb not null
);
create index changes_answer on venue_sync.changes (answer_id);
alter table venue_sync.runs
    -- Attempts that ended in no usable answer, by cause.
    add column failed_attempts jsonb not null default '{}',
    -- When it was complete: the venues that it had seen, and how many of them had which field.
    add column filled jsonb;
