//! What a run with a past brings is judged before readers see it, against a real PostgreSQL and a loopback double of the provider.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use double::city::{self, Place};
use double::google::{Double, KEY};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use support::database::TestDatabase;
use support::job::job;
use support::migrations::to_head;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use venue_sync::coverage::{Region, distance_m};
use venue_sync::model::{CappedSpot, Event, GuardLimits, Measure, Position, RunOutcome, RunStatus, StoppedBy};
use venue_sync::provider::{self, Provider};
use venue_sync::store::{self, Accepted, Budget, Database, DecideError, GoneRule, RunFilter, WhichRun};
use venue_sync::sync::{Expectation, Job, RunReport, sync};
use venue_sync::transport::{Courier, LiveOptions};

/// A migrated database, and whoever answers.
struct Bench {
    database: Database,
    pool: PgPool,
    google: Box<dyn Provider>,
    double: Double,
    _guard: TestDatabase,
}

impl Bench {
    async fn new(town: Vec<Place>) -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 8).await.unwrap();
        to_head(&database).await;
        let google = provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
        Self { database, pool: guard.pool().await, google, double: Double::serve(town).await, _guard: guard }
    }

    /// The provider has this from now on.
    async fn with(self, town: Vec<Place>) -> Self {
        Self { double: Double::serve(town).await, ..self }
    }

    fn job(&self) -> Job<'_> {
        job(self.google.as_ref(), city::BOUNDS)
    }

    async fn run(&self, job: &Job<'_>) -> RunReport {
        let report = self.run_until(job, &CancellationToken::new()).await;
        assert!(report.summary.venues.add_up(), "{:?}", report.summary.venues);
        report
    }

    async fn run_until(&self, job: &Job<'_>, signal: &CancellationToken) -> RunReport {
        sync(job, &self.courier(), &self.database, &|_| (), signal).await.unwrap()
    }

    fn courier(&self) -> Courier {
        let mut options = LiveOptions::new(self.double.url().parse().unwrap(), "GOOGLE_PLACES_BASE_URL", 10_000.0);
        options.key = Some(KEY.to_owned().into());
        Courier::live(options).unwrap()
    }

    /// A run that the database does not let come to its end.
    async fn breaks(&self, job: &Job<'_>) -> String {
        self.run_until(job, &CancellationToken::new()).await.error.unwrap().to_string()
    }

    /// Lets a refused run in, as `venues runs accept` does.
    async fn accept(&self, run: Uuid) -> Result<Accepted, DecideError> {
        let which = WhichRun::Id(run);
        let (_, parameters) = store::run_account(&self.database, &which).await.unwrap().unwrap();
        let asked_for = Expectation::of_run(self.google.as_ref(), &parameters).unwrap();
        let expected =
            |place: Position, categories: &[String], capped: &[CappedSpot]| asked_for.holds(place, categories, capped);
        let rule = GoneRule { after: 2, within: asked_for.bounds(), expected: &expected };
        store::accept_run(&self.database, run, Some(rule)).await
    }

    async fn sync(&self) -> RunReport {
        self.run(&self.job()).await
    }

    async fn completes(&self) -> RunReport {
        let report = self.sync().await;
        assert_eq!(report.summary.status, RunStatus::Complete, "{:?} {:?}", report.reason, report.summary.guard);
        report
    }

    /// Every venue as it stands, with all its columns.
    async fn everything(&self) -> BTreeMap<String, String> {
        let rows = sqlx::query_as("select provider_id, to_jsonb(v) #>> '{}' from public.venues v");
        rows.fetch_all(&self.pool).await.unwrap().into_iter().collect()
    }

    async fn ids(&self, sql: &str) -> BTreeSet<String> {
        let rows = sqlx::query_scalar(AssertSqlSafe(sql));
        rows.fetch_all(&self.pool).await.unwrap().into_iter().collect()
    }

    async fn shown(&self) -> BTreeSet<String> {
        self.ids("select provider_id from public.venues_shown").await
    }

    async fn missing(&self) -> BTreeSet<String> {
        self.ids(
            "select v.provider_id from venue_sync.venue_states s join public.venues v on v.id = s.venue_id
             where s.missing_since is not null",
        )
        .await
    }

    async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool).await.unwrap()
    }

    async fn staged(&self) -> i64 {
        self.count("select count(*) from venue_sync.staged").await
    }

    async fn outcomes(&self) -> Vec<RunOutcome> {
        let filter = RunFilter { limit: 100, ..RunFilter::default() };
        let runs = store::past_runs(&self.database, &filter).await.unwrap();
        runs.into_iter().rev().map(|run| run.outcome).collect()
    }
}

