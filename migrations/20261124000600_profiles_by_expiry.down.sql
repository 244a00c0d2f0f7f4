-- no-transaction
drop index concurrently if exists public.ix_venue_profiles_expires_at;
