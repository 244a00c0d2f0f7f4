//! What is over its time goes, and nothing else; what comes back is what it was; nobody waits for a purge, and it may be killed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgPool};
use support::database::TestDatabase;
use support::desk::{Desk, assert_all};
use support::migrations::to_head;
use uuid::Uuid;
use venue_sync::model::{
    AnswerSeen, Area, Ask, BoundingBox, Certificate, Circle, Field, Keeping, MicroUsd, Position, Purged, Retention,
    TermsField, Tile, Venue, how_long,
};
use venue_sync::store::{
    self, AnswerToCommit, Batch, Database, Learn, Opening, PurgeJob, RunSpec, commit_answer, purge,
};

/// All that anybody could notice of the venues and of what hangs on them.
const EVERYTHING: &str = "
    select coalesce(md5(string_agg(t, '' order by t)), '') from (
        select v.xmin || v::text as t from public.venues v
        union all select p.xmin || p::text from public.venue_profiles p
        union all select e.xmin || e::text from public.user_events e
        union all select k.xmin || k::text from venue_sync.raw_venues k
        union all select s.xmin || s::text from venue_sync.venue_states s
        union all select n.xmin || n::text from venue_sync.known_ids n
        union all select p.xmin || p::text from venue_sync.purges p) as all_of_it";

const THIRTY_DAYS: &str = "[providers.google.terms]\nretention_days = 30\n";

/// A database, and somebody's folder.
struct Bench {
    guard: TestDatabase,
    pool: PgPool,
    desk: Desk,
}

impl Bench {
    /// With the demo in it, as Google describes it.
    async fn with_the_demo() -> Self {
        let bench = Self::empty().await;
        assert_eq!(bench.line("sync --region demo", 0)["status"], "complete");
        bench
    }

