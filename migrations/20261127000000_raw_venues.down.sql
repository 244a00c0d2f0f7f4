-- loses: venue_sync.raw_venues
-- Nothing that the next sync does not bring again, where it may be kept.
drop table venue_sync.raw_venues;
