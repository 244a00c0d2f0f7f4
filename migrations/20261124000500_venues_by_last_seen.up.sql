-- no-transaction
-- What was seen last, and what was not seen for long. Every sync writes this column, so the index has a price: about a microsecond a
-- row. Updates in bulk hardly ever find room on their own page, so there is nearly nothing of that kind to lose.
create index concurrently ix_venues_last_seen_at on public.venues (last_seen_at);
