-- The ModeMap schema as its backend's Alembic revision f99aa361bd09 makes it, object for object, so that a database made by
-- either tool is the same database. Names of indexes and constraints are part of that.

create type public.event_type_enum as enum ('IMPRESSION', 'CLICK', 'SAVE', 'THUMBS_UP', 'THUMBS_DOWN', 'NAVIGATE');
create type public.mode_enum as enum ('WORK', 'DATE', 'QUICK_BITE', 'BUDGET');

create table public.venues (
    id uuid not null,
    provider_id varchar(255) not null,
    provider_name varchar(50) not null,
    name varchar(255) not null,
    categories varchar[] not null,
    lat double precision not null,
    lng double precision not null,
    address text,
    rating double precision,
    price_level integer,
    hours json,
    raw_hours text,
    last_seen_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (id)
);
create index ix_venues_id on public.venues (id);
create unique index ix_venues_provider_id on public.venues (provider_id);

create table public.venue_profiles (
    id uuid not null,
    venue_id uuid not null,
    attribute_scores json not null,
    evidence_snippets json not null,
    embedding_ref varchar(255),
    profiled_at timestamptz not null,
    expires_at timestamptz,
    primary key (id),
    foreign key (venue_id) references public.venues (id) on delete cascade
);
create index ix_venue_profiles_id on public.venue_profiles (id);
create unique index ix_venue_profiles_venue_id on public.venue_profiles (venue_id);

create table public.user_events (
    id uuid not null,
    user_id varchar(255),
    event_type public.event_type_enum not null,
    venue_id uuid,
    mode public.mode_enum,
    query_context json,
    created_at timestamptz not null,
    primary key (id),
    foreign key (venue_id) references public.venues (id) on delete set null
);
create index ix_user_events_id on public.user_events (id);
create index ix_user_events_user_id on public.user_events (user_id);
create index ix_user_events_event_type on public.user_events (event_type);
create index ix_user_events_venue_id on public.user_events (venue_id);
create index ix_user_events_mode on public.user_events (mode);
create index ix_user_events_created_at on public.user_events (created_at);

-- So that the backend's `alembic upgrade head` finds its own database.
create table public.alembic_version (
    version_num varchar(32) not null,
    constraint alembic_version_pkc primary key (version_num)
);
insert into public.alembic_version (version_num) values ('f99aa361bd09');
