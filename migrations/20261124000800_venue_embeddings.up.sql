-- requires-extension: vector
-- Vectors of venues, and their nearest neighbours. Where the server does not have pgvector, this file makes nothing and says so.
-- Whoever recorded it as applied that way (sqlx-cli does) can run it again by hand once pgvector is there: it makes what is missing.
do $migration$
declare
    -- Where the extension lives: `public`, unless somebody put it elsewhere.
    home text;
    had text := current_setting('search_path');
begin
    if not exists (select from pg_catalog.pg_available_extensions where name = 'vector') then
        raise notice 'this server has no extension vector (pgvector): vector search is left out';
        return;
    end if;
    begin
        create extension if not exists vector with schema public;
    exception when insufficient_privilege then
        raise exception using
            errcode = 'insufficient_privilege',
            message = format('role %s may not create the extension vector in database %s', current_user, current_database()),
            hint = 'Have a superuser run `create extension vector` there once, then migrate again.';
    end;
    select quote_ident(n.nspname) into home
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector';
    if not exists (select from pg_catalog.pg_am where amname = 'hnsw') then
        raise exception 'the extension vector of this database is too old: it has no hnsw'
            using hint = 'Run `alter extension vector update` (0.5 or newer is needed), then migrate again.';
    end if;
    perform set_config('search_path', 'pg_catalog, public, ' || home, true);

    -- venue_profiles.embedding_ref is the `ref` of the row that is in use. Not a foreign key: a backend may keep vectors elsewhere.
    create table if not exists public.venue_embeddings (
        ref varchar(255) not null,
        venue_id uuid not null,
        model varchar(255) not null,
        dimensions integer not null generated always as (vector_dims(embedding)) stored,
        embedding vector not null,
        created_at timestamptz not null default now(),
        primary key (ref),
        foreign key (venue_id) references public.venues (id) on delete cascade
    );
    -- A venue has one vector of a model; those of an old and a new model may stand side by side.
    create unique index if not exists ix_venue_embeddings_venue_id_model on public.venue_embeddings (venue_id, model);

    -- An HNSW index needs a fixed number of dimensions: one for each that models commonly make, empty where nobody uses it.
    create index if not exists ix_venue_embeddings_384 on public.venue_embeddings
        using hnsw ((embedding::vector(384)) vector_cosine_ops) where dimensions = 384;
    create index if not exists ix_venue_embeddings_768 on public.venue_embeddings
        using hnsw ((embedding::vector(768)) vector_cosine_ops) where dimensions = 768;
    create index if not exists ix_venue_embeddings_1024 on public.venue_embeddings
        using hnsw ((embedding::vector(1024)) vector_cosine_ops) where dimensions = 1024;
    create index if not exists ix_venue_embeddings_1536 on public.venue_embeddings
        using hnsw ((embedding::vector(1536)) vector_cosine_ops) where dimensions = 1536;

    perform set_config('search_path', had, true);
end
$migration$;
