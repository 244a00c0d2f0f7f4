//! Runs against a loopback double of Yelp and a real PostgreSQL: pages, look-ups, and a day's allowance that ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use double::city;
use double::yelp::{self, Double, KEY, Manners};
use sqlx::PgPool;
use support::database::TestDatabase;
use support::job::job;
use support::migrations::to_head;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use venue_sync::model::{Event, MicroUsd, RunStatus, StoppedBy};
use venue_sync::provider::{self, Provider};
use venue_sync::store::Database;
use venue_sync::sync::{Job, RunReport, sync};
use venue_sync::transport::{Courier, LiveOptions};

/// A migrated database, and what is asked.
struct Bench {
    database: Database,
    pool: PgPool,
    yelp: Box<dyn Provider>,
    _guard: TestDatabase,
}

impl Bench {
    async fn new() -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 8).await.unwrap();
        to_head(&database).await;
        let yelp = provider::all().into_iter().find(|provider| provider.name() == "yelp").unwrap();
        Self { database, pool: guard.pool().await, yelp, _guard: guard }
    }

    fn job(&self, details: bool) -> Job<'_> {
        Job { details, concurrency: 1, ..job(self.yelp.as_ref(), city::BOUNDS) }
    }

    /// A run over the town as it is now, with the double's manners; the double tells what was asked.
    async fn run(&self, details: bool, manners: Manners) -> (RunReport, Double) {
        let double = Double::serve_with(&city::town(), manners).await;
        let never = CancellationToken::new();
        let report = sync(&self.job(details), &courier(&double), &self.database, &|_| (), &never).await.unwrap();
        (report, double)
    }

    async fn ids(&self) -> BTreeSet<String> {
        sqlx::query_scalar("select provider_id from public.venues")
            .fetch_all(&self.pool)
            .await
            .unwrap()
            .into_iter()
            .collect()
    }

    /// The hours that are known, by id.
    async fn hours(&self) -> BTreeMap<String, String> {
        sqlx::query_as("select provider_id, hours ->> 'osm' from public.venues where hours is not null")
            .fetch_all(&self.pool)
            .await
            .unwrap()
            .into_iter()
            .collect()
    }
}

fn courier(double: &Double) -> Courier {
    let mut options = LiveOptions::new(double.url().parse().unwrap(), "YELP_BASE_URL", 10_000.0);
    options.key = Some(KEY.to_owned().into());
    options.key_setting = Some("YELP_API_KEY");
    Courier::live(options).unwrap()
}

/// What a run has to find: readable, of the types asked for (coffee is another), and not closed for good.
fn findable() -> BTreeSet<String> {
    let town = city::town();
    let is_findable = |place: &city::Place| {
        let row = &place.row;
        place.types().next() != Some("coffee_shop")
            && row.get("location").is_some()
            && row.get("displayName").is_some()
            && row["businessStatus"] != "CLOSED_PERMANENTLY"
    };
    town.iter().enumerate().filter(|(_, place)| is_findable(place)).map(|(number, _)| yelp::id(number)).collect()
}

fn look_ups(double: &Double) -> Vec<String> {
    double.paths().into_iter().filter(|path| !path.ends_with("/search")).collect()
}

#[tokio::test]
async fn a_run_finds_every_venue_and_a_second_one_changes_nothing() {
    let bench = Bench::new().await;
    let (report, double) = bench.run(false, Manners::GOOD).await;
    assert_eq!((report.summary.status, report.summary.coverage.failed), (RunStatus::Complete, 0));
    let (found, wanted) = (bench.ids().await, findable());
    assert!(found == wanted, "{:?}", found.symmetric_difference(&wanted).collect::<Vec<_>>());
    assert_eq!(report.summary.requests, double.received());
    assert_eq!(report.summary.cost, MicroUsd(5_910 * i64::try_from(double.received()).unwrap()));
    assert_eq!(look_ups(&double), [] as [String; 0], "nothing is looked up unless it is wished");
    // Nobody who was asked about nothing has hours; everybody else has.
    assert!(bench.hours().await.len() > 150);
    let (again, _) = bench.run(false, Manners::GOOD).await;
    let venues = again.summary.venues;
    assert_eq!((venues.inserted, venues.updated, venues.unchanged), (0, 0, wanted.len().try_into().unwrap()));
}

