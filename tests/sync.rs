//! The main job against a real PostgreSQL and a loopback double of the provider.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use double::city::{self, Place};
use double::google::{Double, KEY, Manners};
use serde_json::json;
use sqlx::{Connection as _, PgPool};
use support::database::TestDatabase;
use support::job::job;
use support::migrations::to_head;
use tokio_util::sync::CancellationToken;
use venue_sync::model::{Event, MicroUsd, RunStatus, StoppedBy};
use venue_sync::provider::{self, Provider};
use venue_sync::store::{Budget, Database};
use venue_sync::sync::{Job, RunReport, Session, SyncError, sync};
use venue_sync::transport::{Courier, LiveOptions};

/// A town, its double and a migrated database.
struct Bench {
    database: Database,
    pool: PgPool,
    double: Double,
    google: Box<dyn Provider>,
    key: &'static str,
    guard: TestDatabase,
}

impl Bench {
    async fn new(town: Vec<Place>) -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 8).await.unwrap();
        to_head(&database).await;
        let google = provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
        Self { database, pool: guard.pool().await, double: Double::serve(town).await, google, key: KEY, guard }
    }

    fn job(&self) -> Job<'_> {
        job(self.google.as_ref(), city::BOUNDS)
    }

    fn courier(&self) -> Courier {
        let mut options = LiveOptions::new(self.double.url().parse().unwrap(), "GOOGLE_PLACES_BASE_URL", 10_000.0);
        options.key = Some(self.key.to_owned().into());
        options.key_setting = Some("GOOGLE_PLACES_API_KEY");
        Courier::live(options).unwrap()
    }

    async fn sync(&self, job: &Job<'_>) -> Result<RunReport, SyncError> {
        sync(job, &self.courier(), &self.database, &|_| (), &CancellationToken::new()).await
    }

    /// Every stored venue by id, in the columns that a reader sees.
    async fn venues(&self) -> BTreeMap<String, String> {
        sqlx::query_as(
            "select provider_id, to_jsonb(v)::jsonb - '{id,last_seen_at,created_at,updated_at}'::text[] #>> '{}'
             from public.venues v",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap()
        .into_iter()
        .collect()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

/// So many such towns, each a little north of the one before.
fn towns(many: u32) -> Vec<Place> {
    let moved = |number: u32, mut place: Place| {
        place.lat += f64::from(number) * 1e-4;
        if place.row.get("location").is_some() {
            place.row["location"]["latitude"] = json!(place.lat);
        }
        place.row["id"] = json!(format!("{}-{number}", place.id()));
        place
    };
    (0..many).flat_map(|number| city::town().into_iter().map(move |place| moved(number, place))).collect()
}

/// What the town has that a run has to find: readable, inside the region, of the types asked for, and fit to be inserted.
fn findable(town: &[Place]) -> Vec<&Place> {
    let [west, south, east, north] = city::BOUNDS;
    town.iter()
        .filter(|place| {
            let status = place.row["businessStatus"].as_str().unwrap_or_default();
            (south..=north).contains(&place.lat)
                && (west..=east).contains(&place.lng)
                && place.row.get("location").is_some()
                && place.row.get("displayName").is_some()
                && status != "CLOSED_PERMANENTLY"
                && status != "FUTURE_OPENING"
        })
        .collect()
}

#[tokio::test]
async fn a_first_run_finds_every_venue_of_the_region_and_stubs_a_profile_for_each() {
    let town = city::town();
    let bench = Bench::new(town.clone()).await;
    let report = bench.sync(&bench.job()).await.unwrap();

    let found = bench.venues().await;
    let missing: Vec<_> = findable(&town).into_iter().filter(|place| !found.contains_key(place.id())).collect();
    assert!(missing.is_empty(), "{} not found, such as {}", missing.len(), missing[0].row);
    assert_eq!(found.len(), findable(&town).len());

    let summary = report.summary;
    assert_eq!(summary.status, RunStatus::Complete);
    assert!(summary.venues.add_up());
    assert_eq!(summary.venues.inserted, u64::try_from(found.len()).unwrap());
    assert_eq!(summary.profiles_stubbed, summary.venues.inserted);
    assert_eq!(summary.requests, bench.double.asked());
    assert_eq!(summary.cost, MicroUsd(35_000) * i64::try_from(summary.requests).unwrap());
    assert_eq!(summary.coverage.complete, summary.coverage.tiles);
    let due = "select count(*) from public.venue_profiles
               where expires_at <= now() and profiled_at = 'epoch' and attribute_scores = '{}' and evidence_snippets = '{}'";
    assert_eq!(bench.count(due).await, i64::try_from(found.len()).unwrap());
    let spent = bench.count("select sum(requests)::bigint from venue_sync.quota where provider = 'google'").await;
    assert_eq!(spent.unsigned_abs(), summary.requests);
}

#[tokio::test]
async fn a_second_run_changes_nothing_but_when_a_venue_was_last_seen() {
    let bench = Bench::new(city::town()).await;
    let first = bench.sync(&bench.job()).await.unwrap().summary;
    let before = bench.venues().await;
    let stamps = "select max(updated_at)::text || min(last_seen_at)::text from public.venues";
    let stamped: String = sqlx::query_scalar(stamps).fetch_one(&bench.pool).await.unwrap();
    let second = bench.sync(&bench.job()).await.unwrap().summary;

    assert_ne!(second.run_id, first.run_id);
    assert_eq!((second.venues.inserted, second.venues.updated, second.profiles_stubbed), (0, 0, 0));
    assert_eq!(second.venues.unchanged, first.venues.inserted);
    assert_eq!(bench.venues().await, before);
    assert_eq!(bench.count("select count(*) from public.venues where updated_at <> created_at").await, 0);
    assert_eq!(bench.count("select count(*) from public.venues where last_seen_at <= created_at").await, 0);
    assert_ne!(sqlx::query_scalar::<_, String>(stamps).fetch_one(&bench.pool).await.unwrap(), stamped);
}

#[tokio::test]
async fn a_changed_name_is_an_update_and_makes_enrichment_due_while_a_changed_rating_does_not() {
    let mut town = city::town();
    let bench = Bench::new(town.clone()).await;
    bench.sync(&bench.job()).await.unwrap();
    sqlx::query("update public.venue_profiles set profiled_at = now(), expires_at = now() + interval '7 days'")
        .execute(&bench.pool)
        .await
        .unwrap();
    let named = findable(&town)[40].id().to_owned();
    let rated = findable(&town)[41].id().to_owned();
    for place in &mut town {
        if place.id() == named {
            place.row["displayName"]["text"] = json!("A New Name");
        } else if place.id() == rated {
            place.row["rating"] = json!(1.1);
        }
    }
    let bench = Bench { double: Double::serve(town).await, ..bench };
    let summary = bench.sync(&bench.job()).await.unwrap().summary;
    assert_eq!((summary.venues.inserted, summary.venues.updated), (0, 2));
    let due: Vec<String> = sqlx::query_scalar(
        "select provider_id from public.venues v join public.venue_profiles p on p.venue_id = v.id where p.expires_at <= now()",
    )
    .fetch_all(&bench.pool)
    .await
    .unwrap();
    assert_eq!(due, [named]);
}

#[tokio::test]
async fn a_known_venue_that_closes_for_good_keeps_its_row_and_gets_a_state() {
    let mut town = city::town();
    let bench = Bench::new(town.clone()).await;
    bench.sync(&bench.job()).await.unwrap();
    let closed = findable(&town)[10].id().to_owned();
    for place in town.iter_mut().filter(|place| place.id() == closed) {
        place.row["businessStatus"] = json!("CLOSED_PERMANENTLY");
        place.row["movedPlaceId"] = json!("ChIJsuccessor");
    }
    let bench = Bench { double: Double::serve(town).await, ..bench };
    let before = bench.venues().await.len();
    bench.sync(&bench.job()).await.unwrap();
    assert_eq!(bench.venues().await.len(), before);
    let state: (String, String) = sqlx::query_as(
        "select business_status, successor_id from venue_sync.venue_states s join public.venues v on v.id = s.venue_id
         where v.provider_id = $1",
    )
    .bind(&closed)
    .fetch_one(&bench.pool)
    .await
    .unwrap();
    assert_eq!(state, ("closed_permanently".to_owned(), "ChIJsuccessor".to_owned()));
}

#[tokio::test]
async fn a_budget_is_never_exceeded_and_the_next_run_goes_on_where_this_one_stopped() {
    let bench = Bench::new(city::town()).await;
    let limited = Job { budget: Budget { requests: Some(7), ..Budget::default() }, ..bench.job() };
    let mut asked = 0;
    let mut runs = Vec::new();
    let last = loop {
        let report = bench.sync(&limited).await.unwrap();
        assert!(bench.double.asked() - asked <= 7, "more than the limit was sent");
        asked = bench.double.asked();
        runs.push(report.summary.run_id);
        assert!(runs.len() < 100, "the run never ends");
        if report.summary.status == RunStatus::Complete {
            break report;
        }
        assert_eq!(report.summary.stopped_by, Some(StoppedBy::Budget));
        assert!(report.reason.unwrap().contains("--max-requests"));
    };
    runs.dedup();
    assert_eq!(runs.len(), 1, "one run, taken up again and again");
    assert_eq!(last.summary.requests, bench.double.asked(), "nothing was asked twice");
    assert_eq!(bench.venues().await.len(), findable(&city::town()).len());
}

#[tokio::test]
async fn a_months_limit_holds_over_runs() {
    let bench = Bench::new(city::town()).await;
    let month = Budget { cost_per_month: Some(MicroUsd(35_000 * 5)), ..Budget::default() };
    for _ in 0..2 {
        let report = bench.sync(&Job { budget: month, ..bench.job() }).await.unwrap();
        assert_eq!(report.summary.stopped_by, Some(StoppedBy::Budget));
        assert!(report.reason.unwrap().contains("max_cost_per_month"));
        let resumes = report.resumes.unwrap().at;
        assert_eq!(resumes.format("%d %T").to_string(), "01 00:00:00", "of the next month of UTC");
        assert_eq!(report.summary.resumes_at, Some(resumes));
    }
    assert_eq!(bench.double.asked(), 5);
}

#[tokio::test]
async fn a_days_limit_stops_as_a_quota_does_until_midnight() {
    let bench = Bench::new(city::town()).await;
    let budget = Budget { requests_per_day: Some(4), ..Budget::default() };
    let report = bench.sync(&Job { budget, ..bench.job() }).await.unwrap();
    assert_eq!(
        (report.summary.requests, report.summary.stopped_by),
        (4, Some(StoppedBy::Quota)),
        "{:?}",
        report.reason
    );
    assert!(report.reason.unwrap().contains("4 requests"));
    let midnight = report.resumes.unwrap().at;
    assert_eq!(midnight.time(), chrono::NaiveTime::MIN, "of UTC: {midnight}");
}

#[tokio::test]
async fn a_used_up_allowance_is_noted_while_other_strands_still_wait_and_no_refused_call_is_counted() {
    let bench = Bench::new(city::town()).await;
    // The third request has no answer for half a minute, the fourth is refused.
    bench.double.mend(Manners { a_day: Some(3), stalls_after: Some(2), ..Manners::GOOD });
    let (job, stop) = (Job { concurrency: 2, ..bench.job() }, CancellationToken::new());
    let courier = bench.courier();
    let run = sync(&job, &courier, &bench.database, &|_| (), &stop);
    let noted = async {
        let noted = "select count(*) from venue_sync.pace where used_up_until > clock_timestamp()";
        let soon = async {
            while bench.count(noted).await == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let soon = tokio::time::timeout(Duration::from_secs(10), soon).await;
        stop.cancel();
        soon
    };
    let (report, noted) = futures_util::future::join(run, noted).await;
    noted.expect("the others are told before the last strand of this worker has ended");
    assert_eq!(report.unwrap().summary.stopped_by, Some(StoppedBy::Quota));
    let counted = bench.count("select sum(requests)::bigint from venue_sync.quota").await;
    assert_eq!((bench.double.asked(), counted), (3, 3));
    assert_eq!(bench.count("select requests from venue_sync.runs").await, 4, "sent");
}

/// As another worker with the same key that was told so by the provider.
const USED_UP: &str = "update venue_sync.pace set used_up_until = clock_timestamp() + interval '1 hour'";

#[tokio::test]
async fn what_the_provider_told_another_worker_of_an_allowance_ends_a_run_with_the_time() {
    let bench = Bench::new(city::town()).await;
    bench.double.mend(Manners { delay: Duration::from_millis(20), ..Manners::GOOD });
    let told = async {
        while sqlx::query(USED_UP).execute(&bench.pool).await.unwrap().rows_affected() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let job = Job { concurrency: 1, ..bench.job() };
    let (report, ()) = tokio::join!(bench.sync(&job), told);
    let report = report.unwrap();
    assert_eq!((report.summary.status, report.summary.stopped_by), (RunStatus::Interrupted, Some(StoppedBy::Quota)));
    let left = report.resumes.unwrap().left;
    assert!((Duration::from_mins(58)..Duration::from_hours(1)).contains(&left), "{left:?}");
    let sent = bench.count("select requests from venue_sync.runs").await.unsigned_abs();
    assert_eq!(sent, bench.double.asked(), "what was not sent is off the account");
}

#[tokio::test]
async fn whoever_waited_while_others_completed_the_run_begins_none() {
    let bench = Bench::new(city::town()).await;
    bench.sync(&bench.job()).await.unwrap();
    let asked = bench.double.asked();
    let back = bench.sync(&Job { session: Session::GoesOn, ..bench.job() }).await.unwrap().summary;
    assert_eq!((back.status, bench.double.asked()), (RunStatus::Skipped, asked));
}

#[tokio::test]
async fn a_limit_of_one_workers_own_settings_stops_no_other() {
    let bench = Bench::new(city::town()).await;
    bench.double.mend(Manners { delay: Duration::from_millis(20), ..Manners::GOOD });
    let job = Job { concurrency: 1, ..bench.job() };
    let limited = Job { budget: Budget { requests_per_day: Some(4), ..Budget::default() }, ..bench.job() };
    let (limited, other) = tokio::join!(bench.sync(&limited), bench.sync(&job));
    assert_eq!(limited.unwrap().summary.stopped_by, Some(StoppedBy::Quota));
    assert_eq!(other.unwrap().summary.status, RunStatus::Complete);
}

#[tokio::test]
async fn workers_that_start_at_once_share_one_run_and_ask_nothing_twice() {
    let bench = Bench::new(city::town()).await;
    let job = Job { concurrency: 2, ..bench.job() };
    let reports = futures_util::future::join_all((0..4).map(|_| bench.sync(&job))).await;
    let runs: std::collections::BTreeSet<_> =
        reports.into_iter().map(|report| report.unwrap().summary).map(|summary| summary.run_id).collect();
    assert_eq!(runs.len(), 1);
    let asked = bench.count("select count(*) from venue_sync.answers").await;
    assert_eq!(asked.unsigned_abs(), bench.double.asked());
    assert_eq!(bench.venues().await.len(), findable(&city::town()).len());
}

#[tokio::test]
async fn workers_of_one_run_share_its_budget() {
    let bench = Bench::new(city::town()).await;
    let job = Job { concurrency: 2, budget: Budget { requests: Some(9), ..Budget::default() }, ..bench.job() };
    let reports = futures_util::future::join_all((0..4).map(|_| bench.sync(&job))).await;
    assert!(reports.into_iter().all(|report| report.unwrap().summary.status == RunStatus::Interrupted));
    assert_eq!(bench.double.asked(), 9);
    assert_eq!(bench.count("select count(*) from venue_sync.workers").await, 0, "all have signed off");
}

#[tokio::test]
async fn a_run_that_somebody_works_on_is_joined_however_old_it_is_and_a_killed_one_keeps_its_days() {
    let bench = Bench::new(city::town()).await;
    let limited = Job { budget: Budget { requests: Some(3), ..Budget::default() }, ..bench.job() };
    let run = bench.sync(&limited).await.unwrap().summary.run_id;
    // Begun three days ago, taken up again today, and killed: as a killed process leaves it.
    sqlx::query("update venue_sync.runs set begun_at = begun_at - interval '3 days', stopped_by = null")
        .execute(&bench.pool)
        .await
        .unwrap();
    assert_eq!(bench.sync(&limited).await.unwrap().summary.run_id, run);
    // Nothing has moved for a month, but a worker is alive.
    sqlx::query(
        "with worker as (insert into venue_sync.workers select gen_random_uuid(), id, clock_timestamp() + interval '1 hour'
                         from venue_sync.runs)
         update venue_sync.runs set begun_at = begun_at - interval '30 days', touched_at = touched_at - interval '30 days'",
    )
    .execute(&bench.pool)
    .await
    .unwrap();
    let joined = bench.sync(&bench.job()).await.unwrap().summary;
    assert_eq!((joined.run_id, joined.status), (run, RunStatus::Complete));
}

#[tokio::test]
async fn a_worker_whose_run_was_given_up_for_a_newer_one_ends() {
    let bench = Bench::new(city::town()).await;
    let given_up = std::sync::atomic::AtomicBool::new(false);
    let url = bench.guard.url();
    let superseded = |event: Event| {
        if matches!(event, Event::AnswerCommitted { .. }) && !given_up.swap(true, std::sync::atomic::Ordering::SeqCst) {
            let closing = async {
                let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                let newer = "with old as (update venue_sync.runs set state = 'abandoned' returning region, provider, parameters)
                     insert into venue_sync.runs (id, region, provider, parameters)
                     select gen_random_uuid(), region, provider, parameters from old";
                sqlx::query(newer).execute(&mut connection).await.unwrap();
            };
            std::thread::scope(|scope| {
                let other = scope.spawn(|| {
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(closing);
                });
                other.join().unwrap();
            });
        }
    };
    let report =
        sync(&bench.job(), &bench.courier(), &bench.database, &superseded, &CancellationToken::new()).await.unwrap();
    assert_eq!((report.summary.status, report.summary.stopped_by), (RunStatus::Interrupted, None));
    assert!(report.reason.unwrap().contains("--fresh"));
}

#[tokio::test]
async fn a_stopped_run_keeps_what_was_answered_and_goes_on() {
    let bench = Bench::new(city::town()).await;
    let stop = CancellationToken::new();
    let stop_early = |event: Event| {
        if matches!(event, Event::AnswerCommitted { .. }) {
            stop.cancel();
        }
    };
    let report = sync(&bench.job(), &bench.courier(), &bench.database, &stop_early, &stop).await.unwrap();
    assert_eq!((report.summary.status, report.summary.stopped_by), (RunStatus::Interrupted, Some(StoppedBy::Signal)));
    assert_eq!(bench.count("select count(*) from venue_sync.tiles where state = 'leased'").await, 0);
    let whole = bench.sync(&bench.job()).await.unwrap().summary;
    assert_eq!(whole.run_id, report.summary.run_id);
    assert_eq!(whole.status, RunStatus::Complete);
    let answers = bench.count("select count(*) from venue_sync.answers").await;
    assert_eq!(answers.unsigned_abs(), bench.double.asked());
}

#[tokio::test]
async fn a_tile_of_many_answers_is_taken_up_where_it_was_left() {
    let (undisturbed, bench) = (Bench::new(towns(8)).await, Bench::new(towns(8)).await);
    // One tile.
    let area = [-30.03, 36.49, -30.01, 36.505];
    undisturbed.sync(&job(undisturbed.google.as_ref(), area)).await.unwrap();
    let few = Job { budget: Budget { requests: Some(125), ..Budget::default() }, ..job(bench.google.as_ref(), area) };
    let report = bench.sync(&few).await.unwrap();
    assert_eq!((report.summary.stopped_by, report.summary.coverage.tiles), (Some(StoppedBy::Budget), 1));
    let answers = bench.count("select count(*) from venue_sync.answers").await;
    assert!(answers > 110, "{answers}; they are read a hundred at a time");
    let report = bench.sync(&job(bench.google.as_ref(), area)).await.unwrap();
    assert_eq!(report.summary.status, RunStatus::Complete);
    assert_eq!(bench.double.asked(), undisturbed.double.asked(), "nothing is asked again");
    assert_eq!(bench.venues().await, undisturbed.venues().await);
    let compared = bench.count("select count(*) from venue_sync.answers where ids is not null").await;
    assert_eq!(compared, 0, "nobody compares them");
}

/// As another worker that takes the tile over, and dies.
const THEFT: &str = "update venue_sync.tiles set fence = fence + 1, lease_until = '-infinity', lease_owner = null
                     where state = 'leased'";

#[tokio::test]
async fn a_worker_whose_lease_was_taken_over_commits_nothing() {
    let bench = Bench::new(city::town()).await;
    let manners = Manners { delay: Duration::from_millis(250), ..Manners::GOOD };
    let bench = Bench { double: Double::serve_with(city::town(), manners).await, ..bench };
    let job = Job { concurrency: 1, ..bench.job() };
    // Between the question and its answer.
    let theft = async {
        while bench.double.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        sqlx::query(THEFT).execute(&bench.pool).await.unwrap().rows_affected()
    };
    let (report, taken) = tokio::join!(bench.sync(&job), theft);
    let report = report.unwrap();
    assert_eq!(taken, 1);
    assert_eq!(report.summary.status, RunStatus::Complete, "the tile is claimed again once its lease has run out");
    let answers = bench.count("select count(*) from venue_sync.answers").await;
    assert_eq!(answers.unsigned_abs() + 1, bench.double.asked(), "the answer of the fenced-out worker is not kept");
    assert_eq!(report.summary.requests, bench.double.asked(), "but it stays on the account");
}

#[tokio::test]
async fn a_request_whose_tile_was_taken_over_while_it_waited_is_not_sent() {
    let bench = Bench::new(city::town()).await;
    // Between the reservation and the turn.
    let url = bench.guard.url();
    let robbed = std::sync::atomic::AtomicBool::new(false);
    let rob = |event: Event| {
        if matches!(event, Event::RequestSent { .. }) && !robbed.swap(true, std::sync::atomic::Ordering::SeqCst) {
            let theft = async {
                let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                sqlx::query(THEFT).execute(&mut connection).await.unwrap().rows_affected()
            };
            let taken = std::thread::scope(|scope| {
                let thief = scope.spawn(|| {
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(theft)
                });
                thief.join().unwrap()
            });
            assert_eq!(taken, 1);
        }
    };
    let job = Job { concurrency: 1, ..bench.job() };
    let report = sync(&job, &bench.courier(), &bench.database, &rob, &CancellationToken::new()).await.unwrap();
    assert_eq!(report.summary.status, RunStatus::Complete, "the tile is claimed again once its lease has run out");
    let answers = bench.count("select count(*) from venue_sync.answers").await;
    assert_eq!(answers.unsigned_abs(), bench.double.asked(), "every question that was sent was answered, and kept");
    assert_eq!(report.summary.requests, bench.double.asked(), "the one that was not is off the account");
}

#[tokio::test]
async fn a_dry_run_compares_and_writes_only_the_spend() {
    let mut town = city::town();
    let bench = Bench::new(town.clone()).await;
    bench.sync(&bench.job()).await.unwrap();
    let renamed = findable(&town)[5].id().to_owned();
    for place in town.iter_mut().filter(|place| place.id() == renamed) {
        place.row["displayName"]["text"] = json!("Renamed");
    }
    let bench = Bench { double: Double::serve(town).await, ..bench };
    let before = (bench.venues().await, bench.count("select count(*) from venue_sync.runs").await);
    // A note that only a run would forget.
    sqlx::query(USED_UP).execute(&bench.pool).await.unwrap();
    let summary = bench.sync(&Job { dry_run: true, ..bench.job() }).await.unwrap().summary;
    assert_eq!(summary.status, RunStatus::Complete);
    assert_eq!((summary.venues.inserted, summary.venues.updated), (0, 1));
    assert!(summary.venues.add_up() && summary.venues.unchanged > 0);
    assert_eq!((bench.venues().await, bench.count("select count(*) from venue_sync.runs").await), before);
    assert_eq!(bench.count("select count(*) from public.venues where last_seen_at > created_at").await, 0);
    let spent = bench.count("select sum(requests)::bigint from venue_sync.quota").await;
    assert!(spent.unsigned_abs() > bench.double.asked());
}

#[tokio::test]
async fn a_dry_run_counts_as_the_run_that_follows_it() {
    let bench = Bench::new(city::town()).await;
    let dry = bench.sync(&Job { dry_run: true, ..bench.job() }).await.unwrap().summary;
    let real = bench.sync(&bench.job()).await.unwrap().summary;
    assert_eq!((dry.venues, dry.requests, dry.cost), (real.venues, real.requests, real.cost));
}

#[tokio::test]
async fn a_refused_key_ends_the_run_at_once_and_costs_nothing() {
    let bench = Bench { key: "AIzaSomeOtherKeyAltogether-987654321", ..Bench::new(city::town()).await };
    let report = bench.sync(&bench.job()).await.unwrap();
    assert_eq!(report.summary.status, RunStatus::Failed);
    let error = report.error.unwrap();
    assert!(matches!(error, SyncError::CredentialsRefused { .. }), "{error}");
    assert!(error.to_string().contains("GOOGLE_PLACES_API_KEY"), "{error}");
    assert_eq!(bench.double.asked(), 0);
    assert_eq!(bench.count("select coalesce(sum(cost_micro_usd), 0)::bigint from venue_sync.quota").await, 0);
    assert_eq!(bench.count("select count(*) from public.venues").await, 0);
}

#[tokio::test]
async fn rejects_are_kept_with_their_reasons() {
    let bench = Bench::new(city::town()).await;
    let report = bench.sync(&bench.job()).await.unwrap();
    let reasons: Vec<&str> = report.figures.rejects.iter().map(|(reason, ..)| reason.as_str()).collect();
    for reason in ["no_name", "no_position", "closed_permanently", "not_yet_open"] {
        assert!(reasons.contains(&reason), "{reason} is not among {reasons:?}");
    }
    let kept = bench.count("select count(*) from venue_sync.rejects where detail <> ''").await;
    assert_eq!(kept.unsigned_abs(), report.summary.venues.rejected);
    assert!(report.figures.unmapped.iter().any(|(word, _)| word == "tidal_kitchen"), "{:?}", report.figures.unmapped);
}
