-- loses: venue_sync.runs.believed_at
-- loses: venue_sync.runs.replaced_by
alter table venue_sync.runs drop column replaced_by, drop column believed_at;
