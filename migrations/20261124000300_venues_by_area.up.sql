-- no-transaction
-- A box as readers write it: lat between … and lng between …. Latitudes first: a city's band of them is a small part of the world's.
create index concurrently ix_venues_lat_lng on public.venues (lat, lng);
