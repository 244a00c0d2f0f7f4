-- Our own bookkeeping: runs, what was asked, what it cost, what was refused. Nobody else reads or writes it.

create schema if not exists venue_sync;

-- One row a run. A run of the same region, provider and parameters that is still open is taken up again.
create table venue_sync.runs (
    id uuid primary key,
    region text not null,
    provider varchar(50) not null,
    -- Everything that decides what is asked: shape, types, method, language, recording.
    parameters jsonb not null,
    state text not null default 'open'
        check (state in ('open', 'complete', 'abandoned', 'refused')),
    -- Why the last worker left an open run: budget, quota or signal.
    stopped_by text check (stopped_by in ('budget', 'quota', 'signal')),
    -- When a provider's allowance is filled again, where it said so.
    resumes_at timestamptz,
    -- Attempts sent, and their list price, over the whole run; reserved before sending.
    requests bigint not null default 0 check (requests >= 0),
    cost_micro_usd bigint not null default 0 check (cost_micro_usd >= 0),
    -- The same, since the run was last begun or taken up: what --max-requests and --max-cost are held against, for all workers together.
    session_requests bigint not null default 0 check (session_requests >= 0),
    session_cost_micro_usd bigint not null default 0 check (session_cost_micro_usd >= 0),
    begun_at timestamptz not null default clock_timestamp(),
    touched_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    -- Of the attempts, those that are free by the price list.
    requests_free bigint not null default 0,
    -- Venues that the audit was shown, and those of them that no answer before it held.
    audited integer,
    audit_missed integer,
    -- Its rows wait in venue_sync.staged until they are judged: there was a good run of the same before it.
    staging boolean not null default false,
    -- What of the whole the guard did not believe; null where it believed it, or has not judged it yet.
    breaches jsonb,
    -- Venues that were concluded to be gone when it was closed.
    gone integer,
    -- Attempts that ended in no usable answer, by cause.
    failed_attempts jsonb not null default '{}',
    -- When it was complete: the venues that it had seen, and how many of them had which field.
    filled jsonb,
    -- When it was believed as a whole, by the guard or by somebody who accepted it: from then on what waits is let in, whoever comes.
    believed_at timestamptz,
    -- The later run of the same that was closed before anybody had decided about this one, which was refused.
    replaced_by uuid
);
-- At most one open run of the same thing, however many workers start at once.
create unique index runs_open on venue_sync.runs (region, provider, md5(parameters::text)) where state = 'open';
create index runs_region on venue_sync.runs (region, begun_at desc);

-- Processes at work on a run. One that shows no sign of life is not counted: whoever comes then begins a new session.
create table venue_sync.workers (
    id uuid primary key,
    run_id uuid not null references venue_sync.runs (id) on delete cascade,
    alive_until timestamptz not null
);
create index workers_run on venue_sync.workers (run_id);

-- The pieces of a run's region: claimed, retried and resumed one by one.
create table venue_sync.tiles (
    id bigint generated always as identity primary key,
    run_id uuid not null references venue_sync.runs (id) on delete cascade,
    ordinal integer not null,
    south double precision not null,
    west double precision not null,
    north double precision not null,
    east double precision not null,
    state text not null default 'waiting' check (state in ('waiting', 'leased', 'complete', 'failed', 'held')),
    lease_owner uuid,
    lease_until timestamptz,
    -- Counts the claims: a worker whose number is no longer this one commits nothing.
    fence bigint not null default 0,
    error text,
    -- Spots that overflow even for a single type: position, radius_m, seen, words.
    capped jsonb not null default '[]',
    -- Where venues were before, in pairs of 1e-7 degrees with the groups of words that return them; null where nothing was known.
    known bytea,
    -- When the same piece of the same region was last done before the run began: the stalest are claimed first.
    last_done_at timestamptz,
    completed_at timestamptz,
    -- The one that is asked to find out what the proof is worth comes last, and is no piece of the region.
    purpose text not null default 'rows',
    -- What was found in it, by which later runs are judged; null until it has ended.
    figures jsonb,
    -- What of it the guard did not believe.
    breaches jsonb,
    unique (run_id, ordinal)
);
create index tiles_claimable on venue_sync.tiles (run_id, state, ordinal);

