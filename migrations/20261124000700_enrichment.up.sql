-- What a worker that enriches profiles needs to say what it did, and to share the work. Null or a constant everywhere: no row is
-- rewritten, and the backend's model goes on inserting without knowing these columns.
alter table public.venue_profiles
    -- What the venue is like, in a few sentences of plain text.
    add column summary text,
    -- The program that filled this profile, with its version.
    add column enriched_by varchar(255),
    -- The model behind it, as its maker names it, and its version where the name does not say. Null where no model was used.
    add column model varchar(255),
    add column model_version varchar(100),
    -- Failures since this profile was last filled, or its venue last changed; and why the last one failed.
    add column attempts integer not null default 0,
    add column last_error text,
    -- Who is at work on it, and until when nobody else may be. Whoever is not named here any more writes nothing.
    add column claimed_by varchar(255),
    add column claimed_until timestamptz;
