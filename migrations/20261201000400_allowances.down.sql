-- loses: venue_sync.pace.used_up_until
alter table venue_sync.pace drop column used_up_until;
