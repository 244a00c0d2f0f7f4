-- no-transaction
drop index concurrently if exists public.ix_venues_lat_lng;
