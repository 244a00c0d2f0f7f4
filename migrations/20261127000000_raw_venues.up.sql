-- What a provider said of a venue, before it was cleaned: kept where the provider's terms and the settings allow, so that a better
-- mapping can be applied without asking again.
create table venue_sync.raw_venues (
    venue_id uuid primary key references public.venues (id) on delete cascade,
    provider varchar(50) not null,
    -- Of `raw`.
    format smallint not null,
    -- When the provider said what `raw` has of the hours, and no later than the rest: dated hours are reckoned from it, and how long
    -- the row may be kept.
    answered_at timestamptz not null,
    -- A member that was never asked for is not in it; one that the provider had nothing for is null.
    raw jsonb not null
);
-- Finds what may be kept no longer.
create index raw_venues_provider on venue_sync.raw_venues (provider, answered_at);
