-- Questions that are answered for nothing, with ids alone: how many there were, and what they told.
alter table venue_sync.runs
    add column requests_free bigint not null default 0;

alter table venue_sync.quota
    add column requests_free bigint not null default 0;

alter table venue_sync.answers
    -- Rows, or ids of a count, that no earlier answer with rows of the same tile held; null where nobody kept count.
    add column fresh integer,
    -- A hash of each id in the answer, where the provider counts for nothing: by them `fresh` is reckoned when a tile is taken up again,
    -- and an audit knows what the run has seen.
    add column ids bigint[];

-- Requests that have a price, by what the price list calls apart: what is left of an allowance is reckoned by it.
create table venue_sync.billed (
    provider varchar(50) not null,
    -- Its first day, of UTC.
    month date not null,
    call text not null,
    requests bigint not null default 0 check (requests >= 0),
    primary key (provider, month, call)
);
