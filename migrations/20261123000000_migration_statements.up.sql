-- What was applied, word for word: a file that is changed afterwards can be shown as a difference, a changed comment told from a
-- changed statement, and an older program can take back what a newer one applied. sqlx's own table has no room for it.
create table venue_sync.migration_statements (
    version bigint primary key,
    -- Over the statements of `up`, without comments and layout.
    checksum bytea not null,
    up text not null,
    down text,
    applied_at timestamptz not null default clock_timestamp(),
    -- Version of the `venues` that applied it, or first found it equal to its own.
    applied_by text not null
);
