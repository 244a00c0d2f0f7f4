//! What committing an answer does to the readers' tables, row by row, and who may commit, reserve and spend at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use sqlx::{Executor as _, PgPool};
use support::database::TestDatabase;
use support::listener::Listener;
use support::migrations::to_head;
use uuid::Uuid;
use venue_sync::migrate;
use venue_sync::model::{
    AnswerSeen, Area, Ask, BoundingBox, BusinessStatus, CappedSpot, Certificate, Circle, Field, Figures, Hours,
    HoursState, MicroUsd, Period, Point, Position, Reject, RejectReason, SpecialDay, StoppedBy, Tile, Venue,
    VenueCounts,
};
use venue_sync::store::{
    self, AnswerToCommit, Batch, Budget, Closed, Closing, CommitError, Committed, Database, GoodRuns, Learn, Lease,
    OpenedRun, Opening, RateOf, Refill, Refund, ReserveError, Resumption, RunSpec, Spender, TileEnd,
};

const LEASE: Duration = Duration::from_secs(30);
const CELL: BoundingBox = BoundingBox { south: 38.0, west: -10.0, north: 39.0, east: -9.0 };

struct Bench {
    guard: TestDatabase,
    database: Database,
    pool: PgPool,
}

/// A run with a tile of its own for each answer.
struct Run {
    opened: OpenedRun,
    leases: Vec<Lease>,
}

impl Bench {
    async fn new() -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 24).await.unwrap();
        to_head(&database).await;
        Self { database, pool: guard.pool().await, guard }
    }

    async fn run(&self) -> Run {
        open(&self.database).await
    }

    /// Commits an answer of a new run, in which everything adds up.
    async fn commit(&self, venues: impl IntoIterator<Item = Venue>) -> Committed {
        let run = self.run().await;
        let answer = answer(&run, 0, venues);
        let committed = store::commit_answer(&self.database, &answer).await.unwrap();
        assert!(committed.counts.add_up());
        committed
    }

    /// The outcome of one venue in a new run: inserted, updated or unchanged.
    async fn see(&self, venue: Venue) -> &'static str {
        let counts = self.commit([venue]).await.counts;
        match (counts.inserted, counts.updated, counts.unchanged) {
            (1, 0, 0) => "inserted",
            (0, 1, 0) => "updated",
            (0, 0, 1) => "unchanged",
            _ => panic!("{counts:?}"),
        }
    }

    async fn run_sql(&self, sql: &'static str) {
        self.pool.execute(sql).await.unwrap();
    }

    async fn text(&self, sql: &'static str) -> Option<String> {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Whether the only venue's enrichment is due.
    async fn is_due(&self) -> bool {
        self.count("select count(*) from venue_profiles where expires_at <= clock_timestamp()").await == 1
    }

    async fn enrich(&self) {
        self.run_sql("update venue_profiles set profiled_at = now(), expires_at = now() + interval '7 days'").await;
    }
}

fn spec(fresh: bool) -> RunSpec {
    RunSpec {
        guarded: false,
        region: "town".to_owned(),
        provider: "google".to_owned(),
        parameters: json!({ "method": "nearby" }),
        tiles: (0..4).map(|ordinal| Tile { ordinal, cell: CELL }).collect(),
        fresh,
        if_stale: None,
        goes_on: false,
        resume_within: (Duration::from_hours(24), Duration::from_hours(168)),
        worker: Uuid::new_v4(),
        lease: LEASE,
    }
}

fn ours(opening: Opening) -> OpenedRun {
    match opening {
        Opening::Open(run) => run,
        recent @ Opening::Recent(_) => panic!("{recent:?}"),
    }
}

async fn open(database: &Database) -> Run {
    let opened = ours(store::open_run(database, &spec(true), Learn::Nothing).await.unwrap());
    let worker = Uuid::new_v4();
    let mut leases = Vec::new();
    while let Some(claimed) = store::claim(database, opened.id, worker, LEASE).await.unwrap() {
        leases.push(claimed.lease);
    }
    assert_eq!(leases.len(), 4);
    Run { opened, leases }
}

/// Everything asked for, and everything there.
fn venue(id: &str) -> Venue {
    Venue {
        provider_id: id.to_owned(),
        name: format!("The {id}"),
        position: Position::new(38.71, -9.14).unwrap(),
        categories: Field::Present(vec!["wine_bar".to_owned(), "bar".to_owned()]),
        address: Field::Present("Rua Um 1".to_owned()),
        rating: Field::Present(5.0),
        price_level: Field::Present(2),
        hours: Field::Present(hours()),
        raw_hours: Field::Present("Monday: 9–17".to_owned()),
        status: Field::Present(BusinessStatus::Operational),
        successor_id: Field::Absent,
    }
}

fn hours() -> Hours {
    let at = |hour| Point { day: 1, hour, minute: 0 };
    Hours {
        state: HoursState::Known,
        periods: Some(vec![Period { open: at(9), close: Some(at(17)) }]),
        weekday_text: Some(vec!["Closed".to_owned(); 7]),
        timezone: Some("Europe/Lisbon".to_owned()),
        special_days: vec![],
        osm: None,
    }
}

fn seen(rows: usize) -> AnswerSeen {
    let center = Position::new(38.7, -9.1).unwrap();
    AnswerSeen {
        ask: Ask::rows(Area::Circle(Circle { center, radius_m: 250.0 }), vec!["bar".to_owned()]),
        rows: u32::try_from(rows).unwrap(),
        truncated: false,
        outermost_m: Some(120.5),
        fresh: None,
    }
}

fn answer(run: &Run, tile: usize, venues: impl IntoIterator<Item = Venue>) -> AnswerToCommit {
    let venues: Vec<Venue> = venues.into_iter().collect();
    AnswerToCommit {
        id: Uuid::now_v7(),
        lease: run.leases[tile],
        ordinal: 0,
        seen: seen(venues.len()),
        ids: None,
        certificate: Certificate::Whole,
        requests: 1,
        replayed: false,
        cost: MicroUsd(35_000),
        provider: "google".to_owned(),
        begun_at: run.opened.begun_at,
        staging: None,
        batch: Batch::new(venues),
        rejects: vec![],
        outside: 0,
        repairs: BTreeMap::new(),
        unmapped: BTreeMap::new(),
    }
}