/// Every twentieth venue, each with another name.
fn twentieth() -> Vec<Place> {
    let mut town: Vec<Place> = city::town().into_iter().step_by(20).collect();
    for place in &mut town {
        if place.row.get("displayName").is_some() {
            place.row["displayName"]["text"] = json!("Another Name");
        }
    }
    town
}

/// The town, each venue with another name.
fn renamed() -> Vec<Place> {
    let mut town = city::town();
    for place in town.iter_mut().filter(|place| place.row.get("displayName").is_some()) {
        place.row["displayName"]["text"] = json!("Another Name");
    }
    town
}

/// So many of ten venues, evenly over the town, each with another name: less than is believed of the whole, more than of a tile.
fn of_ten(many: usize) -> Vec<Place> {
    renamed().into_iter().enumerate().filter(|(at, _)| at % 10 < many).map(|(_, place)| place).collect()
}

fn without(town: &[Place], gone: &BTreeSet<String>) -> Vec<Place> {
    town.iter().filter(|place| !gone.contains(place.id())).cloned().collect()
}

/// Some of what the town has and a run finds, far from what overflows.
async fn some_venues(bench: &Bench, many: usize, capped: &[CappedSpot]) -> BTreeSet<String> {
    let stored = bench.shown().await;
    let clear = |place: &&Place| {
        let position = Position::new(place.lat, place.lng).unwrap();
        stored.contains(place.id())
            && capped.iter().all(|spot| distance_m(spot.position, position) > spot.radius_m + 50.0)
    };
    city::town().iter().filter(clear).step_by(11).take(many).map(|place| place.id().to_owned()).collect()
}

#[tokio::test]
async fn a_first_run_writes_as_it_goes_and_is_judged_by_nothing() {
    let bench = Bench::new(twentieth()).await;
    let report = bench.completes().await;
    assert_eq!(report.summary.venues.inserted, bench.count("select count(*) from public.venues").await.unsigned_abs());
    assert!(report.summary.guard.is_none());
    assert_eq!(bench.count("select count(*) from venue_sync.runs where staging").await, 0);
    let bench = bench.with(city::town()).await;
    let grown = bench.sync().await;
    assert_eq!(grown.summary.status, RunStatus::Complete, "from less than the floor it may become anything");
}

#[tokio::test]
async fn a_provider_that_has_a_twentieth_of_its_venues_is_refused_and_nothing_changes() {
    let bench = Bench::new(city::town()).await;
    let first = bench.completes().await;
    let (before, shown) = (bench.everything().await, bench.shown().await);
    let bench = bench.with(twentieth()).await;
    for _ in 0..3 {
        let report = bench.sync().await;
        let summary = &report.summary;
        assert_eq!((summary.status, summary.stopped_by), (RunStatus::Refused, Some(StoppedBy::Guard)));
        let verdict = summary.guard.as_ref().unwrap();
        assert!(verdict.tiles_held > 0 && verdict.staged > 0, "{verdict:?}");
        let whole = verdict.breaches.iter().find(|one| one.tile.is_none() && one.measure == Measure::Venues).unwrap();
        assert!(whole.expected > 200.0 && whole.found < 20.0 && whole.limit > 100.0, "{whole:?}");
        assert_eq!(summary.venues.inserted + summary.venues.updated + summary.venues.unchanged, 0);
    }
    assert_eq!(bench.everything().await, before, "not even when it was last seen");
    assert_eq!((bench.missing().await, bench.shown().await), (BTreeSet::new(), shown));
    assert_eq!(
        bench.count("select count(*) from venue_sync.tiles where state = 'held' and completed_at is not null").await,
        0
    );

    // The provider is well again: the next run is judged by the good one, and what the others staged is of no use any more.
    let bench = bench.with(city::town()).await;
    let well = bench.completes().await;
    assert_eq!(well.summary.venues.unchanged, first.summary.venues.inserted);
    assert_eq!(bench.staged().await, 0);
    let superseded = RunOutcome::Superseded;
    assert_eq!(
        bench.outcomes().await,
        [RunOutcome::Complete, superseded, superseded, superseded, RunOutcome::Complete]
    );
}