-- One row a committed answer. The id is made by the worker: an answer counts once, however often it is committed.
create table venue_sync.answers (
    id uuid primary key,
    tile_id bigint not null references venue_sync.tiles (id) on delete cascade,
    -- Place in the tile's order, from 0.
    ordinal integer not null,
    ask jsonb not null,
    rows integer not null,
    truncated boolean not null,
    outermost_m double precision,
    -- Metres round the asked centre that the answer certifies; null for the whole asked area, 0 for nothing.
    certified_m double precision,
    requests integer not null,
    cost_micro_usd bigint not null,
    received integer not null,
    inserted integer not null,
    updated integer not null,
    unchanged integer not null,
    rejected integer not null,
    outside integer not null,
    duplicate integer not null,
    stubbed integer not null,
    -- Counts of repairs and of category words without a code, for the run's report.
    repairs jsonb not null default '{}',
    unmapped jsonb not null default '{}',
    committed_at timestamptz not null default clock_timestamp(),
    -- Rows, or ids of a count, that no earlier answer with rows of the same tile held; null where nobody kept count.
    fresh integer,
    -- A hash of each id in the answer, where the provider counts for nothing: by them `fresh` is reckoned when a tile is taken up again,
    -- and an audit knows what the run has seen.
    ids bigint[],
    unique (tile_id, ordinal),
    constraint answers_add_up check (received = inserted + updated + unchanged + rejected + outside + duplicate)
);

-- Venues that an answer brought and that are not written yet: each waits for its run to be believed.
create table venue_sync.staged (
    run_id uuid not null references venue_sync.runs (id) on delete cascade,
    provider_id text not null,
    tile_id bigint not null,
    -- The answer that is credited with what becomes of it.
    answer_id uuid not null,
    lat double precision not null,
    lng double precision not null,
    -- As the merge takes it.
    "row" jsonb not null,
    -- When it was seen.
    staged_at timestamptz not null default clock_timestamp(),
    primary key (run_id, provider_id)
);
create index staged_tile on venue_sync.staged (tile_id, provider_id);
-- Finds what lies in a tile, whichever tile brought it.
create index staged_position on venue_sync.staged (run_id, lat, lng);

-- What providers said of a venue of its own, beyond its row in a search, in a run that is not over: paid for once, whoever meets the
-- venue next, and after whatever end. A row goes when that of the venue is written, the rest when the run is over.
create table venue_sync.look_ups (
    run_id uuid not null references venue_sync.runs (id) on delete cascade,
    provider_id text not null,
    -- HTTP.
    status integer not null,
    -- As it came.
    body bytea not null,
    answered_at timestamptz not null,
    primary key (run_id, provider_id)
);

-- Rows of answers that did not become venues.
create table venue_sync.rejects (
    id bigint generated always as identity primary key,
    answer_id uuid not null references venue_sync.answers (id) on delete cascade,
    provider_id text,
    reason text not null,
    detail text not null
);
create index rejects_answer on venue_sync.rejects (answer_id);
-- Whether a venue was refused in a run before: asked for with each answer that holds one.
create index rejects_refused on venue_sync.rejects (provider_id) where reason in ('closed_permanently', 'not_yet_open');

-- Venues whose content an answer changed, until a later run of the same region and provider is complete.
create table venue_sync.changes (
    id bigint generated always as identity primary key,
    answer_id uuid not null references venue_sync.answers (id) on delete cascade,
    provider_id text not null,
    -- As it was.
    name text not null,
    -- By field, what it was and what it is now, in a pair.
    fields jsonb not null
);
create index changes_answer on venue_sync.changes (answer_id);

