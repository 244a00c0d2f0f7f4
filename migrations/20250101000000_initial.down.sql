-- loses: public.alembic_version
-- loses: public.user_events
-- loses: public.venue_profiles
-- loses: public.venues
-- Back to a database without ModeMap's tables.
drop table public.alembic_version;
drop table public.user_events;
drop table public.venue_profiles;
drop table public.venues;
drop type public.mode_enum;
drop type public.event_type_enum;
