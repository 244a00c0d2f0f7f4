//! How much of an allowed rate a whole run uses, measured where the requests arrive: a provider that takes 300 ms over an answer, a limit
//! of 10 a second, and the command's own choice of how many are under way. The peer of the same run is one request at a time.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should say where, and print what it found"
)]

#[path = "../tests/double/mod.rs"]
mod double;
#[path = "../tests/support/mod.rs"]
mod support;

use std::num::NonZeroU64;
use std::time::Duration;

use double::city;
use double::google::{Call, Double, KEY, Manners};
use support::database::TestDatabase;
use tokio_util::sync::CancellationToken;
use venue_sync::coverage::Region;
use venue_sync::migrate;
use venue_sync::model::{GuardLimits, Retention};
use venue_sync::provider;
use venue_sync::store::{Budget, Database};
use venue_sync::sync::{Job, Knowledge, Session, Source, sync};
use venue_sync::transport::{Courier, LiveOptions};

/// Requests per second.
const LIMIT: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);
const DELAY: Duration = Duration::from_millis(300);

fn main() {
    // `cargo test --benches` only wants to know whether it works.
    let requests = if std::env::args().any(|argument| argument == "--bench") { 100 } else { 12 };
    let requests = NonZeroU64::new(requests).unwrap();
    println!("{LIMIT} a second are allowed, an answer takes {} ms, {requests} requests", DELAY.as_millis());
    println!("under way at most   a second   of the limit   most in a sliding second");
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        // As `--concurrency` is chosen from the rate, and its peer.
        for concurrency in [8, 1] {
            measure(requests, concurrency).await;
        }
    });
}

/// The town, side by side many times over, so that every tile has some of it.
fn towns() -> Vec<city::Place> {
    let [west, south, east, north] = city::BOUNDS;
    let mut places = Vec::new();
    for number in 0..64_u8 {
        let (across, up) = (f64::from(number % 8) * (east - west), f64::from(number / 8) * (north - south));
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

async fn measure(requests: NonZeroU64, concurrency: usize) {
    let guard = TestDatabase::create().await;
    let database = Database::connect(&guard.url(), 12).await.unwrap();
    migrate::up(&database, migrate::Files::embedded(), &migrate::Options::default()).await.unwrap();
    let double = Double::serve_with(towns(), Manners { delay: DELAY, ..Manners::GOOD }).await;
    let google = provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
    let [west, south, east, north] = city::BOUNDS;
    let job = Job {
        region_name: "town".to_owned(),
        region: Region::from_bbox(west, south, west + 8.0 * (east - west), south + 8.0 * (north - south)).unwrap(),
        provider: google.as_ref(),
        types: ["restaurant", "cafe", "bar", "bakery"].map(str::to_owned).to_vec(),
        language: "en".to_owned(),
        method: "nearby".to_owned(),
        knowledge: Knowledge::Learned,
        audit_recall: 0.98,
        guard: GuardLimits::default(),
        details: false,
        source: Source::Live,
        budget: Budget { requests: Some(requests.get()), ..Budget::default() },
        concurrency,
        fresh: false,
        if_stale: None,
        session: Session::New,
        dry_run: false,
        retention: Retention::Nothing,
        lease: Duration::from_secs(30),
    };
    let mut options = LiveOptions::new(double.url().parse().unwrap(), "GOOGLE_PLACES_BASE_URL", f64::from(LIMIT));
    options.key = Some(KEY.to_owned().into());
    options.key_setting = Some("GOOGLE_PLACES_API_KEY");
    let courier = Courier::live(options).unwrap();
    sync(&job, &courier, &database, &|_| (), &CancellationToken::new()).await.unwrap();
    let instants = double.instants(Call::Nearby);
    let (first, last) = (instants.first().unwrap(), instants.last().unwrap());
    let spaces = u32::try_from(instants.len() - 1).unwrap();
    let rate = f64::from(spaces) / last.duration_since(*first).as_secs_f64();
    let most = double.busiest(Call::Nearby, SECOND);
    println!("{concurrency:18} {rate:10.2} {:13.1} % {most:26}", rate / f64::from(LIMIT) * 100.0);
    database.close().await;
}
