-- loses: venue_sync.venue_states
-- loses: venue_sync.quota
-- loses: venue_sync.rejects
-- loses: venue_sync.answers
-- loses: venue_sync.tiles
-- loses: venue_sync.workers
-- loses: venue_sync.runs
-- loses: public.venues
-- only: select v.provider_name, v.provider_id, v.name, v.last_seen_at, v.id from public.venues v where exists (select from public.venues o where o.provider_id = v.provider_id and (o.last_seen_at, o.id) > (v.last_seen_at, v.id))
-- loses: public.venue_profiles
-- only: select v.provider_name, v.provider_id, v.name, p.profiled_at, p.id from public.venue_profiles p join public.venues v on v.id = p.venue_id where exists (select from public.venues o where o.provider_id = v.provider_id and (o.last_seen_at, o.id) > (v.last_seen_at, v.id))
-- loses: public.user_events.venue_id
-- only: select v.provider_name, v.provider_id, v.name, e.event_type, e.created_at, e.id from public.user_events e join public.venues v on v.id = e.venue_id where exists (select from public.venues o where o.provider_id = v.provider_id and (o.last_seen_at, o.id) > (v.last_seen_at, v.id))
-- Back to the backend's first revision. The schema venue_sync itself stays: the table that records migrations lives in it.

-- First, so that nothing is lost where this stops: the lone unique index on provider_id cannot come back where two providers
-- share an id. Of such venues only the one seen last stays, and only where somebody said so.
do $$
declare
    shared text;
    many bigint;
begin
    lock table public.venues in share row exclusive mode;
    select count(*), string_agg(format('%s %s "%s" last seen %s', provider_name, provider_id, name, last_seen_at), E'\n'
                                order by provider_id, last_seen_at desc, id desc) filter (where place <= 20)
    into many, shared
    from (
        select v.*, row_number() over (order by provider_id, last_seen_at desc, id desc) as place
        from public.venues v
        where exists (select from public.venues o where o.provider_id = v.provider_id and o.id <> v.id)
    ) as v;
    if many = 0 then
        return;
    end if;
    if coalesce(current_setting('venue_sync.allow_data_loss', true), '') <> 'on' then
        raise exception '% venues share their provider_id with another, which the backend''s first revision has no room for',
                many
            using detail = shared || case when many > 20 then E'\n…' else '' end,
                hint = 'Remove or rename them. Or keep of each id the venue seen last: with `venues migrate down '
                    '--allow-data-loss`, or with any other program after `set venue_sync.allow_data_loss = ''on''`.';
    end if;
    -- Their rows of public.venue_profiles go along; in public.user_events the venue becomes null.
    delete from public.venues v
    where exists (select from public.venues o
                  where o.provider_id = v.provider_id and (o.last_seen_at, o.id) > (v.last_seen_at, v.id));
end
$$;

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

drop index public.ix_venues_provider_id;
create unique index ix_venues_provider_id on public.venues (provider_id);
drop index public.ix_venues_provider_name_provider_id;
