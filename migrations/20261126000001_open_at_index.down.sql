-- no-transaction
drop index concurrently public.ix_venues_open;
