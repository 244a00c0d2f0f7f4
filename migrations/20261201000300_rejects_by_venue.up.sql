-- no-transaction
-- Whether a venue was refused in a run before: asked for with each answer that holds one.
create index concurrently rejects_refused on venue_sync.rejects (provider_id) where reason in ('closed_permanently', 'not_yet_open');
