alter table venue_sync.runs
    -- When it was believed as a whole, by the guard or by somebody who accepted it: from then on what waits is let in, whoever comes.
    add column believed_at timestamptz,
    -- The later run of the same that was closed before anybody had decided about this one, which was refused.
    add column replaced_by uuid;