    async fn empty() -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 2).await.unwrap();
        to_head(&database).await;
        database.close().await;
        Self { pool: guard.pool().await, guard, desk: Desk::new() }
    }

    fn settings(&self, text: &str) {
        std::fs::write(self.desk.folder.path().join("venues.toml"), text).unwrap();
    }

    /// What a command says on stdout and on stderr.
    fn said(&self, words: &str, code: i32) -> (String, String) {
        let url = self.guard.url();
        let words: Vec<&str> = words.split(' ').chain(["--database-url", &url]).collect();
        let said = self.desk.run(&words);
        assert_eq!(said.code, Some(code), "{words:?}: {}{}", said.stdout, said.stderr);
        (said.stdout, said.stderr)
    }

    fn lines(&self, words: &str, code: i32) -> Vec<Value> {
        let (stdout, _) = self.said(&format!("{words} --json"), code);
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The only line.
    fn line(&self, words: &str, code: i32) -> Value {
        let mut lines = self.lines(words, code);
        assert_eq!(lines.len(), 1, "{words}");
        lines.remove(0)
    }

    async fn one(&self, sql: &str) -> Value {
        let sql = AssertSqlSafe(format!("select coalesce(to_jsonb(({sql})), 'null')"));
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    async fn count(&self, sql: &str) -> u64 {
        self.one(sql).await.as_u64().unwrap()
    }

    async fn change(&self, sql: &str) -> u64 {
        self.pool.execute(AssertSqlSafe(sql.to_owned())).await.unwrap().rows_affected()
    }

    /// The ids of ours, by the provider's.
    async fn ids(&self) -> BTreeMap<String, Uuid> {
        let rows: Vec<(String, Uuid)> =
            sqlx::query_as("select provider_id, id from venues").fetch_all(&self.pool).await.unwrap();
        rows.into_iter().collect()
    }

    /// Venues by the thousand that nobody saw for long.
    async fn old_venues(&self, many: u32) {
        let made = format!(
            "insert into venues (id, provider_id, provider_name, name, categories, lat, lng, last_seen_at, created_at, updated_at)
             select gen_random_uuid(), 'p' || n, 'google', 'Old', '{{}}', 38.5, -9.5, now() - interval '31 days', now(), now()
             from generate_series(1, {many}) n"
        );
        assert_eq!(self.change(&made).await, u64::from(many));
        self.change(
            "insert into venue_profiles (id, venue_id, attribute_scores, evidence_snippets, profiled_at, expires_at)
             select gen_random_uuid(), id, '{}', '{}', 'epoch', 'epoch' from venues",
        )
        .await;
    }
}

/// Puts aside what the demo's last run saw of the first venues, as a run would that the guard refused.
const REFUSED: &str = "
    with run as (
        insert into venue_sync.runs (id, region, provider, parameters, state, staging, ended_at)
        select gen_random_uuid(), region, provider, parameters, 'refused', true, now() from venue_sync.runs returning id
    ), tile as (
        insert into venue_sync.tiles (run_id, ordinal, south, west, north, east, state)
        select id, 0, 36, -31, 37, -29, 'held' from run returning id, run_id
    )
    insert into venue_sync.staged (run_id, provider_id, tile_id, answer_id, lat, lng, \"row\")
    select t.run_id, v.provider_id, t.id, gen_random_uuid(), v.lat, v.lng, '{}'
    from tile t, (select * from venues order by provider_id limit 3) v";

#[tokio::test]
async fn what_was_seen_on_time_and_waits_is_kept_and_what_waits_for_too_long_is_given_up_whole() {
    let bench = Bench::with_the_demo().await;
    bench.settings(THIRTY_DAYS);
    bench.change(REFUSED).await;
    bench
        .change(
            "update venues set last_seen_at = now() - interval '31 days'
             where id in (select id from venues order by provider_id limit 5)",
        )
        .await;
    assert_eq!(bench.line("purge --provider google", 0)["venues"], 2, "three of them were seen since, and wait");
    assert_eq!(bench.count("select count(*) from venue_sync.staged").await, 3);
    // One of those that wait is over its time: without it the run would say that it saw nothing there.
    bench
        .change(
            "update venue_sync.staged set staged_at = now() - interval '31 days'
             where provider_id = (select min(provider_id) from venue_sync.staged)",
        )
        .await;
    bench.line("purge --provider google", 0);
    assert_eq!(bench.count("select count(*) from venue_sync.staged").await, 0);
    assert_eq!(bench.count("select count(*) from venue_sync.runs where state = 'refused'").await, 0);
}

#[tokio::test]
async fn a_venue_that_is_over_its_time_goes_with_its_profile_and_comes_back_as_what_it_was() {
    let bench = Bench::with_the_demo().await;
    let before = bench.ids().await;
    let all = bench.count("select count(*) from venues").await;
    let old = "update venues set last_seen_at = now() - interval '31 days' - lng * interval '1 second'
               where id in (select id from venues order by provider_id limit 7)";
    assert_eq!(bench.change(old).await, 7);
    let event = "insert into user_events (id, event_type, venue_id, created_at)
                 select gen_random_uuid(), 'CLICK', id, now() from venues";
    assert_eq!(bench.change(event).await, all);
    bench.change("insert into venue_sync.venue_states select id, 'operational', null, now() from venues on conflict do nothing").await;
    bench.settings(THIRTY_DAYS);

    let untouched = bench.one(EVERYTHING).await;
    let said = bench.line("purge --provider google --dry-run", 0);
    let oldest = bench.one("select min(last_seen_at) from venues").await;
    let instant = |value: &Value| chrono::DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap();
    assert_eq!((said["venues"].as_u64(), instant(&said["oldest_seen_at"])), (Some(7), instant(&oldest)));
    assert_eq!((&said["dry_run"], &said["retention_days"]), (&json!(true), &json!(30)));
    assert_eq!(bench.one(EVERYTHING).await, untouched, "a dry run changes nothing, and leaves no record");

    let (told, _) = bench.said("doctor", 0);
    assert_all(&told, &["google: 7 venues are over their 30 days", "venues purge"]);
    let said = bench.line("purge --provider google", 0);
    assert_eq!((&said["venues"], &said["complete"], &said["held"]), (&json!(7), &json!(true), &json!(0)));
    let left = all - 7;
    for (what, many) in [
        ("select count(*) from venues", left),
        ("select count(*) from venue_profiles", left),
        ("select count(*) from venue_sync.venue_states", left),
        ("select count(*) from user_events", all),
        ("select count(*) from user_events where venue_id is null", 7),
        ("select count(*) from venue_sync.known_ids where provider = 'google'", 7),
        ("select count(*) from venue_sync.purges where venues = 7 and retention_days = 30 and ended_at is not null", 1),
        ("select count(*) from venue_sync.purges where role = session_user and made_by like 'venues %'", 1),
    ] {
        assert_eq!(bench.count(what).await, many, "{what}");
    }
    assert_eq!(bench.line("purge --provider google", 0)["venues"], 0, "there is nothing left to do");

    let synced = bench.line("sync --region demo --fresh", 0);
    assert_eq!(synced["venues"]["inserted"], 7);
    assert_eq!(bench.ids().await, before, "each is what it was");
    assert_eq!(bench.count("select count(*) from venue_profiles where expires_at <= now()").await, all);

    // Once more: what is known already is no obstacle.
    bench.change(old).await;
    assert_eq!(bench.line("purge --provider google", 0)["venues"], 7);
    bench.line("sync --region demo --fresh", 0);
    assert_eq!(bench.ids().await, before);
}

#[tokio::test]
async fn a_region_that_is_synced_on_time_loses_nothing_and_nothing_goes_that_no_time_was_set_for() {
    let bench = Bench::with_the_demo().await;
    bench.settings("[providers.google]\nkeep_raw = 30\n[providers.google.terms]\nretention_days = 30\n");
    bench.line("sync --region demo --fresh", 0);
    // First said long ago, and said again by the sync of today.
    let said_first = bench.change("update venue_sync.raw_venues set answered_at = now() - interval '90 days'").await;
    assert!(said_first > 0);
    bench
        .change("update venues set last_seen_at = now() - interval '29 days', updated_at = now() - interval '2 years'")
        .await;
    let before = bench.one(EVERYTHING).await;
    let said = bench.line("purge --provider google", 0);
    assert_eq!((&said["venues"], &said["traces"]), (&json!(0), &json!(0)));
    bench.change("delete from venue_sync.purges").await;
    assert_eq!(bench.one(EVERYTHING).await, before);

    bench.settings("");
    bench.change("update venues set last_seen_at = 'epoch'").await;
    let before = bench.one(EVERYTHING).await;
    let (told, _) = bench.said("purge", 0);
    assert_all(
        &told,
        &["google: nothing is set, nothing is deleted (retention_days in [providers.google.terms]", "osm: nothing"],
    );
    let lines = bench.lines("purge", 0);
    assert_eq!(lines.len(), venue_sync::provider::all().len());
    assert!(lines.iter().all(|line| line["retention_days"].is_null() && line["complete"] == true), "{lines:?}");
    // Another's time is not theirs.
    bench.settings("[providers.osm.terms]\nretention_days = 1\n");
    bench.lines("purge --dry-run", 0);
    assert_eq!(bench.line("purge --provider osm", 0)["venues"], 0);
    bench.change("delete from venue_sync.purges").await;
    assert_eq!(bench.one(EVERYTHING).await, before);
}

#[tokio::test]
async fn only_the_region_is_purged_and_ids_go_where_they_may_not_be_kept() {
    let bench = Bench::with_the_demo().await;
    let before = bench.ids().await;
    bench.change("update venues set last_seen_at = now() - interval '400 days'").await;
    bench.settings(
        "[regions.west]\nbbox = [-30.035, 36.488, -30.02, 36.512]\nprovider = \"google\"\n\
         [providers.google.terms]\nretention_days = 365\nkeep_ids = false\n",
    );
    let west = bench.count("select count(*) from venues where lng < -30.02").await;
    let east = bench.count("select count(*) from venues").await - west;
    assert!(west > 0 && east > 0);
    assert_eq!(bench.line("purge --region west --dry-run", 0)["venues"], west);
    let said = bench.line("purge --region west", 0);
    assert_eq!((&said["venues"], &said["ids_kept"]), (&json!(west), &json!(false)));
    assert_eq!(bench.count("select count(*) from venues where lng >= -30.02").await, east);
    assert_eq!(bench.count("select count(*) from venues").await, east);
    assert_eq!(bench.count("select count(*) from venue_sync.known_ids").await, 0);
    bench.line("sync --region demo --fresh", 0);
    let after = bench.ids().await;
    let other = before.iter().filter(|(provider_id, id)| after[*provider_id] != **id).count();
    assert_eq!(u64::try_from(other).unwrap(), west, "nobody knows what they were");

    // Ids that were kept while they might be go when they may not be any more.
    bench.change("insert into venue_sync.known_ids (provider, provider_id, venue_id) values ('google', 'x', gen_random_uuid()), ('osm', 'x', gen_random_uuid())").await;
    bench.line("purge --provider google", 0);
    assert_eq!(bench.one("select string_agg(provider, ',') from venue_sync.known_ids").await, "osm");
}

#[tokio::test]
async fn what_runs_left_of_the_providers_words_goes_too() {
    let bench = Bench::empty().await;
    let run = |id: u8, provider: &str, age: &str| {
        format!(
            "with r as (insert into venue_sync.runs (id, region, provider, parameters, begun_at)
                 values ('00000000-0000-0000-0000-00000000000{id}', 'town{id}', '{provider}', '{{}}', now() - interval '{age}') returning id, begun_at),
             t as (insert into venue_sync.tiles (run_id, ordinal, south, west, north, east, known) select id, 0, 1, 2, 3, 4, '\\x01' from r returning id),
             l as (insert into venue_sync.look_ups select id, 'p', 200, '\\x00', begun_at from r),
             a as (insert into venue_sync.answers (id, tile_id, ordinal, ask, rows, truncated, requests, cost_micro_usd, received, inserted,
                     updated, unchanged, rejected, outside, duplicate, stubbed, committed_at)
                 select r.id, t.id, 0, '{{}}', 1, false, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, r.begun_at from r, t returning id)
             insert into venue_sync.rejects (answer_id, provider_id, reason, detail) select id, 'p', 'unreadable', 'Bar Uno' from a"
        )
    };
    for (id, provider, age) in [(1, "google", "31 days"), (2, "google", "29 days"), (3, "osm", "31 days")] {
        // A statement's parts do not see each other's rows through foreign keys until it ends, when they are checked.
        assert_eq!(bench.change(&run(id, provider, age)).await, 1);
    }
    bench.settings(THIRTY_DAYS);
    assert_eq!(bench.line("purge --provider google", 0)["traces"], 3);
    let left = "select string_agg(r.region || ':' || (t.known is not null) || ':' || (l.body is not null) || ':' || j.detail || ':' || j.provider_id, ' ' order by r.region)
        from venue_sync.runs r join venue_sync.tiles t on t.run_id = r.id join venue_sync.answers a on a.tile_id = t.id
        join venue_sync.rejects j on j.answer_id = a.id left join venue_sync.look_ups l on l.run_id = r.id";
    let expected = "town1:false:false::p town2:true:true:Bar Uno:p town3:true:true:Bar Uno:p";
    assert_eq!(bench.one(left).await, expected);
    assert_eq!(bench.count("select traces from venue_sync.purges").await, 3);
}

#[tokio::test]
async fn killed_half_way_it_has_kept_count_and_the_next_one_goes_on() {
    let bench = Bench::empty().await;
    bench.old_venues(20_000).await;
    bench.settings(THIRTY_DAYS);
    let url = bench.guard.url();
    let mut child = bench
        .desk
        .command(&["purge", "--provider", "google", "--database-url", &url])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while bench.count("select count(*) from venue_sync.known_ids").await == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it has ended by itself");
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    // The server ends what the killed process had begun, in its own time.
    let busy = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'venues%' and state <> 'idle'";
    while bench.count(busy).await > 0 {
        tokio::task::yield_now().await;
    }
    let gone = bench.count("select count(*) from venue_sync.known_ids").await;
    assert!(gone > 0 && gone < 20_000, "{gone} were gone already");
    assert_eq!(bench.count("select count(*) from venues").await, 20_000 - gone);
    assert_eq!(bench.count("select venues from venue_sync.purges where ended_at is null").await, gone);
    assert_eq!(bench.line("purge --provider google", 0)["venues"], 20_000 - gone);
    assert_eq!(bench.count("select count(*) from venues").await, 0);
    assert_eq!(bench.count("select count(*) from venue_profiles").await, 0);
    assert_eq!(bench.count("select count(*) from venue_sync.known_ids").await, 20_000);
    assert_eq!(bench.count("select sum(venues)::bigint from venue_sync.purges").await, 20_000);
}

#[tokio::test]
async fn a_reader_in_a_long_transaction_reads_on_and_what_somebody_holds_stays_for_the_next_time() {
    let bench = Bench::empty().await;
    bench.old_venues(3_000).await;
    bench.settings(THIRTY_DAYS);
    let mut reader = bench.guard.connect().await;
    reader.execute("begin isolation level repeatable read").await.unwrap();
    let count = "select count(*) from venues v join venue_profiles p on p.venue_id = v.id";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut reader).await.unwrap(), 3_000);
    // An event is being written about one venue, and a worker fills the profile of another.
    let mut writer = bench.guard.connect().await;
    let mut held = writer.begin().await.unwrap();
    held.execute("select from venues where provider_id = 'p7' for key share").await.unwrap();
    held.execute(
        "update venue_profiles set summary = 'x' where venue_id = (select id from venues where provider_id = 'p2000')",
    )
    .await
    .unwrap();

    let said = bench.line("purge --provider google", 75);
    assert_eq!((&said["venues"], &said["held"], &said["complete"]), (&json!(2_998), &json!(2), &json!(false)));
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut reader).await.unwrap(), 3_000, "it sees what it saw");
    reader.execute("commit").await.unwrap();
    held.commit().await.unwrap();
    assert_eq!(bench.line("purge --provider google", 0)["venues"], 2);
    assert_eq!(bench.count("select count(*) from venues").await, 0);
}