#[tokio::test]
async fn hours_that_the_search_left_out_are_looked_up_once_and_outlive_a_run_that_does_not_look() {
    let bench = Bench::new().await;
    let (report, double) = bench.run(true, Manners::GOOD).await;
    assert_eq!(report.summary.status, RunStatus::Complete);
    let looked_up = look_ups(&double);
    assert!(looked_up.len() >= 15, "{looked_up:?}");
    assert!(double.charged() < double.received(), "some are gone or moved");
    assert_eq!(report.summary.cost, MicroUsd(5_910 * i64::try_from(double.charged()).unwrap()));
    let spent: i64 = sqlx::query_scalar("select sum(cost_micro_usd)::bigint from venue_sync.quota")
        .fetch_one(&bench.pool)
        .await
        .unwrap();
    assert_eq!(MicroUsd(spent), report.summary.cost, "what was reserved for the others is given back");
    assert_eq!(looked_up.iter().collect::<BTreeSet<_>>().len(), looked_up.len(), "once each, though tiles overlap");
    let hours = bench.hours().await;
    let told: Vec<_> = looked_up.iter().filter_map(|path| hours.get(path.rsplit('/').next().unwrap())).collect();
    assert!(told.len() >= 5 && told.iter().all(|week| *week == "Tu-Sa 10:00-19:00"), "{told:?}");
    let (again, double) = bench.run(false, Manners::GOOD).await;
    assert_eq!((look_ups(&double).len(), again.summary.venues.updated), (0, 0));
    assert_eq!(bench.hours().await, hours, "a member that did not come overwrites nothing");
}

#[tokio::test]
async fn an_allowance_that_ends_among_look_ups_loses_none_of_the_pages() {
    let bench = Bench::new().await;
    // Five pages, and as many look-ups.
    let (report, double) = bench.run(true, Manners { allowance: 10, ..Manners::GOOD }).await;
    assert_eq!(report.summary.stopped_by, Some(StoppedBy::Quota), "{:?}", report.reason);
    assert!(report.reason.unwrap().contains("the day's 10 requests to Yelp are used up"));
    assert_eq!(report.resumes.map(|resumes| resumes.at).unwrap().to_rfc3339(), "2199-01-01T00:00:00+00:00");
    assert_eq!((double.received(), look_ups(&double).len()), (10, 5), "not one request more than was allowed");
    assert!(bench.ids().await.len() > 150, "what was paid for is kept");
    let (rest, _) = bench.run(true, Manners::GOOD).await;
    assert_eq!(rest.summary.status, RunStatus::Complete);
}

/// A run that is killed among look-ups pays for none of them again, in the run that goes on.
#[tokio::test]
async fn what_was_looked_up_before_a_kill_is_not_paid_for_again() {
    let (bench, whole) = (Bench::new().await, Bench::new().await);
    let (report, undisturbed) = whole.run(true, Manners::GOOD).await;
    assert_eq!(report.summary.status, RunStatus::Complete);

    let killed = Double::serve_with(&city::town(), Manners::GOOD).await;
    let (told, kill) = (AtomicUsize::new(0), Notify::new());
    let listen = |event: Event| {
        // Five pages, and then the look-ups of the first answer.
        if matches!(event, Event::RequestSent { .. }) && told.fetch_add(1, Ordering::Relaxed) == 12 {
            kill.notify_one();
        }
    };
    let courier = courier(&killed);
    let job = Job { lease: Duration::from_millis(300), ..bench.job(true) };
    let never = CancellationToken::new();
    tokio::select! {
        biased;
        () = kill.notified() => {}
        ended = sync(&job, &courier, &bench.database, &listen, &never) => panic!("too soon: {ended:?}"),
    }
    let before = look_ups(&killed);
    assert!((5..=8).contains(&before.len()) && bench.ids().await.is_empty(), "in the middle: {before:?}");

    let (report, rest) = bench.run(true, Manners::GOOD).await;
    assert_eq!(report.summary.status, RunStatus::Complete);
    let after = look_ups(&rest);
    let twice: Vec<_> = before.iter().filter(|path| after.contains(path)).collect();
    assert!(twice.len() <= 1, "but for the one in flight: {twice:?}");
    let asked: BTreeSet<_> = before.iter().chain(&after).cloned().collect();
    assert_eq!(asked, look_ups(&undisturbed).into_iter().collect());
    assert_eq!(bench.hours().await, whole.hours().await, "and all of it is kept");
    let left: i64 =
        sqlx::query_scalar("select count(*) from venue_sync.look_ups").fetch_one(&bench.pool).await.unwrap();
    assert_eq!(left, 0, "a run that is over leaves nothing");
}

#[tokio::test]
async fn an_area_that_is_too_large_is_asked_in_smaller_ones() {
    let bench = Bench::new().await;
    let (report, _) = bench.run(false, Manners { largest_m: 900.0, ..Manners::GOOD }).await;
    assert_eq!((report.summary.status, report.summary.coverage.capped), (RunStatus::Complete, 0));
    assert_eq!(bench.ids().await, findable());
}