-- What was sent and what it cost, per provider and UTC day, over all runs.
create table venue_sync.quota (
    provider varchar(50) not null,
    day date not null,
    requests bigint not null default 0 check (requests >= 0),
    cost_micro_usd bigint not null default 0 check (cost_micro_usd >= 0),
    -- Of the requests, those that are free by the price list.
    requests_free bigint not null default 0,
    primary key (provider, day)
);

-- Requests that have a price, by what the price list calls apart: what is left of an allowance is reckoned by it.
create table venue_sync.billed (
    provider varchar(50) not null,
    -- Its first day, of UTC.
    month date not null,
    call text not null,
    requests bigint not null default 0 check (requests >= 0),
    primary key (provider, month, call)
);

-- One rate for everybody who uses one key: instants on this server's clock, handed out in small blocks. Whoever wakes too late for an
-- instant loses it, so that nothing is ever made up for in a burst.
create table venue_sync.pace (
    provider varchar(50) not null,
    -- The provider's name of what is called; each has a rate of its own.
    call text not null,
    -- Whose rate it is: drawn from the key and the address, and neither can be read from it.
    account text not null,
    -- The first instant that nobody has yet.
    next_at timestamptz not null,
    -- The provider asked for a pause: no instant before this is handed out.
    held_until timestamptz,
    -- The provider said that the allowance is used up until then: nobody sends more, but for whoever starts a sync, who tries anew.
    used_up_until timestamptz,
    primary key (provider, call, account)
);

-- What the provider says of a business, beside its row, which belongs to the readers; and that it says nothing of it any more.
create table venue_sync.venue_states (
    venue_id uuid primary key references public.venues (id) on delete cascade,
    -- Null where the provider said nothing.
    business_status text
        check (business_status in ('operational', 'closed_temporarily', 'closed_permanently', 'future_opening')),
    successor_id text,
    checked_at timestamptz not null,
    -- The begin of the first complete run that did not see it any more, once so many have not that it is taken to be gone.
    missing_since timestamptz
);

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

-- Ids of ours that venues had which were purged, where the provider's ids may be kept: what comes back is what it was.
create table venue_sync.known_ids (
    provider varchar(50) not null,
    provider_id varchar(255) not null,
    -- No foreign key: there is no such venue until it comes back.
    venue_id uuid not null,
    kept_at timestamptz not null default clock_timestamp(),
    primary key (provider, provider_id)
);

-- One row a purge of a provider: what was deleted because it was over its time, by which rule, when and by whom.
create table venue_sync.purges (
    id uuid primary key,
    provider varchar(50) not null,
    -- Null: everywhere.
    region text,
    -- The rule, and the instant that it came to: what was last seen before that went.
    retention_days integer not null,
    seen_before timestamptz not null,
    -- Whether the ids were kept in known_ids.
    ids_kept boolean not null,
    -- Venues that went, with all that hangs on them; counted in the transactions in which they went.
    venues bigint not null default 0,
    -- What else of the provider's words went: kept rows, look-ups and positions of runs that nobody went on with, words of rejects.
    traces bigint not null default 0,
    -- The database's role, and the version of `venues`.
    role text not null default session_user,
    made_by text not null,
    begun_at timestamptz not null default clock_timestamp(),
    -- Null: it was killed, or is still at work; what it deleted stays deleted, and the next one goes on.
    ended_at timestamptz
);
create index purges_provider on venue_sync.purges (provider, begun_at desc);

-- What migrations were applied, word for word. Beside it is sqlx's own table, which its runner makes.
create table venue_sync.migration_statements (
    version bigint primary key,
    -- Over the statements of `up`, without comments and layout.
    checksum bytea not null,
    up text not null,
    down text,
    applied_at timestamptz not null default clock_timestamp(),
    -- Version of the `venues` that applied it, or first found it equal to its own.
    applied_by text not null
);

-- The vocabulary of venues.categories, for readers to join for words. Its rows come with the migrations.
create table venue_sync.categories (
    code text primary key,
    label text not null,
    -- The next wider kind; null for a root.
    parent text references venue_sync.categories (code),
    origin text not null check (origin in ('overture', 'ours'))
);
create index categories_parent on venue_sync.categories (parent);
