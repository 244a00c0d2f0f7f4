-- loses: venue_sync.billed
-- loses: venue_sync.answers.ids
-- loses: venue_sync.answers.fresh
-- loses: venue_sync.quota.requests_free
-- loses: venue_sync.runs.requests_free
drop table venue_sync.billed;
alter table venue_sync.answers drop column ids, drop column fresh;
alter table venue_sync.quota drop column requests_free;
alter table venue_sync.runs drop column requests_free;