#[tokio::test]
async fn what_was_not_asked_for_stays_and_what_is_absent_goes() {
    let bench = Bench::new().await;
    let content = "select to_jsonb(v) - '{id,last_seen_at,created_at,updated_at}'::text[] #>> '{}' from venues v";
    assert_eq!(bench.see(venue("a")).await, "inserted");
    let full = bench.text(content).await;
    let not_asked = Venue {
        categories: Field::NotAsked,
        address: Field::NotAsked,
        rating: Field::NotAsked,
        price_level: Field::NotAsked,
        hours: Field::NotAsked,
        raw_hours: Field::NotAsked,
        status: Field::NotAsked,
        successor_id: Field::NotAsked,
        ..venue("a")
    };
    assert_eq!(bench.see(not_asked).await, "unchanged");
    assert_eq!(bench.text(content).await, full);
    let absent = Venue {
        categories: Field::Absent,
        address: Field::Absent,
        rating: Field::Absent,
        price_level: Field::Absent,
        hours: Field::Absent,
        raw_hours: Field::Absent,
        ..venue("a")
    };
    assert_eq!(bench.see(absent.clone()).await, "updated");
    let erased = "select concat_ws('|', categories, address, rating, price_level, hours, raw_hours) from venues";
    assert_eq!(bench.text(erased).await.unwrap(), "{}", "no categories is an empty list; the rest is null");
    assert_eq!(bench.see(absent).await, "unchanged");
    assert_eq!(bench.see(venue("a")).await, "updated");
    assert_eq!(bench.text(content).await, full);
}

#[tokio::test]
async fn an_unchanged_row_keeps_its_stamp_and_a_changed_one_its_identity() {
    let bench = Bench::new().await;
    bench.see(venue("a")).await;
    let kept = "select concat_ws('|', id, created_at, updated_at) from venues";
    let (first, last_seen) = (bench.text(kept).await, bench.text("select last_seen_at::text from venues").await);
    assert_eq!(bench.see(venue("a")).await, "unchanged");
    assert_eq!(bench.text(kept).await, first);
    assert!(bench.text("select last_seen_at::text from venues").await > last_seen);
    let id = bench.text("select concat_ws('|', id, created_at) from venues").await;
    assert_eq!(bench.see(Venue { rating: Field::Present(4.9), ..venue("a") }).await, "updated");
    assert_eq!(bench.text("select concat_ws('|', id, created_at) from venues").await, id);
    assert_eq!(bench.count("select count(*) from venues where updated_at = last_seen_at").await, 1);
    assert_eq!(bench.count("select count(*) from venue_profiles").await, 1);
}

#[tokio::test]
async fn dated_exceptions_are_stored_but_do_not_make_an_update() {
    let bench = Bench::new().await;
    bench.see(venue("a")).await;
    let stamp = bench.text("select updated_at::text from venues").await;
    let holiday = |day| SpecialDay { date: format!("2026-12-{day}").parse().unwrap(), periods: vec![] };
    for day in [25, 31] {
        let hours = Field::Present(Hours { special_days: vec![holiday(day)], ..hours() });
        assert_eq!(bench.see(Venue { hours, ..venue("a") }).await, "unchanged");
        let stored = bench.text("select hours #>> '{special_days,0,date}' from venues").await;
        assert_eq!(stored.unwrap(), format!("2026-12-{day}"));
    }
    assert_eq!(bench.text("select updated_at::text from venues").await, stamp);
    let closed = Hours { state: HoursState::NeverOpen, periods: Some(vec![]), ..hours() };
    assert_eq!(bench.see(Venue { hours: Field::Present(closed), ..venue("a") }).await, "updated");
}

#[tokio::test]
async fn numbers_compare_as_numbers_and_categories_in_their_order() {
    let bench = Bench::new().await;
    bench.see(venue("a")).await;
    bench.run_sql("update venues set hours = jsonb_set(hours, '{periods,0,open,hour}', '9.0')").await;
    assert_eq!(bench.see(venue("a")).await, "unchanged");
    bench.run_sql("update venues set rating = 5, lat = 38.710, hours = (hours::text)::jsonb").await;
    assert_eq!(bench.see(venue("a")).await, "unchanged");
    let turned = Field::Present(vec!["bar".to_owned(), "wine_bar".to_owned()]);
    assert_eq!(bench.see(Venue { categories: turned, ..venue("a") }).await, "updated");
    for awkward in [0.1 + 0.2, 1e-7, -0.0, 89.999_999_999_999_99] {
        let placed = Venue { position: Position::new(awkward, -awkward).unwrap(), ..venue("b") };
        bench.commit([placed.clone()]).await;
        assert_eq!(bench.see(placed).await, "unchanged", "{awkward}");
    }
}

#[tokio::test]
async fn a_position_that_was_only_rounded_otherwise_is_the_same_place() {
    let bench = Bench::new().await;
    let at = |lat, lng| Venue { position: Position::new(lat, lng).unwrap(), ..venue("a") };
    bench.see(at(38.712_345_67, -9.140_123_45)).await;
    bench.enrich().await;
    // Fewer decimals, more of them, and half a metre to each side; never adding up to a drift.
    for (lat, lng) in [
        (38.712_35, -9.140_12),
        (38.712_345_670_000_1, -9.140_123_45),
        (38.712_35, -9.140_125),
        (38.712_341, -9.140_118),
    ] {
        assert_eq!(bench.see(at(lat, lng)).await, "unchanged", "{lat} {lng}");
    }
    assert_eq!(bench.text("select concat_ws(' ', lat, lng) from venues").await.unwrap(), "38.71234567 -9.14012345");
    assert!(!bench.is_due().await, "nothing moved");
    assert_eq!(bench.see(at(38.712_37, -9.140_123_45)).await, "updated", "three metres are another place");
    assert!(bench.is_due().await);
}

/// One venue, in two tiles of each run, told now with these and now with those decimals.
#[test]
fn a_venue_in_two_tiles_is_one_row_and_never_falsely_updated() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bench = runtime.block_on(Bench::new());
    let decimals = prop::collection::vec((5..9i32, 5..9i32), 2..5);
    let mut cases = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    cases
        .run(&(decimals, 38.1..38.9, -9.9..-9.1), |(decimals, lat, lng)| {
            runtime.block_on(async {
                bench.run_sql("truncate venues cascade").await;
                let told = |decimals: i32| {
                    let round = |degrees: f64| (degrees * 10_f64.powi(decimals)).round() / 10_f64.powi(decimals);
                    Venue { position: Position::new(round(lat), round(lng)).unwrap(), ..venue("a") }
                };
                bench.see(told(8)).await;
                for (first, second) in decimals {
                    let run = bench.run().await;
                    let mut counts = VenueCounts::default();
                    for (tile, decimals) in [first, second].into_iter().enumerate() {
                        let answer = answer(&run, tile, [told(decimals)]);
                        counts += store::commit_answer(&bench.database, &answer).await.unwrap().counts;
                    }
                    prop_assert_eq!((counts.unchanged, counts.duplicate, counts.received), (1, 1, 2));
                }
                prop_assert_eq!(bench.count("select count(*) from venues").await, 1);
                Ok(())
            })
        })
        .unwrap();
}