/// A region that overlaps with this one renews what it sees: what it did not see is not all that this one had.
#[tokio::test]
async fn what_another_region_saw_meanwhile_counts_as_seen_again() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let stored: Vec<String> = sqlx::query_scalar("select provider_id from venues order by md5(provider_id)")
        .fetch_all(&bench.pool)
        .await
        .unwrap();
    let gone: BTreeSet<String> = stored.iter().take(stored.len() / 5).cloned().collect();
    sqlx::query("update venues set last_seen_at = clock_timestamp() where not provider_id = any ($1)")
        .bind(gone.iter().cloned().collect::<Vec<_>>())
        .execute(&bench.pool)
        .await
        .unwrap();
    let bench = bench.with(without(&city::town(), &gone)).await;
    let report = bench.sync().await;
    assert_eq!(report.summary.status, RunStatus::Complete, "{:?}", report.summary.guard);
}

/// What is closed for good and unknown is a reject, once in a run, whether the run writes as it goes or stages.
#[tokio::test]
async fn a_venue_that_is_refused_is_counted_once_in_any_run() {
    let mut town = city::town();
    for place in town.iter_mut().step_by(6) {
        place.row["businessStatus"] = json!("CLOSED_PERMANENTLY");
    }
    let bench = Bench::new(town).await;
    let first = bench.completes().await.summary.run_id;
    let second = bench.completes().await.summary.run_id;
    let refused = "select count(*) from venue_sync.rejects j join venue_sync.answers a on a.id = j.answer_id
         join venue_sync.tiles t on t.id = a.tile_id
         where j.reason in ('closed_permanently', 'not_yet_open') and t.run_id = ";
    let count =
        async |what: &str, run: Uuid| bench.count(&format!("{} '{run}'", refused.replacen("count(*)", what, 1))).await;
    assert!(count("count(*)", first).await > 5, "this test tests nothing");
    for run in [first, second] {
        assert_eq!(count("count(*)", run).await, count("count(distinct j.provider_id)", run).await);
    }
    assert_eq!(count("count(*)", first).await, count("count(*)", second).await);
}

#[tokio::test]
async fn what_was_refused_can_be_looked_at_and_let_in() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let bench = bench.with(twentieth()).await;
    let refused = bench.sync().await.summary;
    let waiting = store::staged_venues(&bench.database, refused.run_id, "", 1000).await.unwrap();
    assert_eq!(u64::try_from(waiting.len()).unwrap(), refused.guard.unwrap().staged);
    assert!(waiting.iter().any(|venue| venue.known && venue.row["name"] == "Another Name"), "{:?}", waiting.first());

    let Accepted { written, gone } = bench.accept(refused.run_id).await.unwrap();
    assert!(written.counts.updated > 5, "{written:?}");
    let named = bench.count("select count(*) from public.venues where name = 'Another Name'").await.unsigned_abs();
    assert_eq!(named, written.counts.updated);
    assert_eq!(bench.staged().await, 0);
    assert_eq!(bench.outcomes().await, [RunOutcome::Complete, RunOutcome::Accepted]);
    assert_eq!(bench.count("select count(*) from venue_sync.tiles where completed_at is null").await, 0);
    let unsummed = "select count(*) from venue_sync.runs where filled is null";
    assert_eq!(bench.count(unsummed).await, 0, "a report has what it filled, as of the run before");
    let figures = store::figures(&bench.database, refused.run_id).await.unwrap();
    assert!(figures.venues.add_up() && figures.venues.updated == written.counts.updated, "{:?}", figures.venues);
    assert_eq!((bench.missing().await, gone), (BTreeSet::new(), 0), "one run that does not see a venue is not enough");
    let again = bench.accept(refused.run_id).await.unwrap_err();
    assert!(matches!(&again, DecideError::NotRefused { outcome: RunOutcome::Accepted, .. }), "{again}");
    // It is how things are now.
    bench.completes().await;
}

