-- What was found in a tile: every venue that lies in it and that the run saw, whichever tile's answers brought it, and whether it waits
-- or is written.
-- $1 tile, $2 provider, $3 when the run was begun, $4 and $5 when the last good run of the same was begun and ended (null without one),
-- $6 run, $7 to $10 the tile's south, west, north and east.
--
-- A venue that waits and was known counts as seen again whoever saw it since the last good run: another region, or a run that was
-- refused, may have. Of those that do not wait, only the last good run's own are missed.
--
-- `open` is counted like a field: whether a venue is open for business, as far as its provider says.
--
-- Each row that waits is looked up by its key, and venues are looked for by where they lie and by nothing else (`offset 0` keeps the rest
-- out): statistics of tables that were empty a moment ago are not to be trusted, and by them all venues of a provider are a few.
with waiting as materialized (
    select s.lat, s.lng, s."row", v.id as venue_id, v.categories,
        v.created_at < $3 and $5::timestamptz is not null as again
    from (
        select * from venue_sync.staged s
        where s.run_id = $6 and s.lat >= $7 and s.lat < $9 and s.lng >= $8 and s.lng < $10
        offset 0) s
    left join lateral (
        select v.id, v.categories, v.created_at, v.last_seen_at from public.venues v
        where v.provider_name = $2 and v.provider_id = s.provider_id limit 1) v on true
    where v.id is not null or (s."row" ->> 'admit')::boolean
),
-- Those of the provider that lie in it and were written in this run, or by the last good one.
written as materialized (
    select v.lat, v.lng, v.categories, v.address, v.rating, v.price_level, v.hours, v.created_at < $3 as again,
        v.last_seen_at >= $3 as seen,
        not exists (select from venue_sync.venue_states k where k.venue_id = v.id and k.business_status <> 'operational') as open,
        (select s.run_id from venue_sync.staged s where s.run_id = $6 and s.provider_id = v.provider_id limit 1) is not null as waits
    from (
        select * from public.venues v where v.lat >= $7 and v.lat < $9 and v.lng >= $8 and v.lng < $10
        offset 0) v
    where v.provider_name = $2 and (v.last_seen_at >= $3 or v.last_seen_at between $4 and $5)
),
found as materialized (
    select lat, lng, coalesce(w."row" #>> '{categories,0}', w.categories[1], '') as kind, coalesce(again, false) as again,
        array_remove(array[
            case when w."row" -> 'asked' ? 'address' then 'address' end, case when w."row" -> 'asked' ? 'rating' then 'rating' end,
            case when w."row" -> 'asked' ? 'price_level' then 'price_level' end,
            case when w."row" -> 'asked' ? 'hours' then 'hours' end,
            case when w."row" -> 'asked' ? 'categories' then 'categories' end,
            case when w."row" -> 'asked' ? 'status' then 'open' end], null) as asked,
        array_remove(array[
            case when w."row" ? 'address' then 'address' end, case when w."row" ? 'rating' then 'rating' end,
            case when w."row" ? 'price_level' then 'price_level' end, case when w."row" ? 'hours' then 'hours' end,
            case when w."row" #>> '{categories,0}' is not null then 'categories' end,
            case when coalesce(w."row" ->> 'status', 'operational') = 'operational' then 'open' end], null) as filled
    from waiting w
    union all
    select lat, lng, coalesce(categories[1], ''), again, '{address,rating,price_level,hours,categories,open}'::text[],
        array_remove(array[
            case when address is not null then 'address' end, case when rating is not null then 'rating' end,
            case when price_level is not null then 'price_level' end,
            case when hours is not null and hours <> 'null' then 'hours' end,
            case when cardinality(categories) > 0 then 'categories' end, case when open then 'open' end], null)
    from written where seen and not waits
)
select (select count(*) from found) as "venues!",
    (select count(*) from found where again)
        + (select count(*) from written where not seen and not waits) as "known!",
    (select count(*) from found where again) as "again!",
    (select coalesce(sum(a.rows), 0)::bigint from venue_sync.answers a
     where a.tile_id = $1 and coalesce(a.ask ->> 'purpose', 'rows') = 'rows') as "rows!",
    -- What is closed, or not open yet, is news and no fault of the rows.
    (select coalesce(sum((
            select count(*) from venue_sync.rejects j
            where j.answer_id = a.id and j.reason not in ('closed_permanently', 'not_yet_open'))), 0)::bigint
     from venue_sync.answers a where a.tile_id = $1) as "unusable!",
    coalesce((select jsonb_object_agg(k.kind, k.many) from (select kind, count(*) as many from found group by kind) k), '{}') as "kinds!",
    (select jsonb_object_agg(f.field, jsonb_build_object(
            'asked', (select count(*) from found where f.field = any (asked)),
            'filled', (select count(*) from found where f.field = any (filled))))
     from unnest('{address,rating,price_level,hours,categories,open}'::text[]) f (field)) as "fields!",
    (select coalesce(sum(cos(radians(lat)) * cos(radians(lng))), 0) from found) as "x!",
    (select coalesce(sum(cos(radians(lat)) * sin(radians(lng))), 0) from found) as "y!",
    (select coalesce(sum(sin(radians(lat))), 0) from found) as "z!"
