-- loses: venue_sync.changes
-- loses: venue_sync.runs.failed_attempts
-- loses: venue_sync.runs.filled
alter table venue_sync.runs drop column filled, drop column failed_attempts;
drop table venue_sync.changes;
