-- requires-extension: vector
-- Vector search, where the server has pgvector.

create extension if not exists vector with schema public;

-- venue_profiles.embedding_ref is the `ref` of the row that is in use. Not a foreign key: a backend may keep vectors elsewhere.
create table public.venue_embeddings (
    ref varchar(255) not null primary key,
    venue_id uuid not null references public.venues (id) on delete cascade,
    model varchar(255) not null,
    dimensions integer not null generated always as (public.vector_dims(embedding)) stored,
    embedding public.vector not null,
    created_at timestamptz not null default now()
);
-- A venue has one vector of a model; those of an old and a new model may stand side by side.
create unique index ix_venue_embeddings_venue_id_model on public.venue_embeddings (venue_id, model);
-- An HNSW index needs a fixed number of dimensions: one for each that models commonly make.
create index ix_venue_embeddings_384 on public.venue_embeddings
    using hnsw ((embedding::public.vector(384)) public.vector_cosine_ops) where dimensions = 384;
create index ix_venue_embeddings_768 on public.venue_embeddings
    using hnsw ((embedding::public.vector(768)) public.vector_cosine_ops) where dimensions = 768;
create index ix_venue_embeddings_1024 on public.venue_embeddings
    using hnsw ((embedding::public.vector(1024)) public.vector_cosine_ops) where dimensions = 1024;
create index ix_venue_embeddings_1536 on public.venue_embeddings
    using hnsw ((embedding::public.vector(1536)) public.vector_cosine_ops) where dimensions = 1536;