fn venue(id: u32) -> Venue {
    Venue {
        provider_id: format!("p{id:04}"),
        name: "New".to_owned(),
        position: Position::new(38.5, -9.5).unwrap(),
        categories: Field::NotAsked,
        address: Field::NotAsked,
        rating: Field::NotAsked,
        price_level: Field::NotAsked,
        hours: Field::NotAsked,
        raw_hours: Field::NotAsked,
        status: Field::NotAsked,
        successor_id: Field::NotAsked,
    }
}

/// Workers that write the same venues, each beginning elsewhere.
async fn sync(database: &Database, venues: u32, workers: u32) {
    let cell = BoundingBox { south: 38.0, west: -10.0, north: 39.0, east: -9.0 };
    let spec = RunSpec {
        region: "town".to_owned(),
        provider: "google".to_owned(),
        parameters: json!({}),
        tiles: (0..i32::try_from(workers).unwrap()).map(|ordinal| Tile { ordinal, cell }).collect(),
        fresh: true,
        if_stale: None,
        guarded: false,
        goes_on: false,
        resume_within: (Duration::from_hours(24), Duration::from_hours(168)),
        worker: Uuid::new_v4(),
        lease: Duration::from_secs(30),
    };
    let Opening::Open(run) = store::open_run(database, &spec, Learn::Nothing).await.unwrap() else {
        panic!("not open")
    };
    let work = (0..workers).map(async |worker| {
        let claimed = store::claim(database, run.id, Uuid::new_v4(), Duration::from_secs(30)).await.unwrap().unwrap();
        let mut order: Vec<u32> = (0..venues).collect();
        order.rotate_left(usize::try_from(worker * 10).unwrap());
        for (ordinal, some) in (0..).zip(order.chunks(20)) {
            let circle = Circle { center: Position::new(38.5, -9.5).unwrap(), radius_m: 500.0 };
            let answer = AnswerToCommit {
                id: Uuid::now_v7(),
                lease: claimed.lease,
                ordinal,
                seen: AnswerSeen {
                    ask: Ask::rows(Area::Circle(circle), Vec::new()),
                    rows: u32::try_from(some.len()).unwrap(),
                    truncated: false,
                    outermost_m: None,
                    fresh: None,
                },
                certificate: Certificate::Whole,
                ids: None,
                requests: 1,
                replayed: false,
                cost: MicroUsd(35_000),
                provider: "google".to_owned(),
                begun_at: run.begun_at,
                staging: None,
                batch: Batch::new(some.iter().copied().map(venue)),
                rejects: vec![],
                outside: 0,
                repairs: BTreeMap::new(),
                unmapped: BTreeMap::new(),
            };
            assert!(commit_answer(database, &answer).await.unwrap().counts.add_up());
        }
    });
    join_all(work).await;
}

