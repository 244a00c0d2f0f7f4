-- no-transaction
-- "Open at a moment within a box" as one index scan: where a venue is, and the time of day at which it can be open.
create index concurrently ix_venues_open on public.venues using gist (point(lng, lat), public.venue_open_span(hours));