#[tokio::test]
async fn enrichment_is_due_when_name_categories_or_position_change_and_only_then() {
    let bench = Bench::new().await;
    bench.see(venue("a")).await;
    assert!(bench.is_due().await, "a stub is due from the beginning");
    let moved = Position::new(38.710_01, -9.14).unwrap();
    let changes = [
        (Venue { name: "Another".to_owned(), ..venue("a") }, true),
        (Venue { categories: Field::Present(vec!["bar".to_owned()]), ..venue("a") }, true),
        (Venue { categories: Field::Absent, ..venue("a") }, true),
        (Venue { position: moved, ..venue("a") }, true),
        (Venue { categories: Field::NotAsked, ..venue("a") }, false),
        (Venue { rating: Field::Present(1.0), ..venue("a") }, false),
        (Venue { hours: Field::Absent, ..venue("a") }, false),
        (Venue { address: Field::Absent, price_level: Field::Absent, ..venue("a") }, false),
        (Venue { status: Field::Present(BusinessStatus::ClosedTemporarily), ..venue("a") }, false),
    ];
    for (change, due) in changes {
        bench.see(venue("a")).await;
        bench.enrich().await;
        bench.see(change.clone()).await;
        assert_eq!(bench.is_due().await, due, "{change:?}");
    }
    let enriched = bench.count("select count(*) from venue_profiles where profiled_at > 'epoch'").await;
    assert_eq!(enriched, 1, "when it was profiled last is not ours to change");
}

#[tokio::test]
async fn a_change_takes_a_profile_back_from_whoever_makes_it_of_the_venue_that_was() {
    let bench = Bench::new().await;
    let another = Venue { name: "Another".to_owned(), ..venue("a") };
    let filled =
        "update venue_profiles set expires_at = now() + interval '7 days', claimed_by = null, claimed_until = null
                  where claimed_by = 'a worker'";
    for (state, hold) in [
        (
            "due",
            "update venue_profiles set expires_at = 'epoch', claimed_by = 'a worker', claimed_until = now() + interval '1 hour'",
        ),
        (
            "given up",
            "update venue_profiles set expires_at = null, attempts = 5, claimed_by = null, claimed_until = null",
        ),
        ("put off", "update venue_profiles set expires_at = now() + interval '1 hour', attempts = 4"),
    ] {
        bench.see(venue("a")).await;
        bench.run_sql(hold).await;
        let free = "select count(*) from venue_profiles
                    where expires_at <= clock_timestamp() and claimed_until is null and attempts = 0";
        bench.see(venue("a")).await;
        assert_eq!(bench.count(free).await, 0, "{state}: seen again as it was, a venue changes nothing");
        bench.see(another.clone()).await;
        assert_eq!(bench.count(free).await, 1, "{state}");
        bench.run_sql(filled).await;
        assert!(bench.is_due().await, "{state}: what was being made is of no use any more");
    }
}

#[tokio::test]
async fn a_closed_venue_is_refused_unless_known_and_a_known_one_has_a_state_until_it_reopens() {
    let bench = Bench::new().await;
    let with = |status| Venue { status: Field::Present(status), ..venue("a") };
    for status in [BusinessStatus::ClosedPermanently, BusinessStatus::FutureOpening] {
        let committed = bench.commit([with(status)]).await;
        assert_eq!(committed.counts, VenueCounts { received: 1, rejected: 1, ..VenueCounts::default() });
    }
    let reasons = "select string_agg(reason || ' ' || provider_id, ', ' order by id) from venue_sync.rejects";
    assert_eq!(bench.text(reasons).await.unwrap(), "closed_permanently a, not_yet_open a");
    assert_eq!(bench.count("select count(*) from venues").await, 0);

    let states = "select coalesce(string_agg(concat_ws(' ', business_status, successor_id), ','), '-') from venue_sync.venue_states";
    assert_eq!(bench.see(with(BusinessStatus::Operational)).await, "inserted");
    assert_eq!(bench.text(states).await.unwrap(), "-", "business as usual needs no row");
    let moved = Venue { successor_id: Field::Present("b".to_owned()), ..with(BusinessStatus::ClosedPermanently) };
    assert_eq!(bench.see(moved).await, "unchanged", "its row is the readers', its state is beside it");
    assert_eq!(bench.text(states).await.unwrap(), "closed_permanently b");
    let unasked = Venue { successor_id: Field::NotAsked, ..with(BusinessStatus::ClosedPermanently) };
    bench.see(unasked).await;
    assert_eq!(bench.text(states).await.unwrap(), "closed_permanently b");
    bench.see(Venue { status: Field::NotAsked, ..venue("a") }).await;
    assert_eq!(bench.text(states).await.unwrap(), "closed_permanently b");
    bench.see(with(BusinessStatus::Operational)).await;
    assert_eq!(bench.text(states).await.unwrap(), "operational");
}

#[tokio::test]
async fn a_run_writes_a_venue_once_whatever_says_it_again() {
    let bench = Bench::new().await;
    let run = bench.run().await;
    let other = Venue { name: "Another name".to_owned(), ..venue("a") };
    let first = answer(&run, 0, [venue("a"), venue("b"), other.clone()]);
    let counts = store::commit_answer(&bench.database, &first).await.unwrap().counts;
    assert_eq!(counts, VenueCounts { received: 3, inserted: 2, duplicate: 1, ..VenueCounts::default() });
    let second = answer(&run, 1, [other, venue("c")]);
    let committed = store::commit_answer(&bench.database, &second).await.unwrap();
    assert_eq!(committed.counts, VenueCounts { received: 2, inserted: 1, duplicate: 1, ..VenueCounts::default() });
    assert_eq!(committed.stubbed, 1);
    assert_eq!(bench.text("select name from venues where provider_id = 'a'").await.unwrap(), "The a");
    // Another provider may use the same id.
    let yelp = AnswerToCommit { provider: "yelp".to_owned(), ..answer(&run, 2, [venue("a")]) };
    assert_eq!(store::commit_answer(&bench.database, &yelp).await.unwrap().counts.inserted, 1);
}

