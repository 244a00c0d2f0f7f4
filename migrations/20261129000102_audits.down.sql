-- loses: venue_sync.runs.audit_missed
-- loses: venue_sync.runs.audited
-- loses: venue_sync.tiles.purpose
alter table venue_sync.runs drop column audit_missed, drop column audited;
alter table venue_sync.tiles drop column purpose;
