-- Back to the backend's first revision. The schema venue_sync itself stays: the table that records migrations lives in it.
-- LOSES DATA: the history of runs.
drop table venue_sync.venue_states;
drop table venue_sync.quota;
drop table venue_sync.rejects;
drop table venue_sync.answers;
drop table venue_sync.tiles;
drop table venue_sync.workers;
drop table venue_sync.runs;

alter table public.user_events alter column query_context type json using query_context::json;
alter table public.venue_profiles
    alter column attribute_scores type json using attribute_scores::json,
    alter column evidence_snippets type json using evidence_snippets::json;
alter table public.venues alter column hours type json using hours::json;

-- Fails, and changes nothing, where two providers share an id.
drop index public.ix_venues_provider_id;
create unique index ix_venues_provider_id on public.venues (provider_id);
drop index public.ix_venues_provider_name_provider_id;