#[tokio::test]
async fn any_text_comes_back_as_it_went_in() {
    let bench = Bench::new().await;
    let names =
        [r#"O'Brien's "Bar" \ {x} $1 %s"#, "寿司 🦊 e\u{301} \u{202e}rtl", "\\u0000 \\", "null", "{a,\"b\"}", " x "];
    let ids: Vec<String> = names.iter().map(|name| name.repeat(2)).chain(["é".repeat(255), "🦊".repeat(255)]).collect();
    let venues = ids.iter().map(|id| Venue {
        name: id.clone(),
        address: Field::Present(id.clone()),
        raw_hours: Field::Present(format!("{id}\nline")),
        categories: Field::Present(vec![id.clone(), "{}".to_owned(), "NULL".to_owned(), String::new()]),
        ..venue(id)
    });
    let venues: Vec<Venue> = venues.collect();
    let reject =
        Reject { provider_id: Some("a\"b".to_owned()), reason: RejectReason::NoName, detail: "it's {\\".to_owned() };
    let run = bench.run().await;
    let mut committing = answer(&run, 0, venues.clone());
    committing.seen.rows += 1;
    committing.rejects.push(reject);
    committing.unmapped.insert("a \"word\" \\".to_owned(), 2);
    store::commit_answer(&bench.database, &committing).await.unwrap();
    let stored: BTreeSet<(String, String, String, Vec<String>)> =
        sqlx::query_as("select name, address, raw_hours, categories from venues where name = provider_id")
            .fetch_all(&bench.pool)
            .await
            .unwrap()
            .into_iter()
            .collect();
    let given = venues.iter().map(|venue| {
        let text = |field: &Field<String>| field.present().unwrap().clone();
        (venue.name.clone(), text(&venue.address), text(&venue.raw_hours), venue.categories.present().unwrap().clone())
    });
    assert_eq!(stored, given.collect());
    let figures = store::figures(&bench.database, run.opened.id).await.unwrap();
    assert_eq!(figures.rejects, [("no_name".to_owned(), 1, "a\"b: it's {\\".to_owned())]);
    assert_eq!(figures.unmapped, [("a \"word\" \\".to_owned(), 2)]);
    assert_eq!(bench.commit(venues).await.counts.unchanged, 8);
}

#[tokio::test]
async fn rows_that_the_backend_wrote_are_met_as_they_are() {
    let bench = Bench::new().await;
    bench
        .run_sql(
            "insert into venues select gen_random_uuid(), p, 'google', 'The ' || p, array['Wine Bar'], 38.71, -9.14, null, null,
                 null, h, null, '2026-01-01', '2026-01-01', '2026-01-01'
             from (values ('a', 'null'::jsonb), ('b', '\"daily\"'), ('c', '[1]'), ('d', '{\"weekday_text\": null}'),
                          ('e', '{\"weekday_text\": [1]}'), ('f', null)) as rows (p, h)",
        )
        .await;
    let shown = store::sample_venues(&bench.database, "google", CELL, 10).await.unwrap();
    assert_eq!(shown.iter().filter(|venue| venue.weekday_text.is_none()).count(), 6);
    let bare = |id: &str, hours| Venue {
        categories: Field::NotAsked,
        address: Field::Absent,
        rating: Field::Absent,
        price_level: Field::Absent,
        raw_hours: Field::Absent,
        hours,
        ..venue(id)
    };
    let all = ["a", "b", "c", "d", "e", "f"];
    let committed = bench.commit(all.map(|id| bare(id, Field::NotAsked))).await;
    assert_eq!((committed.counts.unchanged, committed.stubbed), (6, 6), "and their missing profiles are stubbed");
    let committed = bench.commit(all.map(|id| bare(id, Field::Absent))).await;
    assert_eq!((committed.counts.unchanged, committed.counts.updated, committed.stubbed), (2, 4, 0));
    assert_eq!(bench.count("select count(*) from venues where hours is null").await, 6);
}

#[tokio::test]
async fn an_answer_is_not_kept_where_those_before_it_are_not_there_any_more() {
    let bench = Bench::new().await;
    let run = bench.run().await;
    store::commit_answer(&bench.database, &answer(&run, 0, [venue("a")])).await.unwrap();
    // A standby took over, to which the first answer had not come.
    bench.run_sql("delete from venue_sync.answers; delete from venue_profiles; delete from venues").await;
    let second = AnswerToCommit { ordinal: 1, ..answer(&run, 0, [venue("b")]) };
    let kept = store::commit_answer(&bench.database, &second).await;
    assert!(matches!(kept, Err(CommitError::Outdated)), "{kept:?}");
    let judge = |_: &Figures, _: &[Figures]| Vec::new();
    let tile = (run.leases[0], 1, &[][..]);
    let of = (&run.opened, "google");
    let ended = store::end_tile(&bench.database, of, tile, &GoodRuns::default(), &judge).await.unwrap();
    assert_eq!(ended, TileEnd::Outdated);
    assert_eq!(bench.count("select count(*) from venue_sync.tiles where state = 'leased'").await, 4, "ours to give up");
    assert_eq!(bench.count("select count(*) from venues").await, 0, "nothing is half there");
}

#[tokio::test]
async fn an_answer_counts_once_however_often_it_is_committed() {
    let bench = Bench::new().await;
    let run = bench.run().await;
    let once = answer(&run, 0, [venue("a")]);
    store::commit_answer(&bench.database, &once).await.unwrap();
    let again = AnswerToCommit { ordinal: 1, batch: Batch::new([venue("b")]), ..once.clone() };
    assert!(store::commit_answer(&bench.database, &again).await.is_err());
    let same_place = AnswerToCommit { id: Uuid::now_v7(), ..again.clone() };
    let same_place = AnswerToCommit { ordinal: 0, ..same_place };
    assert!(store::commit_answer(&bench.database, &same_place).await.is_err());
    let figures = store::figures(&bench.database, run.opened.id).await.unwrap();
    assert_eq!((figures.answers, figures.venues.received, figures.venues.inserted), (1, 1, 1));
    assert_eq!(bench.count("select count(*) from venues").await, 1);
}

#[tokio::test]
async fn who_comes_when_the_run_is_over_finds_it_recent_and_begins_none() {
    let bench = Bench::new().await;
    let late = || RunSpec { if_stale: Some(Duration::from_hours(20)), ..spec(false) };
    let run = ours(store::open_run(&bench.database, &late(), Learn::Nothing).await.unwrap());
    let joined = ours(store::open_run(&bench.database, &late(), Learn::Nothing).await.unwrap());
    assert_eq!((joined.id, joined.resumed), (run.id, true), "an unfinished run is joined, however young");
    while let Some(claimed) = store::claim(&bench.database, run.id, Uuid::new_v4(), LEASE).await.unwrap() {
        assert!(store::complete_tile(&bench.database, claimed.lease, &[]).await.unwrap());
    }
    // Sixteen come while the last tile's worker closes the run: no second one is begun.
    let (closed, openings) = join(
        store::close_if_finished(&bench.database, run.id, Closing::default()),
        join_all((0..16).map(async |_| store::open_run(&bench.database, &late(), Learn::Nothing).await.unwrap())),
    )
    .await;
    assert_eq!(closed.unwrap(), Closed::Complete);
    for opening in openings {
        let id = match opening {
            Opening::Open(joined) => joined.id,
            Opening::Recent(recent) => recent.id,
        };
        assert_eq!(id, run.id);
    }
    assert!(
        matches!(store::open_run(&bench.database, &late(), Learn::Nothing).await.unwrap(), Opening::Recent(recent) if recent.id == run.id && !recent.refused)
    );
    assert_eq!(bench.count("select count(*) from venue_sync.runs").await, 1);
    bench.run_sql("update venue_sync.runs set ended_at = ended_at - interval '21 hours'").await;
    let next = ours(store::open_run(&bench.database, &late(), Learn::Nothing).await.unwrap());
    assert_ne!(next.id, run.id, "by now it is stale");
}

#[tokio::test]
async fn a_run_that_is_believed_is_finished_however_old_it_is() {
    let bench = Bench::new().await;
    let old =
        "update venue_sync.runs set begun_at = begun_at - interval '1 y', touched_at = touched_at - interval '1 y'";
    let open = async || ours(store::open_run(&bench.database, &spec(false), Learn::Nothing).await.unwrap());
    let given_up = open().await;
    bench.run_sql("delete from venue_sync.workers").await;
    bench.run_sql(old).await;
    let believed = open().await;
    assert_ne!(believed.id, given_up.id, "nobody goes on with what is so old");
    bench.run_sql("delete from venue_sync.workers").await;
    bench.run_sql(old).await;
    bench.run_sql("update venue_sync.runs set believed_at = clock_timestamp() where state = 'open'").await;
    assert_eq!(open().await.id, believed.id, "a part of it may be written");
}

#[tokio::test]
async fn a_worker_that_was_away_for_long_does_not_take_its_own_tile_from_itself() {
    let bench = Bench::new().await;
    let run = ours(store::open_run(&bench.database, &spec(true), Learn::Nothing).await.unwrap()).id;
    let worker = Uuid::new_v4();
    let mut mine = Vec::new();
    while let Some(claimed) = store::claim(&bench.database, run, worker, Duration::ZERO).await.unwrap() {
        mine.push(claimed.lease.tile);
    }
    assert_eq!(mine.len(), 4, "each of them once, though all have run out");
    let other = store::claim(&bench.database, run, Uuid::new_v4(), LEASE).await.unwrap().unwrap();
    assert_eq!(other.lease.tile, mine[0], "somebody else takes it");
}

#[tokio::test]
async fn a_worker_that_lost_its_tile_asks_nothing_and_writes_nothing() {
    let bench = Bench::new().await;
    let opened = ours(store::open_run(&bench.database, &spec(true), Learn::Nothing).await.unwrap());
    let late = store::claim(&bench.database, opened.id, Uuid::new_v4(), Duration::ZERO).await.unwrap().unwrap();
    let next = store::claim(&bench.database, opened.id, Uuid::new_v4(), LEASE).await.unwrap().unwrap();
    assert_eq!((next.lease.tile, next.lease.fence), (late.lease.tile, late.lease.fence + 1));
    let run = Run { opened, leases: vec![late.lease, next.lease] };
    let spender = |lease| Spender {
        provider: "google",
        run: Some(run.opened.id),
        lease: Some(lease),
        call: "searchNearby",
        price: MicroUsd(10),
    };
    let lost = store::reserve(&bench.database, spender(late.lease), Budget::default()).await;
    assert!(matches!(lost, Err(ReserveError::TakenOver)), "{lost:?}");
    store::reserve(&bench.database, spender(next.lease), Budget::default()).await.unwrap();
    assert_eq!(bench.count("select sum(requests)::bigint from venue_sync.runs").await, 1, "of the one that has it");
    let mut refused = answer(&run, 0, [venue("a")]);
    refused.seen.rows = 2;
    refused.rejects.push(Reject { provider_id: None, reason: RejectReason::NoId, detail: "no id".to_owned() });
    let error = store::commit_answer(&bench.database, &refused).await.unwrap_err();
    assert!(matches!(error, CommitError::FencedOut), "{error}");
    assert!(!store::complete_tile(&bench.database, late.lease, &[]).await.unwrap());
    assert!(!store::fail_tile(&bench.database, late.lease, "late").await.unwrap());
    let written = "select (select count(*) from venues) + (select count(*) from venue_profiles)
                   + (select count(*) from venue_sync.answers) + (select count(*) from venue_sync.rejects)";
    assert_eq!(bench.count(written).await, 0);
    refused.lease = next.lease;
    store::commit_answer(&bench.database, &refused).await.unwrap();
    assert_eq!(bench.count(written).await, 4);
}

#[tokio::test]
async fn a_worker_of_a_run_that_was_given_up_writes_nothing() {
    let bench = Bench::new().await;
    let run = bench.run().await;
    let next = ours(store::open_run(&bench.database, &spec(true), Learn::Nothing).await.unwrap());
    assert_ne!(next.id, run.opened.id);
    let error = store::commit_answer(&bench.database, &answer(&run, 0, [venue("a")])).await.unwrap_err();
    assert!(matches!(error, CommitError::FencedOut), "{error}");
    assert_eq!(bench.count("select count(*) from venues").await, 0);
}

#[tokio::test]
async fn an_answer_whose_rows_do_not_add_up_is_not_written() {
    let bench = Bench::new().await;
    let run = bench.run().await;
    let wrong = AnswerToCommit { outside: 1, ..answer(&run, 0, [venue("a")]) };
    let error = store::commit_answer(&bench.database, &wrong).await.unwrap_err();
    assert!(matches!(error, CommitError::DoesNotAddUp { .. }), "{error}");
    assert_eq!(
        bench.count("select (select count(*) from venues) + (select count(*) from venue_sync.answers)").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_answers_at_once_neither_deadlock_nor_count_twice() {
    let bench = Bench::new().await;
    let ids: Vec<String> = (0..120).map(|n| format!("id-{}", n * 7919 % 1000)).collect();
    for round in 0..8 {
        let run = bench.run().await;
        let forth = answer(&run, 0, ids.iter().map(|id| venue(id)));
        let back = answer(&run, 1, ids.iter().rev().map(|id| venue(id)));
        let both = [&forth, &back].map(|answer| store::commit_answer(&bench.database, answer));
        let mut sum = VenueCounts::default();
        for committed in join_all(both).await {
            sum += committed.unwrap().counts;
        }
        let (inserted, unchanged) = if round == 0 { (120, 0) } else { (0, 120) };
        let expected = VenueCounts { received: 240, inserted, unchanged, duplicate: 120, ..VenueCounts::default() };
        assert_eq!(sum, expected, "round {round}");
    }
    assert_eq!(bench.count("select count(*) from venue_profiles").await, 120);
}

#[tokio::test]
async fn another_programs_order_of_locks_does_not_cost_an_answer() {
    let bench = Bench::new().await;
    bench.commit([venue("a"), venue("b")]).await;
    let run = bench.run().await;
    let committing = answer(&run, 0, [venue("a"), venue("b")]);
    let mut backend = bench.pool.begin().await.unwrap();
    backend.execute("update venues set address = 'theirs' where provider_id = 'b'").await.unwrap();
    // Ours holds a and waits for b; theirs then wants a. Ours has waited longer, and is the one that the server ends.
    let theirs = async {
        let waits =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while bench.count(waits).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        backend.execute("update venues set address = 'theirs' where provider_id = 'a'").await.unwrap();
        backend.commit().await.unwrap();
    };
    let (committed, ()) = join(store::commit_answer(&bench.database, &committing), theirs).await;
    assert_eq!(committed.unwrap().counts.updated, 2);
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    let counted = async {
        while bench.count(deadlocks).await == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), counted).await.expect("there was a deadlock to survive");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_provider_said_of_an_allowance_holds_for_its_key_until_then_or_until_somebody_starts() {
    let bench = Bench::new().await;
    let run = bench.run().await.opened.id;
    let database = &bench.database;
    let of = RateOf { provider: "google", call: "searchNearby", account: "key" };
    let used_up = async |of| {
        let block = (1, Duration::from_millis(1), Duration::ZERO);
        store::take_instants(database, of, block, None).await.unwrap().used_up_until
    };
    let note = async |refill| store::note_used_up(database, of, refill).await.unwrap();
    note(Refill::Unknown).await;
    assert_eq!(used_up(of).await, None);

    note(Refill::After(Duration::from_hours(1))).await;
    let until = used_up(of).await.unwrap();
    let an_hour =
        "select count(*) from venue_sync.pace where used_up_until between clock_timestamp() + interval '59 minutes'
                       and clock_timestamp() + interval '1 hour'";
    assert_eq!(bench.count(an_hour).await, 1);
    for other in
        [RateOf { account: "other", ..of }, RateOf { call: "searchText", ..of }, RateOf { provider: "yelp", ..of }]
    {
        assert_eq!(used_up(other).await, None, "{other:?}");
    }
    note(Refill::At(until - TimeDelta::hours(2))).await;
    assert_eq!(used_up(of).await, None, "it is filled again");

    note(Refill::MidnightIn("America/Los_Angeles")).await;
    assert!(used_up(of).await.is_some());
    assert!(ours(store::open_run(database, &spec(false), Learn::Nothing).await.unwrap()).resumed);
    assert_eq!(used_up(of).await, None, "whoever starts tries anew");
    // One of those who were told before comes to its end.
    store::leave(database, run, StoppedBy::Quota, Refill::At(until)).await.unwrap();
    assert_eq!(used_up(of).await, None, "and whoever leaves takes that back from nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_a_run_without_a_time_to_go_on_keeps_the_one_that_others_found() {
    let bench = Bench::new().await;
    let run = bench.run().await.opened.id;
    let leave = async |by, refill| store::leave(&bench.database, run, by, refill).await.unwrap();
    assert_eq!(leave(StoppedBy::Quota, Refill::Unknown).await, None);
    let Resumption { at, left } = leave(StoppedBy::Quota, Refill::After(Duration::from_hours(1))).await.unwrap();
    assert!((Duration::from_secs(3590)..=Duration::from_hours(1)).contains(&left), "{left:?}");
    for by in [StoppedBy::Signal, StoppedBy::Quota] {
        assert_eq!(leave(by, Refill::Unknown).await.unwrap().at, at);
    }
    let passed = leave(StoppedBy::Quota, Refill::At(at - TimeDelta::hours(2))).await.unwrap();
    assert_eq!(passed.left, Duration::ZERO);
    assert_eq!(leave(StoppedBy::Signal, Refill::Unknown).await, None, "that time is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_waits_is_alive_by_looking() {
    let bench = Bench::new().await;
    let run = bench.run().await.opened.id;
    let workers = store::progress(&bench.database, run).await.unwrap().workers;
    let waiting = Uuid::new_v4();
    for _ in 0..2 {
        let looked = store::look(&bench.database, run, waiting, LEASE).await.unwrap();
        assert_eq!(looked, store::progress(&bench.database, run).await.unwrap());
        assert_eq!(looked.workers, workers + 1);
    }
    store::look(&bench.database, run, waiting, Duration::ZERO).await.unwrap();
    assert_eq!(store::progress(&bench.database, run).await.unwrap().workers, workers, "it has not looked for too long");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_run_with_other_parameters_is_found() {
    let bench = Bench::new().await;
    let run = bench.run().await.opened.id;
    let other = RunSpec { parameters: json!({ "types": ["museum"] }), ..spec(false) };
    let found = store::other_run(&bench.database, &other).await.unwrap().unwrap();
    assert_eq!((found.id, found.parameters), (run, spec(false).parameters));
    let elsewhere = RunSpec { region: "elsewhere".to_owned(), ..other.clone() };
    let replayed = RunSpec { parameters: json!({ "types": ["museum"], "source": "replay:then" }), ..other.clone() };
    for another in [elsewhere, replayed] {
        assert_eq!(store::other_run(&bench.database, &another).await.unwrap(), None, "{another:?}");
    }
    for (change, is_there) in [
        (
            "update venue_sync.runs set begun_at = begun_at - interval '4 days', touched_at = touched_at - interval '4 days'",
            true,
        ),
        ("update venue_sync.workers set alive_until = '-infinity'", false),
        ("update venue_sync.runs set stopped_by = 'budget'", true),
        (
            "update venue_sync.runs set begun_at = begun_at - interval '4 days', touched_at = touched_at - interval '4 days'",
            false,
        ),
        ("update venue_sync.runs set resumes_at = clock_timestamp() + interval '20 days'", true),
        ("update venue_sync.runs set resumes_at = null", false),
        ("update venue_sync.runs set believed_at = clock_timestamp()", true),
    ] {
        bench.run_sql(change).await;
        let found = store::other_run(&bench.database, &other).await.unwrap();
        assert_eq!(found.is_some(), is_there, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_given_up_half_way_is_no_time_when_its_region_was_asked_for_to_the_end() {
    let bench = Bench::new().await;
    let live = RunSpec { parameters: json!({ "source": "live" }), ..spec(false) };
    let begin = async |fresh| {
        let spec = RunSpec { fresh, worker: Uuid::new_v4(), ..live.clone() };
        ours(store::open_run(&bench.database, &spec, Learn::Nothing).await.unwrap()).id
    };
    let ended = async || store::last_ended(&bench.database).await.unwrap().len();
    begin(false).await;
    begin(true).await;
    assert_eq!(bench.count("select count(*) from venue_sync.runs where state = 'abandoned'").await, 1);
    assert_eq!(ended().await, 0);
    // As an audit leaves it that does not believe what came.
    bench.run_sql("update venue_sync.tiles set state = 'complete' where run_id in (select id from venue_sync.runs where state = 'open')").await;
    begin(true).await;
    assert_eq!(ended().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reservations_at_once_stop_exactly_at_the_limit() {
    let bench = Bench::new().await;
    let run = bench.run().await.opened.id;
    let spender =
        Spender { provider: "google", run: Some(run), lease: None, call: "searchNearby", price: MicroUsd(35_000) };
    let budget = Budget { requests: Some(7), ..Budget::default() };
    let reserved = join_all((0..20).map(|_| store::reserve(&bench.database, spender, budget))).await;
    let refused = reserved.iter().filter(|outcome| matches!(outcome, Err(ReserveError::RunBudget))).count();
    assert_eq!((reserved.iter().filter(|outcome| outcome.is_ok()).count(), refused), (7, 13));
    let spent = "select concat_ws(' ', r.requests, r.cost_micro_usd, q.requests, q.cost_micro_usd)
                 from venue_sync.runs r, venue_sync.quota q where r.state = 'open'";
    assert_eq!(bench.text(spent).await.unwrap(), "7 245000 7 245000", "a refused reservation leaves no trace");

    store::refund(&bench.database, spender, Refund::All, None).await.unwrap();
    store::reserve(&bench.database, spender, budget).await.unwrap();
    store::refund(&bench.database, spender, Refund::Money, Some("status 503")).await.unwrap();
    assert_eq!(bench.text(spent).await.unwrap(), "7 210000 7 210000", "sent, and not billed");
    store::refund(&bench.database, spender, Refund::Nothing, Some("no answer")).await.unwrap();
    store::refund(&bench.database, spender, Refund::Nothing, Some("no answer")).await.unwrap();
    assert_eq!(bench.text(spent).await.unwrap(), "7 210000 7 210000", "sent, and nobody knows");
    let causes = bench.text("select failed_attempts::text from venue_sync.runs where state = 'open'").await.unwrap();
    assert_eq!(causes, r#"{"no answer": 2, "status 503": 1}"#);
    assert!(matches!(store::reserve(&bench.database, spender, budget).await, Err(ReserveError::RunBudget)));
    let dearest = Budget { cost: Some(MicroUsd(245_000)), ..Budget::default() };
    store::reserve(&bench.database, spender, dearest).await.unwrap();
    assert!(matches!(store::reserve(&bench.database, spender, dearest).await, Err(ReserveError::RunBudget)));
    store::refund(&bench.database, spender, Refund::Refused, Some("status 429")).await.unwrap();
    assert_eq!(bench.text(spent).await.unwrap(), "8 210000 7 210000", "sent, and counted by no provider");

    bench.run().await;
    assert!(
        matches!(
            store::reserve(&bench.database, spender, budget).await,
            Err(ReserveError::RunClosed(store::RunEnd::Replaced))
        ),
        "abandoned"
    );
}

#[tokio::test]
async fn a_worker_whose_run_was_closed_is_told_by_what() {
    let bench = Bench::new().await;
    let run = bench.run().await.opened.id;
    let spender =
        Spender { provider: "google", run: Some(run), lease: None, call: "searchNearby", price: MicroUsd(10) };
    for (closed, said) in [
        ("complete', audited = null, gone = '0", "completed"),
        ("refused", "the guard did not believe it"),
        ("abandoned", "given up by another command"),
        ("abandoned', audited = '9", "its audit did not believe it"),
    ] {
        let sql = format!("update venue_sync.runs set state = '{closed}'");
        bench.pool.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        let told = store::reserve(&bench.database, spender, Budget::default()).await.unwrap_err().to_string();
        assert!(told.contains(said) && !told.contains("--fresh"), "{closed}: {told}");
        assert_eq!(store::run_end(&bench.database, run).await.unwrap().to_string(), told);
    }
}

#[tokio::test]
async fn a_tile_that_is_being_written_to_keeps_no_other_lease_from_being_renewed() {
    let bench = Bench::new().await;
    let run = ours(store::open_run(&bench.database, &spec(true), Learn::Nothing).await.unwrap()).id;
    let worker = Uuid::new_v4();
    let mut leases = Vec::new();
    for _ in 0..2 {
        leases.push(store::claim(&bench.database, run, worker, LEASE).await.unwrap().unwrap().lease.tile);
    }
    let mut writes = bench.pool.begin().await.unwrap();
    let lock = "select id from venue_sync.tiles where id = $1 for update";
    sqlx::query(lock).bind(leases[0]).execute(&mut *writes).await.unwrap();
    let renewing = store::renew(&bench.database, run, worker, Duration::from_hours(1));
    let mut renewing = std::pin::pin!(renewing);
    let renewed = "select count(*) from venue_sync.tiles where lease_until > clock_timestamp() + interval '10 minutes'";
    // The other is renewed though this one is waited for, and this one as soon as it is free.
    loop {
        tokio::select! {
            done = &mut renewing => panic!("it did not wait: {done:?}"),
            many = bench.count(renewed) => if many == 1 { break },
        }
    }
    writes.rollback().await.unwrap();
    renewing.await.unwrap();
    assert_eq!(bench.count(renewed).await, 2);

    let mut writes = bench.pool.begin().await.unwrap();
    sqlx::query(lock).bind(leases[0]).execute(&mut *writes).await.unwrap();
    // Nor does it wait for ever.
    store::renew(&bench.database, run, worker, Duration::from_millis(60)).await.unwrap();
    assert_eq!(bench.count(renewed).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_months_limit_holds_for_all_runs_of_a_provider_and_ends_with_the_month() {
    let bench = Bench::new().await;
    bench
        .run_sql(
            "insert into venue_sync.quota values
                 ('google', date_trunc('month', now() at time zone 'UTC')::date - 1, 900, 900),
                 ('google', date_trunc('month', now() at time zone 'UTC')::date, 3, 30)",
        )
        .await;
    let run = bench.run().await.opened.id;
    let spender = |provider, run| Spender { provider, run, lease: None, call: "searchNearby", price: MicroUsd(10) };
    let budget = Budget { requests_per_month: Some(8), ..Budget::default() };
    let dry_and_stored =
        (0..20).map(|n| store::reserve(&bench.database, spender("google", (n % 2 == 0).then_some(run)), budget));
    let reserved = join_all(dry_and_stored).await;
    let refused = reserved.iter().filter(|outcome| matches!(outcome, Err(ReserveError::MonthBudget))).count();
    assert_eq!((reserved.iter().filter(|outcome| outcome.is_ok()).count(), refused), (5, 15));
    store::reserve(&bench.database, spender("yelp", Some(run)), budget).await.unwrap();
    let cost = Budget { cost_per_month: Some(MicroUsd(80)), ..Budget::default() };
    assert!(matches!(
        store::reserve(&bench.database, spender("google", None), cost).await,
        Err(ReserveError::MonthBudget)
    ));
    store::refund(&bench.database, spender("google", None), Refund::All, None).await.unwrap();
    store::reserve(&bench.database, spender("google", None), cost).await.unwrap();
}

#[tokio::test]
async fn behind_a_pooler_that_hands_out_connections_by_the_transaction() {
    let bench = Bench::new().await;
    let listener = Listener::start(&bench.guard.options()).await;
    let database = Database::connect(&listener.url(), 2).await.unwrap();
    let database = &database;
    let standing = migrate::standing(database).await.unwrap();
    assert_eq!(standing.state(), Ok(migrate::State::Current));

    let run = open(database).await;
    let id = run.opened.id;
    let spender = Spender { provider: "google", run: Some(id), lease: None, call: "searchNearby", price: MicroUsd(10) };
    let budget = Budget { requests_per_month: Some(100), ..Budget::default() };
    for _ in 0..2 {
        store::reserve(database, spender, budget).await.unwrap();
        store::refund(database, spender, Refund::All, None).await.unwrap();
    }
    let closed = Venue { status: Field::Present(BusinessStatus::ClosedPermanently), ..venue("c") };
    let mut committing = answer(&run, 0, [venue("a"), closed]);
    committing.replayed = true;
    store::commit_answer(database, &committing).await.unwrap();
    store::commit_answer(database, &committing).await.unwrap_err();
    store::preview(database, "google", &Batch::new([venue("b")])).await.unwrap();
    store::sample_venues(database, "google", CELL, 5).await.unwrap();
    assert!(store::known_zones(database).await.unwrap().contains("Europe/Lisbon"));
    store::renew(database, id, Uuid::new_v4(), LEASE).await.unwrap();
    store::look(database, id, Uuid::new_v4(), LEASE).await.unwrap();
    assert_eq!(store::other_run(database, &spec(false)).await.unwrap(), None);
    let spot = CappedSpot {
        position: Position::new(1.0, 2.0).unwrap(),
        radius_m: 1.0,
        seen: 20,
        words: vec!["bar".to_owned()],
    };
    assert!(store::complete_tile(database, run.leases[0], &[spot]).await.unwrap());
    assert!(store::fail_tile(database, run.leases[1], "down").await.unwrap());
    store::release(database, id, Uuid::new_v4()).await.unwrap();
    assert_eq!(store::progress(database, id).await.unwrap().complete, 1);
    assert_eq!(store::figures(database, id).await.unwrap().capped.len(), 1);
    assert_eq!(store::close_if_finished(database, id, Closing::default()).await.unwrap(), Closed::Open);
    store::leave(database, id, StoppedBy::Quota, Refill::MidnightIn("America/Los_Angeles")).await.unwrap().unwrap();
    assert!(ours(store::open_run(database, &spec(false), Learn::Nothing).await.unwrap()).resumed);

    let heard = listener.heard();
    assert!(heard.statements > 60, "{heard:?}");
    assert!(heard.named.is_empty(), "statements that another's connection would not know: {:?}", heard.named);
    assert!(heard.outside.is_empty(), "statements outside a transaction: {:?}", heard.outside);
}

/// A row of a made-up answer, small enough that rows meet.
#[derive(Debug, Clone)]
struct Row {
    id: u8,
    name: u8,
    rating: Field<f64>,
    status: Field<BusinessStatus>,
    holiday: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Known {
    name: String,
    rating: Option<f64>,
    state: Option<&'static str>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let rating =
        prop_oneof![Just(Field::NotAsked), Just(Field::Absent), (0..2u8).prop_map(|n| Field::Present(f64::from(n)))];
    let status = prop_oneof![
        Just(Field::NotAsked),
        Just(Field::Present(BusinessStatus::Operational)),
        Just(Field::Present(BusinessStatus::ClosedPermanently)),
    ];
    let row = (0..6u8, 0..2u8, rating, status, any::<bool>());
    let row = row.prop_map(|(id, name, rating, status, holiday)| Row { id, name, rating, status, holiday });
    prop::collection::vec(row, 0..8)
}

impl Row {
    fn venue(&self) -> Venue {
        let mut hours = hours();
        if self.holiday {
            hours.special_days.push(SpecialDay { date: "2026-12-25".parse().unwrap(), periods: vec![] });
        }
        Venue {
            name: format!("Name {}", self.name),
            rating: self.rating,
            status: self.status,
            hours: Field::Present(hours),
            ..venue(&format!("id-{}", self.id))
        }
    }

    /// The merge, as one would explain it to somebody.
    fn merge(&self, known: &mut BTreeMap<u8, Known>, seen: &mut BTreeSet<u8>, counts: &mut VenueCounts) {
        let state = self.status.present().map(|status| status.code());
        if !known.contains_key(&self.id) && state == Some("closed_permanently") {
            // Once in a run, and met again after that.
            if seen.insert(self.id + 100) {
                counts.rejected += 1;
            } else {
                counts.duplicate += 1;
            }
            return;
        }
        if !seen.insert(self.id) {
            counts.duplicate += 1;
            return;
        }
        let before = known.get(&self.id).cloned();
        let row = known.entry(self.id).or_default();
        row.name = format!("Name {}", self.name);
        match self.rating {
            Field::NotAsked => {}
            Field::Absent => row.rating = None,
            Field::Present(rating) => row.rating = Some(rating),
        }
        match before {
            None => counts.inserted += 1,
            Some(before) if (&before.name, before.rating) == (&row.name, row.rating) => counts.unchanged += 1,
            Some(_) => counts.updated += 1,
        }
        if state == Some("closed_permanently") || (state.is_some() && row.state.is_some()) {
            row.state = state;
        }
    }
}

#[test]
fn counts_and_rows_are_those_of_a_plain_model() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bench = runtime.block_on(Bench::new());
    let runs = prop::collection::vec(prop::collection::vec((rows(), 0..3u64), 1..4), 1..4);
    let mut cases = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    cases
        .run(&runs, |runs| {
            runtime.block_on(async {
                bench.run_sql("truncate venues cascade").await;
                let mut known = BTreeMap::new();
                for answers in runs {
                    let run = bench.run().await;
                    let mut seen = BTreeSet::new();
                    let mut whole = VenueCounts::default();
                    for (tile, (rows, outside)) in answers.into_iter().enumerate() {
                        let received = u64::try_from(rows.len()).unwrap() + outside;
                        let mut expected = VenueCounts { received, outside, ..VenueCounts::default() };
                        let mut ids = BTreeSet::new();
                        for row in &rows {
                            if ids.insert(row.id) {
                                row.merge(&mut known, &mut seen, &mut expected);
                            } else {
                                expected.duplicate += 1;
                            }
                        }
                        let mut committing = answer(&run, tile, rows.iter().map(Row::venue));
                        committing.outside = outside;
                        committing.seen.rows = u32::try_from(received).unwrap();
                        let committed = store::commit_answer(&bench.database, &committing).await.unwrap();
                        prop_assert_eq!(committed.counts, expected);
                        prop_assert!(expected.add_up());
                        whole += expected;
                    }
                    prop_assert_eq!(store::figures(&bench.database, run.opened.id).await.unwrap().venues, whole);
                }
                prop_assert_eq!(stored(&bench).await, known);
                Ok(())
            })
        })
        .unwrap();
}

async fn stored(bench: &Bench) -> BTreeMap<u8, Known> {
    let rows: Vec<(String, String, Option<f64>, Option<String>)> = sqlx::query_as(
        "select v.provider_id, v.name, v.rating, s.business_status
         from venues v left join venue_sync.venue_states s on s.venue_id = v.id",
    )
    .fetch_all(&bench.pool)
    .await
    .unwrap();
    let codes = [BusinessStatus::Operational, BusinessStatus::ClosedPermanently].map(BusinessStatus::code);
    rows.into_iter()
        .map(|(id, name, rating, state)| {
            let state = state.map(|state| codes.into_iter().find(|code| *code == state).unwrap());
            (id.strip_prefix("id-").unwrap().parse().unwrap(), Known { name, rating, state })
        })
        .collect()
}
