-- LOSES DATA: back to a database without ModeMap's tables.
drop table public.alembic_version;
drop table public.user_events;
drop table public.venue_profiles;
drop table public.venues;
drop type public.mode_enum;
drop type public.event_type_enum;
