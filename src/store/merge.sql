-- The one upsert: venues, stubs, states, due profiles and the provider's own words in a single statement.
-- Of what is updated, it tells what it was before.
-- $1 provider, $2 the batch (jsonb array), $3 when the run was begun; null where nobody was asked, and what was kept is cleaned again.
--
-- A row seen since $3 is a duplicate and stays as it is, so that a run writes each venue once, whichever tile comes first.
-- A row whose content did not change keeps its updated_at; dated exceptions are not part of that comparison. A member that
-- was not asked for (named in no row's `asked`) keeps its stored value. A venue that somebody else put there without a profile
-- gets its stub when it is first seen. A position that differs by no more than five decimals of a degree, rounded, is the stored one:
-- providers round now this way and now that.
--
-- A venue that was taken to be gone is no longer. One that waited to be judged has the time at which it was seen as `seen_at`.
--
-- Where nobody was asked ($3 is null), nothing is said of when a venue was last seen, nor of its state; what comes out the same is not
-- touched at all, and a venue that was seen meanwhile (another last_seen_at than `seen_at`) is left to whoever saw it.
with clock as materialized (select clock_timestamp() as at),
input as materialized (
    select * from jsonb_to_recordset($2::jsonb) as r (
        id uuid, profile_id uuid, provider_id text, name text, lat float8, lng float8, categories varchar[], address text,
        rating float8, price_level int, hours jsonb, raw_hours text, status text, successor_id text, asked text[],
        admit boolean, seen_at timestamptz, format smallint, answered_at timestamptz, raw jsonb, dated boolean)
),
merged as materialized (
    select i.provider_id, i.profile_id, i.name, i.seen_at,
        -- One that was here before and was purged comes back as what it was; looked for only where there is no row.
        coalesce(v.id, (select n.venue_id from venue_sync.known_ids n where n.provider = $1 and n.provider_id = i.provider_id),
            i.id) as id,
        case when p.stays then v.lat else i.lat end as lat, case when p.stays then v.lng else i.lng end as lng, i.status,
        k.venue_id is not null as has_state, k.missing_since is not null as missing,
        case when 'successor_id' = any (i.asked) then i.successor_id else k.successor_id end as successor_id,
        coalesce(case when 'categories' = any (i.asked) then i.categories else v.categories end, '{}') as categories,
        case when 'address' = any (i.asked) then i.address else v.address end as address,
        case when 'rating' = any (i.asked) then i.rating else v.rating end as rating,
        case when 'price_level' = any (i.asked) then i.price_level else v.price_level end as price_level,
        -- SQLAlchemy writes what is unknown as the JSON null.
        case when 'hours' = any (i.asked) then i.hours else nullif(v.hours, 'null') end as hours,
        case when 'raw_hours' = any (i.asked) then i.raw_hours else v.raw_hours end as raw_hours,
        v.name is distinct from i.name or not p.stays
            or ('categories' = any (i.asked) and v.categories is distinct from coalesce(i.categories, '{}')) as moved
    from input i
    left join public.venues v on v.provider_name = $1 and v.provider_id = i.provider_id
    left join venue_sync.venue_states k on k.venue_id = v.id
    cross join lateral
        (select coalesce(abs(v.lat - i.lat) <= 0.000006 and abs(v.lng - i.lng) <= 0.000006, false) as stays) p
    where v.id is not null or i.admit
),
written as (
    insert into public.venues as v (id, provider_id, provider_name, name, categories, lat, lng, address, rating,
        price_level, hours, raw_hours, last_seen_at, created_at, updated_at)
    select m.id, m.provider_id, $1, m.name, m.categories, m.lat, m.lng, m.address, m.rating,
        m.price_level, m.hours, m.raw_hours, coalesce(m.seen_at, clock.at), clock.at, clock.at
    from merged m cross join clock
    left join public.venues o on $3::timestamptz is null and o.id = m.id
    where $3 is not null
        or (o.name, o.categories, o.lat, o.lng, o.address, o.rating, o.price_level,
            nullif(o.hours, 'null') || '{"special_days": null}', o.raw_hours)
        is distinct from
           (m.name, m.categories, m.lat, m.lng, m.address, m.rating, m.price_level,
            m.hours || '{"special_days": null}', m.raw_hours)
    order by m.provider_id
    on conflict (provider_name, provider_id) do update set
        name = excluded.name, categories = excluded.categories, lat = excluded.lat, lng = excluded.lng,
        address = excluded.address, rating = excluded.rating, price_level = excluded.price_level,
        hours = excluded.hours, raw_hours = excluded.raw_hours, last_seen_at = excluded.last_seen_at,
        updated_at = case
            when (v.name, v.categories, v.lat, v.lng, v.address, v.rating, v.price_level,
                  nullif(v.hours, 'null') || '{"special_days": null}', v.raw_hours)
              is distinct from
                 (excluded.name, excluded.categories, excluded.lat, excluded.lng, excluded.address, excluded.rating,
                  excluded.price_level, excluded.hours || '{"special_days": null}', excluded.raw_hours)
            then excluded.updated_at else v.updated_at end
        where v.last_seen_at < $3 or ($3 is null and v.last_seen_at = excluded.last_seen_at)
    returning v.id, v.provider_id, v.xmax = 0 as inserted, v.updated_at = (select at from clock) as changed
),
stubbed as (
    insert into public.venue_profiles (id, venue_id, attribute_scores, evidence_snippets, profiled_at, expires_at)
    select m.profile_id, w.id, '{}', '{}', 'epoch', 'epoch'
    from written w join merged m on m.provider_id = w.provider_id
    where w.inserted or not exists (select from public.venue_profiles p where p.venue_id = w.id)
    on conflict (venue_id) do nothing returning venue_id
),
-- Whatever was made, or is being made, of what the venue was before: due at once, with all attempts, and out of the worker's hands.
due as (
    update public.venue_profiles p
    set expires_at = least(p.expires_at, clock.at), attempts = 0, claimed_by = null, claimed_until = null
    from written w join merged m on m.provider_id = w.provider_id, clock
    where p.venue_id = w.id and not w.inserted and m.moved
      and (p.expires_at is null or p.expires_at > clock.at or p.attempts > 0 or p.claimed_until is not null)
),
states as (
    insert into venue_sync.venue_states as s (venue_id, business_status, successor_id, checked_at)
    select w.id, m.status, m.successor_id, clock.at
    from written w join merged m on m.provider_id = w.provider_id, clock
    where $3 is not null and (m.status <> 'operational' or (m.has_state and (m.status is not null or m.missing)))
    on conflict (venue_id) do update set business_status = coalesce(excluded.business_status, s.business_status),
        successor_id = excluded.successor_id, checked_at = excluded.checked_at, missing_since = null
),
-- A member that was not asked for stays as it was kept, too. What is kept already is not even locked; the day of the answer counts
-- only where it decides what the hours are.
kept as (
    insert into venue_sync.raw_venues as k (venue_id, provider, format, answered_at, raw)
    select w.id, $1, i.format, i.answered_at, i.raw
    from written w join input i on i.provider_id = w.provider_id
    left join venue_sync.raw_venues o on o.venue_id = w.id
    where i.raw is not null
      -- A row that is there, and goes with its venue in this very moment, is none.
      and (w.inserted or o.venue_id is null or o.format <> i.format or o.raw is distinct from o.raw || i.raw
           or (i.dated and o.answered_at <> i.answered_at))
    on conflict (venue_id) do update set
        provider = excluded.provider, format = excluded.format,
        answered_at = case when excluded.raw ? 'hours' then excluded.answered_at else k.answered_at end,
        raw = case when k.format = excluded.format then k.raw || excluded.raw else excluded.raw end
)
select i.provider_id as "provider_id!", i.status, m.provider_id is null as "refused!", w.inserted, w.changed,
    st.venue_id is not null as "stubbed!",
    case when o.id is not null then jsonb_build_object('name', o.name, 'categories', o.categories,
        'position', jsonb_build_array(o.lat, o.lng), 'address', o.address, 'rating', o.rating, 'price_level', o.price_level,
        'hours', nullif(o.hours, 'null'), 'raw_hours', o.raw_hours) end as before,
    case when o.id is not null then jsonb_build_object('name', m.name, 'categories', m.categories,
        'position', jsonb_build_array(m.lat, m.lng), 'address', m.address, 'rating', m.rating, 'price_level', m.price_level,
        'hours', m.hours, 'raw_hours', m.raw_hours) end as after
from input i
left join merged m on m.provider_id = i.provider_id
left join written w on w.provider_id = i.provider_id
left join stubbed st on st.venue_id = w.id
left join public.venues o on o.id = w.id and ($3 is null or (w.changed and not w.inserted))
