//! The invented town, side by side many times over, and runs over all of it, for benches of whole runs.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use venue_sync::migrate;
use venue_sync::provider::{self, Provider};
use venue_sync::store::{Budget, Database};
use venue_sync::sync::{Job, RunReport, sync};
use venue_sync::transport::{Courier, LiveOptions};

use crate::double::city;
use crate::double::google::{Double, KEY, Manners};
use crate::support::database::TestDatabase;
use crate::support::job::job;

/// Connections of a worker.
const CONNECTIONS: u32 = 12;

/// So many towns stand side by side, and so many such rows: more than is asked for in a bench's time.
pub(crate) const MANY: u8 = 8;

/// What is allowed, and what is wanted of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) types: &'static [&'static str],
    /// Requests a second.
    pub(crate) limit: u32,
    /// Requests of each worker that are under way at once.
    pub(crate) concurrency: usize,
    /// Requests of the run.
    pub(crate) requests: Option<NonZeroU64>,
}

/// The towns, a provider that has them, and a database with the schema.
pub(crate) struct Towns {
    pub(crate) guard: TestDatabase,
    pub(crate) double: Double,
    google: Box<dyn Provider>,
    side: u8,
    apart: f64,
}

impl Towns {
    /// So many of them side by side, and so many such rows, whose provider takes so long over an answer. `apart` is the way from one to the
    /// next, in towns: 1 makes a city of them, more a country, whose region has many tiles.
    pub(crate) async fn with(side: u8, apart: f64, delay: Duration) -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), CONNECTIONS).await.unwrap();
        migrate::up(&database, migrate::Files::embedded(), &migrate::Options::default()).await.unwrap();
        database.close().await;
        let double = Double::serve_with(places(side, apart), Manners { delay, ..Manners::GOOD }).await;
        let google = provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
        Self { guard, double, google, side, apart }
    }

    /// One run by as many workers, each with its own connections and its own courier, as processes would have them: what each reports,
    /// and how long it took.
    pub(crate) async fn run(&self, terms: Terms, workers: usize) -> (Vec<RunReport>, Duration) {
        let mut databases = Vec::new();
        for _ in 0..workers {
            databases.push(self.connect(CONNECTIONS).await);
        }
        let begun = Instant::now();
        let reports = join_all(databases.iter().map(|database| self.work(database, terms))).await;
        let took = begun.elapsed();
        for database in databases {
            database.close().await;
        }
        (reports, took)
    }

    /// A pool of so many connections at most.
    pub(crate) async fn connect(&self, connections: u32) -> Database {
        Database::connect(&self.guard.url(), connections).await.unwrap()
    }

    pub(crate) async fn work(&self, database: &Database, terms: Terms) -> RunReport {
        let mut options =
            LiveOptions::new(self.double.url().parse().unwrap(), "GOOGLE_PLACES_BASE_URL", f64::from(terms.limit));
        options.key = Some(KEY.to_owned().into());
        options.key_setting = Some("GOOGLE_PLACES_API_KEY");
        let courier = Courier::live(options).unwrap();
        sync(&self.job(terms), &courier, database, &|_| (), &CancellationToken::new()).await.unwrap()
    }

    fn job(&self, terms: Terms) -> Job<'_> {
        let [west, south, _, _] = city::BOUNDS;
        let [up, across] = step(self.apart).map(|step| f64::from(self.side) * step);
        Job {
            region_name: "towns".to_owned(),
            types: terms.types.iter().map(|&name| name.to_owned()).collect(),
            budget: Budget { requests: terms.requests.map(NonZeroU64::get), ..Budget::default() },
            concurrency: terms.concurrency,
            ..job(self.google.as_ref(), [west, south, west + across, south + up])
        }
    }
}

/// Degrees of latitude and of longitude from one town to the next.
fn step(apart: f64) -> [f64; 2] {
    let [west, south, east, north] = city::BOUNDS;
    [apart * (north - south), apart * (east - west)]
}

fn places(side: u8, apart: f64) -> Vec<city::Place> {
    let [north, east] = step(apart);
    let mut places = Vec::new();
    for number in 0..side * side {
        let (across, up) = (f64::from(number % side) * east, f64::from(number / side) * north);
        for mut place in city::town() {
            (place.lat, place.lng) = (place.lat + up, place.lng + across);
            if place.row.get("location").is_some() {
                place.row["location"] = serde_json::json!({"latitude": place.lat, "longitude": place.lng});
            }
            place.row["id"] = serde_json::json!(format!("{}{number}", place.id()));
            places.push(place);
        }
    }
    places
}
