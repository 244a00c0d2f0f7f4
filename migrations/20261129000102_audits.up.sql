-- What a run's proof is worth: a few questions asked in another way, when all else is done.
alter table venue_sync.tiles
    add column purpose text not null default 'rows';

alter table venue_sync.runs
    -- Venues that the audit was shown, and those of them that no answer before it held.
    add column audited integer,
    add column audit_missed integer;
