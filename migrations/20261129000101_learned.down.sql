-- loses: venue_sync.tiles.completed_at
-- loses: venue_sync.tiles.last_done_at
-- loses: venue_sync.tiles.known
alter table venue_sync.tiles drop column completed_at, drop column last_done_at, drop column known;