/// A run that was let in by hand saw all as any complete one does.
#[tokio::test]
async fn an_accepted_run_is_learned_from_and_what_it_did_not_see_is_gone() {
    let bench = Bench::new(of_ten(2)).await;
    bench.completes().await;
    let few = bench.everything().await.len();
    let bench = bench.with(city::town()).await;
    let refused = bench.sync().await;
    assert_eq!(refused.summary.status, RunStatus::Refused, "five times as many are too many");
    let written = bench.accept(refused.summary.run_id).await.unwrap().written;
    let all = bench.everything().await.len();
    assert!(all > 3 * few && written.counts.inserted > 0, "{few} {all}");
    let tiles = bench.job().region.tiles();
    let of = ("town", "google");
    let known = store::learned(&bench.database, of, &tiles, &|_| Some(Vec::new())).await.unwrap();
    let known: usize = known.iter().map(|tile| tile.places.len()).sum();
    assert!(known >= all, "the next run begins with {known} of {all} venues");

    let gone = some_venues(&bench, 5, &refused.figures.capped).await;
    let bench = bench.with(without(&city::town(), &gone)).await;
    bench.completes().await;
    let mut bare = without(&city::town(), &gone);
    for place in &mut bare {
        place.row.as_object_mut().unwrap().remove("rating");
    }
    let bench = bench.with(bare).await;
    let refused = bench.sync().await.summary;
    assert_eq!((refused.status, bench.missing().await), (RunStatus::Refused, BTreeSet::new()));
    assert_eq!(bench.accept(refused.run_id).await.unwrap().gone, 5);
    assert_eq!(bench.missing().await, gone);
    assert_eq!(bench.count("select gone::bigint from venue_sync.runs order by begun_at desc limit 1").await, 5);
}

/// Figures of how much is known of a run's venues are of its own: not of what others see at the same time, beyond its borders or of
/// other kinds.
#[tokio::test]
async fn what_others_see_meanwhile_is_not_among_what_a_run_saw() {
    let bench = Bench::new(city::town()).await;
    let [west, south, east, north] = city::BOUNDS;
    let (lat, lng) = (f64::midpoint(south, north), f64::midpoint(west, east));
    let region = Region::from_circle(Position::new(lat, lng).unwrap(), 1_000.0).unwrap();
    let others = "insert into public.venues (id, provider_id, provider_name, name, categories, lat, lng, last_seen_at, created_at, updated_at)
         select gen_random_uuid(), n.id, 'google', 'A', array[n.kind], n.lat, n.lng, n.seen, n.seen, n.seen
         from (values ('corner', 'cafe', $1::float8 + 0.0088, $2::float8 + 0.0109, now() + interval '1 year'),
                      ('bank', 'bank', $1, $2, now() + interval '1 year')) n (id, kind, lat, lng, seen)";
    sqlx::query(others).bind(lat).bind(lng).execute(&bench.pool).await.unwrap();
    let report = bench.run(&Job { region, ..bench.job() }).await;
    assert_eq!(report.summary.status, RunStatus::Complete);
    let filled = bench.count("select (filled ->> 'venues')::bigint from venue_sync.runs").await;
    assert_eq!(filled.unsigned_abs(), report.summary.venues.inserted);
}

#[tokio::test]
async fn a_venue_that_is_seen_in_the_moment_in_which_it_is_taken_to_be_gone_is_not_gone() {
    let bench = Bench::new(city::town()).await;
    let first = bench.completes().await;
    let gone = some_venues(&bench, 2, &first.figures.capped).await;
    let bench = bench.with(without(&city::town(), &gone)).await;
    bench.completes().await;
    let seen = gone.first().unwrap();
    let mut other = bench.pool.begin().await.unwrap();
    let touches = "update venues set last_seen_at = clock_timestamp() where provider_id = $1";
    sqlx::query(touches).bind(seen).execute(&mut *other).await.unwrap();
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let closing = async {
        let report = bench.completes().await;
        report.figures.gone
    };
    let mut closing = std::pin::pin!(closing);
    let told = loop {
        tokio::select! {
            told = &mut closing => break told,
            waiting = bench.count(waits) => if waiting > 0 {
                other.commit().await.unwrap();
                break closing.await;
            },
        }
    };
    assert_eq!(told, 1, "whoever sees it was faster");
    assert_eq!(bench.missing().await, gone.iter().skip(1).cloned().collect());
    // The other way round: it is taken to be gone while whoever sees it has looked, and not written yet.
    sqlx::query(
        "insert into venue_sync.venue_states (venue_id, checked_at, missing_since)
         select id, now(), last_seen_at - interval '1 second' from venues where provider_id = $1",
    )
    .bind(seen)
    .execute(&bench.pool)
    .await
    .unwrap();
    assert!(bench.shown().await.contains(seen), "seen since then");
    sqlx::query("update venues set last_seen_at = last_seen_at - interval '9 days' where provider_id = $1")
        .bind(seen)
        .execute(&bench.pool)
        .await
        .unwrap();
    assert!(!bench.shown().await.contains(seen));
}

