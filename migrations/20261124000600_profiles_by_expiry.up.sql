-- no-transaction
-- Profiles that are due, longest due first: expires_at <= now() order by expires_at.
create index concurrently ix_venue_profiles_expires_at on public.venue_profiles (expires_at);
