alter table venue_sync.tiles drop constraint tiles_state_check;
alter table venue_sync.tiles add constraint tiles_state_check
    check (state in ('waiting', 'leased', 'complete', 'failed', 'held')) not valid;
alter table venue_sync.runs drop constraint runs_state_check;
alter table venue_sync.runs add constraint runs_state_check
    check (state in ('open', 'complete', 'abandoned', 'refused')) not valid;