#[tokio::test]
async fn what_was_refused_can_be_thrown_away() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let before = bench.everything().await;
    let bench = bench.with(twentieth()).await;
    let refused = bench.sync().await.summary;
    let gone = store::discard_run(&bench.database, refused.run_id).await.unwrap();
    assert_eq!((gone, bench.staged().await), (refused.guard.unwrap().staged, 0));
    assert_eq!(bench.everything().await, before);
    let again = store::discard_run(&bench.database, refused.run_id).await.unwrap_err().to_string();
    assert!(again.contains("is discarded: only a refused one"), "{again}");
    assert_eq!(bench.outcomes().await, [RunOutcome::Complete, RunOutcome::Discarded]);
}

#[tokio::test]
async fn whoever_comes_when_a_run_was_just_refused_pays_for_nothing() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let bench = bench.with(twentieth()).await;
    let job = Job { if_stale: Some(Duration::ZERO), ..bench.job() };
    let refused = bench.run(&job).await.summary;
    let asked = bench.double.asked();
    let late = bench.run(&Job { if_stale: Some(Duration::from_hours(20)), ..bench.job() }).await;
    assert_eq!((late.summary.status, late.summary.run_id), (RunStatus::Refused, refused.run_id));
    assert_eq!((late.summary.guard, late.summary.requests), (refused.guard, 0));
    assert_eq!(bench.double.asked(), asked);
    store::discard_run(&bench.database, refused.run_id).await.unwrap();
    let next = bench.run(&Job { if_stale: Some(Duration::ZERO), ..bench.job() }).await.summary;
    assert_ne!(next.run_id, refused.run_id, "once it is decided, the next one asks");
}

#[tokio::test]
async fn a_field_that_is_empty_all_at_once_is_not_let_in() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let before = bench.everything().await;
    let mut town = city::town();
    for place in &mut town {
        place.row.as_object_mut().unwrap().remove("rating");
    }
    let bench = bench.with(town).await;
    let verdict = bench.sync().await.summary.guard.unwrap();
    assert!(verdict.breaches.iter().all(|one| one.measure == Measure::Filled && one.of.as_deref() == Some("rating")));
    assert_eq!(bench.everything().await, before);
}

#[tokio::test]
async fn a_run_that_stops_with_venues_waiting_goes_on_and_loses_none() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let before = bench.everything().await;
    let bench = bench.with(renamed()).await;
    let limited = Job { budget: Budget { requests: Some(5), ..Budget::default() }, concurrency: 1, ..bench.job() };
    let mut half_staged = 0;
    let whole = loop {
        let report = bench.run(&limited).await;
        if report.summary.status == RunStatus::Complete {
            break report.summary;
        }
        half_staged += u64::from(report.figures.staged > 0);
        // The worker is killed in the middle of the next tile: its lease is anybody's.
        sqlx::query("update venue_sync.tiles set fence = fence + 1 where state = 'waiting'")
            .execute(&bench.pool)
            .await
            .unwrap();
    };
    assert!(half_staged > 1, "nothing ever waited: this test tests nothing");
    assert_eq!(bench.outcomes().await.len(), 2, "one run, taken up again and again");
    assert_eq!(whole.venues.updated, u64::try_from(before.len()).unwrap());
    assert_eq!(bench.staged().await, 0);
    assert_eq!(bench.count("select count(*) from public.venues where name <> 'Another Name'").await, 0);
    let answers = "select count(*) from venue_sync.answers where rows <> received";
    assert_eq!(bench.count(answers).await, 0, "every row got its word");
}

