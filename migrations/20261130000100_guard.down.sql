-- loses: venue_sync.runs.staging
-- loses: venue_sync.runs.breaches
-- loses: venue_sync.runs.gone
-- loses: venue_sync.tiles.figures
-- loses: venue_sync.tiles.breaches
-- loses: venue_sync.staged
-- loses: venue_sync.venue_states
-- loses: venue_sync.venue_states.missing_since
delete from venue_sync.venue_states where business_status is null;
-- squawk-ignore adding-not-nullable-field -- on the way back, and only venues that are not simply open are in it
alter table venue_sync.venue_states alter column business_status set not null;
alter table venue_sync.venue_states drop column missing_since;
-- Whoever went on with it would take what waited for written.
update venue_sync.runs set state = 'abandoned', ended_at = clock_timestamp() where state = 'open' and staging;
drop table venue_sync.staged;
update venue_sync.tiles set state = 'failed' where state = 'held';
alter table venue_sync.tiles drop column breaches, drop column figures;
alter table venue_sync.tiles drop constraint tiles_state_check;
-- squawk-ignore constraint-missing-not-valid -- on the way back, and a run's few tiles are read in a moment
alter table venue_sync.tiles add constraint tiles_state_check
    check (state in ('waiting', 'leased', 'complete', 'failed'));
update venue_sync.runs set state = 'abandoned' where state = 'refused';
alter table venue_sync.runs drop column gone, drop column breaches, drop column staging;
alter table venue_sync.runs drop constraint runs_state_check;
-- squawk-ignore constraint-missing-not-valid -- on the way back, and so are the runs
alter table venue_sync.runs add constraint runs_state_check check (state in ('open', 'complete', 'abandoned'));
