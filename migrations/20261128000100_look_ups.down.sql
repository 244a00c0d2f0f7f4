-- loses: venue_sync.look_ups
drop table venue_sync.look_ups;