#[tokio::test]
async fn of_a_run_that_is_refused_as_a_whole_not_even_the_tiles_that_could_be_believed_are_written() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let before = bench.everything().await;
    let bench = bench.with(of_ten(5)).await;
    let refused = bench.sync().await.summary;
    let verdict = refused.guard.unwrap();
    assert_eq!((refused.status, verdict.tiles_held), (RunStatus::Refused, 0), "no tile is odd by itself: {verdict:?}");
    assert!(verdict.staged > 50 && verdict.written == 0, "{verdict:?}");
    assert_eq!(bench.everything().await, before);
    assert_eq!(bench.count("select count(*) from venue_sync.changes").await, 0);
}

#[tokio::test]
async fn a_run_that_is_killed_while_it_is_let_in_is_let_in_by_the_next_whatever_that_would_say_of_it() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let rows = bench.everything().await.len();
    let bench = bench.with(renamed()).await;
    // The database goes away in the middle of the second tile.
    sqlx::raw_sql(
        "create function break() returns trigger language plpgsql as $$ begin
             if exists (select from venues where name = 'Another Name' and xmin::text <> pg_current_xact_id()::text) then raise exception 'out of order'; end if;
             return new; end $$;
         create trigger break before update on venues for each row when (new.name = 'Another Name') execute function break()",
    )
    .execute(&bench.pool)
    .await
    .unwrap();
    let told = bench.breaks(&bench.job()).await;
    assert!(told.contains("out of order"), "{told}");
    let named = "select count(*) from venues where name = 'Another Name'";
    let half = bench.count(named).await;
    assert!(half > 0 && bench.staged().await > 0, "{half}: this test tests nothing");
    sqlx::raw_sql("drop trigger break on venues").execute(&bench.pool).await.unwrap();

    // Who is told to stop leaves the rest where it is, and that is no error.
    let waiting = bench.staged().await;
    let told_to_stop = CancellationToken::new();
    told_to_stop.cancel();
    let left = bench.run_until(&bench.job(), &told_to_stop).await;
    assert_eq!((left.summary.status, bench.staged().await), (RunStatus::Interrupted, waiting), "{:?}", left.error);

    let asked = bench.double.asked();
    let strict = GuardLimits { least_seen_again: 2.0, ..GuardLimits::default() };
    let whole = bench.run(&Job { guard: strict, ..bench.job() }).await;
    assert_eq!((whole.summary.status, bench.double.asked()), (RunStatus::Complete, asked), "{:?}", whole.summary.guard);
    assert_eq!(bench.count(named).await.unsigned_abs(), u64::try_from(rows).unwrap());
    assert_eq!(whole.summary.venues.updated, u64::try_from(rows).unwrap(), "each venue is counted once");
    assert_eq!(bench.staged().await, 0);
}

#[tokio::test]
async fn a_town_in_which_all_is_closed_over_night_is_not_believed() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let shown = bench.count("select count(*) from venues_shown").await;
    let mut town = city::town();
    for place in &mut town {
        place.row["businessStatus"] = json!("CLOSED_PERMANENTLY");
    }
    let bench = bench.with(town).await;
    let refused = bench.sync().await.summary;
    assert_eq!(refused.status, RunStatus::Refused);
    let odd: Vec<_> = refused.guard.unwrap().breaches.into_iter().filter_map(|breach| breach.of).collect();
    assert!(odd.contains(&"open".to_owned()), "{odd:?}");
    assert_eq!(bench.count("select count(*) from venues_shown").await, shown);
}

#[tokio::test]
async fn what_somebody_began_to_accept_is_accepted_to_the_end_and_not_discarded() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let bench = bench.with(of_ten(5)).await;
    let refused = bench.sync().await.summary;
    assert_eq!(refused.status, RunStatus::Refused);
    // The database goes away in the middle of the second tile.
    sqlx::raw_sql(
        "create function break() returns trigger language plpgsql as $$ begin
             if (select count(distinct tile_id) from venue_sync.staged) < 2 then raise exception 'out of order'; end if;
             return new; end $$;
         create trigger break before update on venues for each row execute function break()",
    )
    .execute(&bench.pool)
    .await
    .unwrap();
    let told = store::accept_run(&bench.database, refused.run_id, None).await.unwrap_err().to_string();
    assert!(told.contains("out of order"), "{told}");
    let left = bench.staged().await;
    assert!(left > 0 && left.unsigned_abs() < refused.guard.unwrap().staged, "{left}: this test tests nothing");
    let told = store::discard_run(&bench.database, refused.run_id).await.unwrap_err().to_string();
    assert!(told.contains("a part of it is let in"), "{told}");
    assert_eq!(bench.staged().await, left, "nothing is thrown away");
    sqlx::raw_sql("drop trigger break on venues").execute(&bench.pool).await.unwrap();
    store::accept_run(&bench.database, refused.run_id, None).await.unwrap();
    assert_eq!(bench.staged().await, 0);
    assert_eq!(bench.count("select count(*) from venue_sync.runs where state = 'complete'").await, 2);
}

