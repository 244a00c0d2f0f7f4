-- loses: venue_sync.pace
drop table venue_sync.pace;
