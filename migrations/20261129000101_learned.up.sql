-- What a run knew of its tiles when it began: the same for whoever works on them, and whenever.
alter table venue_sync.tiles
    -- Where venues were before, in pairs of 1e-7 degrees with the groups of words that return them; null where nothing was known.
    add column known bytea,
    -- When the same piece of the same region was last done before the run began: the stalest are claimed first.
    add column last_done_at timestamptz,
    add column completed_at timestamptz;
