-- no-transaction
-- Nearest first round a point: order by venue_position(lat, lng) <-> venue_position(…, …).
create index concurrently ix_venues_position on public.venues using gist (public.venue_position(lat, lng));
