-- A run that saw 50,000 venues of a city, in clusters, by 3,000 questions.
with run as (
    insert into venue_sync.runs (id, region, provider, parameters, state, requests, cost_micro_usd, begun_at, touched_at, ended_at)
    values ('01a00000-0000-7000-8000-000000000001', 'large', 'osm',
        '{"region": {"bbox": [-0.51, 51.29, 0.33, 51.69]}, "types": ["restaurant", "cafe", "bar", "bakery"], "method": "nearby", "source": "live"}',
        'complete', 3000, 105000000, '2026-11-20 04:15:00+00', '2026-11-20 05:00:00+00', '2026-11-20 05:00:00+00')
    returning id
),
tile as (
    insert into venue_sync.tiles (run_id, ordinal, south, west, north, east, state)
    select run.id, r * 8 + c, 51.29 + r * 0.05, -0.51 + c * 0.105, 51.34 + r * 0.05, -0.405 + c * 0.105, 'complete'
    from run, generate_series(0, 7) r, generate_series(0, 7) c
    returning id, ordinal, south, west
)
insert into venue_sync.answers (id, tile_id, ordinal, ask, rows, truncated, certified_m, requests, cost_micro_usd, received, inserted,
    updated, unchanged, rejected, outside, duplicate, stubbed, committed_at)
select gen_random_uuid(), tile.id, n, jsonb_build_object('area', jsonb_build_object('circle', jsonb_build_object(
        'center', jsonb_build_object('lat', south + random() * 0.05, 'lng', west + random() * 0.105), 'radius_m', 900)),
        'words', '["cafe"]'::jsonb),
    20, true, 150 + random() * 500, 1, 35000, 20, 1, 2, 14, 0, 0, 3, 1, '2026-11-20 04:15:00+00'::timestamptz + (tile.ordinal * 47 + n) * interval '0.9 second'
from tile, generate_series(0, 46) n;

insert into public.venues (id, provider_id, provider_name, name, categories, lat, lng, address, rating, price_level, hours,
    last_seen_at, created_at, updated_at)
select gen_random_uuid(), 'large-' || n, 'osm', 'Venue of a middling name no. ' || n,
    array[(array['cafe', 'restaurant', 'bar', 'pub', 'sushi_restaurant', 'pizza_restaurant', 'bakery'])[1 + n % 7]],
    51.49 + (random() + random() + random() - 1.5) * 0.13, -0.09 + (random() + random() + random() - 1.5) * 0.27, 'Street ' || n,
    case when n % 3 > 0 then round((2.5 + random() * 2.5)::numeric, 1) end, case when n % 2 = 0 then n % 5 end,
    case when n % 4 > 0 then jsonb_build_object('state', 'known', 'periods', (
        select jsonb_agg(jsonb_build_object('open', jsonb_build_object('day', d, 'hour', 8 + n % 5, 'minute', 0),
            'close', jsonb_build_object('day', (d + (14 + n % 11) / 24) % 7, 'hour', (14 + n % 11) % 24, 'minute', 0)))
        from generate_series(0, 6) d)) end,
    case when n % 41 = 0 then '2026-11-13'::timestamptz else '2026-11-20 04:30:00+00' end,
    case when n % 37 = 0 then '2026-11-20 04:30:00+00'::timestamptz else '2026-10-01' end,
    case when n % 19 = 0 then '2026-11-20 04:30:00+00'::timestamptz else '2026-10-01' end
from generate_series(1, 50000) n;
