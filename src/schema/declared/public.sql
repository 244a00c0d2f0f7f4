-- What ModeMap's readers read. `public` changes only where the readers need it: the backend's Alembic looks at it.
-- Names of constraints and indexes count: a migration that gives another name has not made this schema.

create type public.event_type_enum as enum ('IMPRESSION', 'CLICK', 'SAVE', 'THUMBS_UP', 'THUMBS_DOWN', 'NAVIGATE');
create type public.mode_enum as enum ('WORK', 'DATE', 'QUICK_BITE', 'BUDGET');

-- One row a (provider_name, provider_id).
create table public.venues (
    id uuid not null primary key,
    provider_id varchar(255) not null,
    provider_name varchar(50) not null,
    name varchar(255) not null,
    categories varchar[] not null,
    lat double precision not null,
    lng double precision not null,
    address text,
    rating double precision,
    price_level integer,
    hours jsonb,
    raw_hours text,
    last_seen_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index ix_venues_id on public.venues (id);
-- For readers that look up by provider_id alone. Not unique: two providers may use one id.
create index ix_venues_provider_id on public.venues (provider_id);
create unique index ix_venues_provider_name_provider_id on public.venues (provider_name, provider_id);

-- Where a venue lies, as a point of the Mercator map in degrees. Round any place that map stretches equally in all directions, so
-- the nearest point on it is the nearest venue; and a box of latitudes and longitudes stays a box.
create function public.venue_position(lat double precision, lng double precision) returns point
    language sql immutable parallel safe
    return point(lng, degrees(asinh(tan(radians(lat)))));
-- By distance, area, category and freshness, as docs/schema.md tells readers to ask.
create index ix_venues_position on public.venues using gist (public.venue_position(lat, lng));
create index ix_venues_lat_lng on public.venues (lat, lng);
create index ix_venues_categories on public.venues using gin (categories);
create index ix_venues_last_seen_at on public.venues (last_seen_at);

-- What enrichment found out; a stub that is due until then.
create table public.venue_profiles (
    id uuid not null primary key,
    venue_id uuid not null references public.venues (id) on delete cascade,
    attribute_scores jsonb not null,
    evidence_snippets jsonb not null,
    embedding_ref varchar(255),
    profiled_at timestamptz not null,
    expires_at timestamptz,
    -- What the venue is like, in a few sentences of plain text.
    summary text,
    -- The program that filled this profile, with its version.
    enriched_by varchar(255),
    -- The model behind it, as its maker names it, and its version where the name does not say. Null where no model was used.
    model varchar(255),
    model_version varchar(100),
    -- Failures since this profile was last filled, or its venue last changed; and why the last one failed.
    attempts integer not null default 0,
    last_error text,
    -- Who is at work on it, and until when nobody else may be. Whoever is not named here any more writes nothing.
    claimed_by varchar(255),
    claimed_until timestamptz
);
create index ix_venue_profiles_id on public.venue_profiles (id);
create unique index ix_venue_profiles_venue_id on public.venue_profiles (venue_id);
create index ix_venue_profiles_expires_at on public.venue_profiles (expires_at);

-- What people did; written by the backend alone.
create table public.user_events (
    id uuid not null primary key,
    user_id varchar(255),
    event_type public.event_type_enum not null,
    venue_id uuid references public.venues (id) on delete set null,
    mode public.mode_enum,
    query_context jsonb,
    created_at timestamptz not null
);
create index ix_user_events_id on public.user_events (id);
create index ix_user_events_user_id on public.user_events (user_id);
create index ix_user_events_event_type on public.user_events (event_type);
create index ix_user_events_venue_id on public.user_events (venue_id);
create index ix_user_events_mode on public.user_events (mode);
create index ix_user_events_created_at on public.user_events (created_at);

-- Alembic's own, so that the backend finds its own database.
create table public.alembic_version (
    version_num varchar(32) not null,
    constraint alembic_version_pkc primary key (version_num)
);
