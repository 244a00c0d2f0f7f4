-- loses: venue_sync.known_ids
-- loses: venue_sync.purges
drop table venue_sync.purges;
drop table venue_sync.known_ids;