fn of_google<'a>() -> PurgeJob<'a> {
    PurgeJob {
        provider: "google",
        keeping: Keeping { days: NonZeroU16::new(30), ids: true },
        raw: Retention::Nothing,
        part: None,
        dry_run: false,
        made_by: "test",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_and_a_purge_at_once_lose_no_venue_and_do_not_wait_for_each_other_in_a_circle() {
    const VENUES: u32 = 200;
    let bench = Bench::empty().await;
    let database = Database::connect(&bench.guard.url(), 12).await.unwrap();
    sync(&database, VENUES, 1).await;
    let before = bench.ids().await;
    let purged = AtomicU32::new(0);
    let mut gone = 0;
    for _ in 0..8 {
        bench.change("update venues set last_seen_at = now() - interval '31 days'").await;
        purged.store(0, Ordering::Relaxed);
        let purging = async || -> Purged { purge(&of_google(), &database, &|| false).await.unwrap() };
        let ((one, other), ()) = join(join(purging(), purging()), sync(&database, VENUES, 4)).await;
        gone += one.venues + other.venues;
        assert_eq!(bench.ids().await, before, "every venue was seen, and is there as what it was");
        let stubs = "select count(*) from venues v join venue_profiles p on p.venue_id = v.id where v.last_seen_at > now() - interval '1 hour'";
        assert_eq!(bench.count(stubs).await, u64::from(VENUES));
    }
    assert!(gone > 0, "nothing was purged in the middle of a sync: this test shows nothing");

    // All of them are gone, and come back to several workers in the same moment.
    for _ in 0..4 {
        bench.change("update venues set last_seen_at = now() - interval '31 days'").await;
        assert_eq!(purge(&of_google(), &database, &|| false).await.unwrap().venues, u64::from(VENUES));
        sync(&database, VENUES, 8).await;
        assert_eq!(bench.ids().await, before);
    }
}

#[tokio::test]
async fn a_purge_that_is_stopped_says_so() {
    let bench = Bench::empty().await;
    bench.old_venues(1_200).await;
    let database = Database::connect(&bench.guard.url(), 2).await.unwrap();
    let asked = AtomicU32::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 3;
    let said = purge(&of_google(), &database, &stop).await.unwrap();
    assert!(!said.complete && said.venues > 0 && said.venues < 1_200, "{said:?}");
    assert_eq!(bench.count("select count(*) from venue_sync.purges where ended_at is null").await, 1);
}

#[tokio::test]
async fn every_run_says_what_the_terms_are_and_whether_anything_comes_of_it() {
    let bench = Bench::empty().await;
    let (_, said) = bench.said("sync --region demo", 0);
    let off = "terms of google: place ids for ever, positions for 30 days, all else not at all, by its public terms of 2026-11-22; \
               retention is off (set [providers.google.terms] retention_days)";
    assert_eq!(said.matches(off).count(), 1, "{said}");
    bench.settings(THIRTY_DAYS);
    let (_, said) = bench.said("sync --region demo --fresh --json", 0);
    assert_all(&said, &["a venue not seen for 30 days is for `venues purge`, all but its ids"]);
    let (_, said) = bench.said("sync --region demo --provider osm", 0);
    assert_all(&said, &["terms of osm: everything for ever", "; retention is off\""]);
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_deleted() {
    for (text, expected) in [
        (
            "retention_day = 30",
            "unknown key `retention_day` in [providers.google.terms]; did you mean `retention_days`?",
        ),
        ("retention_days = 0", "providers.google.terms.retention_days = 0: a number of days, 1 to 65535"),
        ("retention_days = \"30d\"", "a number of days, 1 to 65535"),
        ("keep_ids = 1", "true or false is needed"),
    ] {
        let desk = Desk::ready().with_file("venues.toml", format!("[providers.google.terms]\n{text}\n"));
        assert_all(&desk.refuses(&["purge"]), &["line 2", expected]);
    }
    let desk = Desk::ready().with_file("venues.toml", "[providers.google]\nterms = 30\n");
    assert_all(&desk.refuses(&["purge"]), &["a table is needed here: [providers.google.terms]"]);
    assert_all(&Desk::ready().refuses(&["purge", "--provider", "gogle"]), &["unknown provider `gogle`"]);
    let desk = Desk::ready().with_file("venues.toml", "[providers.gogle.terms]\nretention_days = 30\n");
    assert_all(&desk.refuses(&["purge"]), &["line 1", "[providers.gogle] is of no provider", "[providers.google]"]);
}

#[tokio::test]
async fn what_is_shown_with_the_data_is_what_the_contract_says() {
    let bench = Bench::with_the_demo().await;
    let (plain, _) = bench.said("export --region demo --format ndjson --limit 1", 0);
    assert_all(&plain, &["\"attribution\":\"Google Maps\""]);
    bench.settings("[providers.google.terms]\nattribution = \"By our contract\"\n");
    let (other, _) = bench.said("export --region demo --format ndjson --limit 1", 0);
    assert_all(&other, &["\"attribution\":\"By our contract\""]);
}

#[test]
fn every_field_has_its_terms_and_the_page_says_the_same() {
    let page = include_str!("../docs/terms.md");
    for provider in venue_sync::provider::all() {
        let terms = provider.terms();
        for field in TermsField::ALL {
            let rules = terms.rules.iter().filter(|rule| rule.fields.contains(&field)).count();
            assert_eq!(rules, 1, "{}: {field:?}", provider.name());
        }
        assert!(terms.attribution().is_some(), "{}", provider.name());
        for rule in terms.rules {
            let row = format!(
                "| `{}` | {} | {} | {} | {} | {} |",
                provider.name(),
                rule.what,
                how_long(rule.keep),
                rule.shown_with.unwrap_or("nothing"),
                rule.combined,
                rule.source
            );
            assert!(page.contains(&row), "docs/terms.md should have\n{row}");
        }
        assert!(page.contains(terms.as_of));
    }
}
