-- no-transaction
-- Any or all of some categories: categories && …, categories @> …; but not … = any (categories).
create index concurrently ix_venues_categories on public.venues using gin (categories);
