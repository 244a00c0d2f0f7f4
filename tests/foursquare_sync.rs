//! Whole runs against a loopback double of Foursquare and a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::BTreeSet;

use double::city;
use double::foursquare::{Double, KEY, Mood};
use sqlx::PgPool;
use support::database::TestDatabase;
use support::job::job;
use support::migrations::to_head;
use tokio_util::sync::CancellationToken;
use venue_sync::model::{MicroUsd, RunStatus, Tier};
use venue_sync::provider::{self, Provider};
use venue_sync::store::Database;
use venue_sync::sync::{Job, RunReport, SyncError, sync};
use venue_sync::transport::{Courier, LiveOptions};

struct Bench {
    database: Database,
    pool: PgPool,
    double: Double,
    foursquare: Box<dyn Provider>,
    #[expect(dead_code, reason = "drops the database")]
    guard: TestDatabase,
}

impl Bench {
    async fn new(mood: Mood) -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 8).await.unwrap();
        to_head(&database).await;
        let foursquare = provider::all().into_iter().find(|provider| provider.name() == "foursquare").unwrap();
        let double = Double::serve(&city::town(), mood).await;
        Self { database, pool: guard.pool().await, double, foursquare, guard }
    }

    async fn sync(&self, provider: &dyn Provider) -> Result<RunReport, SyncError> {
        let job = Job { language: "pt".to_owned(), concurrency: 2, fresh: true, ..job(provider, city::BOUNDS) };
        let mut options = LiveOptions::new(self.double.url().parse().unwrap(), "FOURSQUARE_BASE_URL", 10_000.0);
        options.key = Some(KEY.to_owned().into());
        options.key_setting = Some("FOURSQUARE_API_KEY");
        let courier = Courier::live(options).unwrap();
        sync(&job, &courier, &self.database, &|_| (), &CancellationToken::new()).await
    }

    async fn venues(&self, what: &'static str) -> BTreeSet<String> {
        sqlx::query_scalar(what).fetch_all(&self.pool).await.unwrap().into_iter().collect()
    }
}

const NAMES: &str = "select name || ' ' || lat || ' ' || lng from public.venues";

#[tokio::test]
async fn every_venue_of_the_town_is_found_over_all_pages() {
    let bench = Bench::new(Mood::Good).await;
    let report = bench.sync(bench.foursquare.as_ref()).await.unwrap();
    let summary = report.summary;
    assert_eq!(summary.status, RunStatus::Complete);
    assert!(summary.venues.add_up());
    assert_eq!(summary.cost, MicroUsd(18_750) * i64::try_from(bench.double.asked()).unwrap());
    // All of the town that Foursquare can place and name, but for the closed, and the doubted.
    let [west, south, east, north] = city::BOUNDS;
    let expected: BTreeSet<String> = city::town()
        .iter()
        .enumerate()
        .filter(|(number, place)| {
            let status = place.row["businessStatus"].as_str().unwrap_or_default();
            (south..=north).contains(&place.lat)
                && (west..=east).contains(&place.lng)
                && place.row.get("location").is_some()
                && place.row.get("displayName").is_some()
                && number % 59 != 9
                && !["CLOSED_PERMANENTLY", "FUTURE_OPENING"].contains(&status)
        })
        .map(|(_, place)| format!("{} {}", place.lat, place.lng))
        .collect();
    let found = bench.venues("select lat || ' ' || lng from public.venues where provider_name = 'foursquare'").await;
    assert_eq!(found, expected);
    let rejects = bench.venues("select distinct reason from venue_sync.rejects").await;
    for reason in ["flagged", "no_name", "no_position", "closed_permanently"] {
        assert!(rejects.contains(reason), "no {reason} among {rejects:?}");
    }

    let questions = bench.double.questions();
    assert!(questions.iter().flatten().any(|(name, _)| name == "cursor"), "no second page");
    for question in &questions {
        for needed in ["ne", "sw", "fields", "fsq_category_ids"] {
            assert!(question.iter().any(|(name, _)| name == needed), "a question without {needed}");
        }
    }

    // Run again: nothing is changed by it.
    let again = bench.sync(bench.foursquare.as_ref()).await.unwrap().summary;
    assert_eq!((again.venues.inserted, again.venues.updated), (0, 0));
    assert_eq!(again.venues.unchanged, summary.venues.inserted);
}

#[tokio::test]
async fn the_basic_tier_costs_less_and_leaves_what_is_stored() {
    let bench = Bench::new(Mood::Good).await;
    bench.sync(bench.foursquare.as_ref()).await.unwrap();
    let rated = "select provider_id || coalesce(rating, 0) || coalesce(price_level, 0) || coalesce(hours->>'osm', '')
                 || coalesce(raw_hours, '') from public.venues";
    let before = bench.venues(rated).await;
    // All that the basic tier does not ask for, so that there is something to leave.
    for stored in [
        "select provider_id from public.venues where rating is not null",
        "select provider_id from public.venues where price_level is not null",
        "select provider_id from public.venues where hours is not null",
        "select provider_id from public.venues where raw_hours is not null",
    ] {
        assert!(!bench.venues(stored).await.is_empty(), "nothing is found by {stored}");
    }
    let answers = bench.double.asked();
    let basic = bench.foursquare.at(Tier::Basic).unwrap();
    let summary = bench.sync(basic.as_ref()).await.unwrap().summary;
    assert_eq!((summary.status, summary.venues.updated), (RunStatus::Complete, 0));
    assert_eq!(summary.cost, MicroUsd(15_000) * i64::try_from(bench.double.asked() - answers).unwrap());
    assert_eq!(bench.venues(rated).await, before);
}

#[tokio::test]
async fn item_27_answers_from_near_the_data_centre_are_no_proof() {
    let bench = Bench::new(Mood::Forgetful).await;
    let report = bench.sync(bench.foursquare.as_ref()).await.unwrap();
    assert_ne!(report.summary.status, RunStatus::Complete);
    assert_eq!(report.summary.coverage.complete, 0);
    let failures = format!("{:?} {:?}", report.figures.failures, report.reason);
    assert!(failures.contains("far outside the area asked for") && failures.contains("45.84, -119.7"), "{failures}");
    assert!(bench.double.asked() <= 6, "{} answers were paid for", bench.double.asked());
    assert_eq!(bench.venues(NAMES).await, BTreeSet::new());
}

#[tokio::test]
async fn item_28_pages_that_never_end_are_left() {
    // Without its end no page proves anything, so the town is asked for in ever smaller boxes, but not for ever.
    for mood in [Mood::Circling, Mood::Endless] {
        let bench = Bench::new(mood).await;
        let report = bench.sync(bench.foursquare.as_ref()).await.unwrap();
        assert!(report.summary.venues.add_up());
        assert!(report.summary.coverage.capped > 0, "nobody was told that venues may be missing");
    }
}

#[tokio::test]
async fn a_busy_provider_is_asked_again_and_an_unpaid_one_is_not() {
    let bench = Bench::new(Mood::Busy).await;
    assert_eq!(bench.sync(bench.foursquare.as_ref()).await.unwrap().summary.status, RunStatus::Complete);

    let bench = Bench::new(Mood::Unpaid).await;
    let error = match bench.sync(bench.foursquare.as_ref()).await {
        Ok(report) => report.error.unwrap(),
        Err(error) => error,
    };
    assert!(matches!(&error, SyncError::CredentialsRefused { reason, .. } if reason.contains("billing")), "{error}");
    assert!(bench.double.questions().len() <= 2, "{} times", bench.double.questions().len());
}