#[tokio::test]
async fn what_a_run_has_when_it_is_left_is_written_if_it_is_believed_as_the_whole_would_be() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let before = bench.everything().await;
    // As many as the tile that comes first takes, and none of the other.
    let budget = Budget { requests: Some(bench.double.asked() / 3 + 1), ..Budget::default() };

    let bench = bench.with(of_ten(5)).await;
    let left = bench.run(&Job { budget, concurrency: 1, ..bench.job() }).await;
    assert_eq!(left.summary.status, RunStatus::Interrupted);
    assert!(left.figures.staged > 20 && left.summary.venues.written() == 0, "{:?}", left.summary.venues);
    assert_eq!(bench.everything().await, before, "what is too little as a whole is too little as a part");

    let bench = bench.with(renamed()).await;
    let left = bench.run(&Job { budget, concurrency: 1, fresh: true, ..bench.job() }).await;
    let written = left.summary.venues.written();
    assert_eq!(left.summary.status, RunStatus::Interrupted);
    assert!(written > 20, "{:?}", left.summary.venues);

    // What comes then is not believed, and what was written is told.
    let bench = bench.with(twentieth()).await;
    let refused = bench.sync().await.summary;
    assert_eq!((refused.status, refused.run_id), (RunStatus::Refused, left.summary.run_id));
    assert_eq!(refused.guard.unwrap().written, written);
    let named = bench.count("select count(*) from venues where name = 'Another Name'").await;
    assert_eq!(named.unsigned_abs(), written);
}

#[tokio::test]
async fn what_waits_since_a_signal_is_let_in_by_whoever_comes_next_before_anything_is_asked() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let bench = bench.with(renamed()).await;
    let (told, signal) = (Mutex::new(Vec::new()), CancellationToken::new());
    let listen = |event: Event| {
        if matches!(event, Event::TileDone { .. }) {
            signal.cancel();
        }
        told.lock().unwrap().push(event);
    };
    let job = Job { concurrency: 1, ..bench.job() };
    let left = sync(&job, &bench.courier(), &bench.database, &listen, &signal).await.unwrap();
    assert_eq!(left.summary.stopped_by, Some(StoppedBy::Signal));
    assert!(left.figures.staged > 20 && left.summary.venues.written() == 0, "{:?}", left.summary.venues);

    told.lock().unwrap().clear();
    sync(&job, &bench.courier(), &bench.database, &listen, &CancellationToken::new()).await.unwrap();
    let told = told.into_inner().unwrap();
    let first_asked = told.iter().position(|event| matches!(event, Event::RequestSent { .. })).unwrap();
    let let_in = told[..first_asked].iter().filter_map(|event| match event {
        Event::LetIn { counts, .. } => Some(counts.written() + counts.rejected),
        _ => None,
    });
    assert_eq!(let_in.sum::<u64>(), left.figures.staged);
}

#[tokio::test]
async fn a_run_that_is_begun_anew_takes_nothing_of_the_old_ones_that_waits() {
    let bench = Bench::new(city::town()).await;
    bench.completes().await;
    let limited = Job { budget: Budget { requests: Some(3), ..Budget::default() }, concurrency: 1, ..bench.job() };
    assert!(bench.run(&limited).await.figures.staged > 0);
    let fresh = bench.run(&Job { fresh: true, ..bench.job() }).await;
    assert_eq!(fresh.summary.status, RunStatus::Complete);
    assert_eq!(bench.staged().await, 0);
}

