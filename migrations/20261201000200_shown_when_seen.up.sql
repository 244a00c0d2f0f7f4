-- A venue that was seen since it was taken to be gone is there, whoever of the two wrote first.
create or replace view public.venues_shown as
select v.id, v.provider_id, v.provider_name, v.name, v.categories, v.lat, v.lng, v.address, v.rating, v.price_level, v.hours,
    v.raw_hours, v.last_seen_at, v.created_at, v.updated_at
from public.venues v
where not exists (
    select from venue_sync.venue_states s
    where s.venue_id = v.id and (s.missing_since > v.last_seen_at or s.business_status <> 'operational'));
