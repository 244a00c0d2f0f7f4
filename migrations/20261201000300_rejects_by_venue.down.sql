-- no-transaction
drop index concurrently venue_sync.rejects_refused;
