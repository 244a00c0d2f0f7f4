-- Every row that was there has one of the words of before.
alter table venue_sync.runs validate constraint runs_state_check;
alter table venue_sync.tiles validate constraint tiles_state_check;