#[tokio::test]
async fn two_complete_runs_without_a_venue_take_it_to_be_gone_and_one_with_it_takes_that_back() {
    let bench = Bench::new(city::town()).await;
    let first = bench.completes().await;
    let rows = bench.everything().await.len();
    let all = bench.shown().await;
    let gone = some_venues(&bench, 5, &first.figures.capped).await;
    assert_eq!(gone.len(), 5);
    let bench = bench.with(without(&city::town(), &gone)).await;

    assert_eq!(bench.completes().await.figures.gone, 0);
    assert_eq!(bench.missing().await, BTreeSet::new(), "once is not enough");
    // Neither a run that was not finished nor a dry one says anything.
    let budget = Budget { requests: Some(3), ..Budget::default() };
    bench.run(&Job { budget, ..bench.job() }).await;
    bench.run(&Job { dry_run: true, ..bench.job() }).await;
    assert_eq!(bench.missing().await, BTreeSet::new());
    assert_eq!(bench.completes().await.figures.gone, 5);
    assert_eq!(bench.missing().await, gone);
    assert_eq!(bench.everything().await.len(), rows, "no row is removed");
    assert_eq!(bench.shown().await, all.difference(&gone).cloned().collect());
    let since = "select count(*) from venue_sync.venue_states s, venue_sync.runs r
                 where s.missing_since = r.begun_at and r.id = (select id from venue_sync.runs order by begun_at offset 1 limit 1)";
    assert_eq!(bench.count(since).await, 5, "since the first run that did not see it");
    assert_eq!(bench.completes().await.figures.gone, 0, "and is told once");

    let bench = bench.with(city::town()).await;
    bench.completes().await;
    assert_eq!((bench.missing().await, bench.shown().await), (BTreeSet::new(), all));
}

#[tokio::test]
async fn what_an_overflowing_spot_may_hide_and_what_others_asked_for_is_not_taken_to_be_gone() {
    let mut town = city::town();
    let house =
        town.iter().find(|place| place.types().any(|word| word == "cafe") && place.row.get("location").is_some());
    let house = house.unwrap().clone();
    for floor in 0..30 {
        let mut place = house.clone();
        place.row["id"] = format!("ChIJfloor{floor:02}").into();
        town.push(place);
    }
    let bench = Bench::new(town.clone()).await;
    let first = bench.completes().await;
    let spot = first.figures.capped.first().unwrap();
    let stored = bench.shown().await;
    let hidden = |place: &&Place| {
        let position = Position::new(place.lat, place.lng).unwrap();
        stored.contains(place.id()) && distance_m(spot.position, position) < spot.radius_m * 0.5
    };
    let hidden: BTreeSet<String> = town.iter().filter(hidden).take(1).map(|place| place.id().to_owned()).collect();
    assert_eq!(hidden.len(), 1);
    // Somebody else's venues: one that no run has ever seen, and one of a kind that is not asked for.
    let others = "insert into public.venues (id, provider_id, provider_name, name, categories, lat, lng, last_seen_at, created_at, updated_at)
         select gen_random_uuid(), n.id, 'google', 'A', array[n.kind], 36.5, -30.01, n.seen, n.seen, n.seen
         from (values ('theirs', 'cafe', now() - interval '9 days'),
                      ('bank', 'bank', (select ended_at from venue_sync.runs limit 1))) n (id, kind, seen)";
    sqlx::query(others).execute(&bench.pool).await.unwrap();
    let bench = bench.with(without(&town, &hidden)).await;
    for _ in 0..3 {
        bench.completes().await;
    }
    let capped = bench.count("select count(*) from venue_sync.tiles where capped <> '[]'").await;
    assert!(capped >= 4, "the spot overflows without it, too");
    assert_eq!(bench.missing().await, BTreeSet::new());
}

#[tokio::test]
async fn readers_are_shown_what_is_open_by_the_providers_word() {
    let mut town = city::town();
    let bench = Bench::new(town.clone()).await;
    let first = bench.completes().await;
    let all = bench.shown().await;
    let ids: Vec<String> = some_venues(&bench, 3, &first.figures.capped).await.into_iter().collect();
    for (id, status) in ids.iter().zip(["CLOSED_PERMANENTLY", "CLOSED_TEMPORARILY", "OPERATIONAL"]) {
        let place = town.iter_mut().find(|place| place.id() == id).unwrap();
        place.row["businessStatus"] = json!(status);
    }
    let bench = bench.with(town).await;
    bench.completes().await;
    let closed: BTreeSet<String> = ids[..2].iter().cloned().collect();
    assert_eq!(bench.shown().await, all.difference(&closed).cloned().collect());
}
