-- requires-extension: vector
-- loses: public.venue_embeddings
-- loses: public.venue_profiles.embedding_ref
-- only: select p.venue_id, p.embedding_ref from public.venue_profiles p join public.venue_embeddings e on e.ref = p.embedding_ref
-- The extension itself stays: others may use it, and it may have been there before us.
do $migration$
begin
    if to_regclass('public.venue_embeddings') is null then
        return;
    end if;
    -- A reference to a vector that is gone would lead nowhere.
    update public.venue_profiles p set embedding_ref = null
    from public.venue_embeddings e where e.ref = p.embedding_ref;
    drop table public.venue_embeddings;
end
$migration$;
