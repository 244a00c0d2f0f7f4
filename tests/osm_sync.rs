//! Runs against loopback doubles of an Overpass server and a real PostgreSQL: answers that are too large, and venues that are drawn
//! twice across the edge of a box.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;
mod support;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use double::city;
use serde_json::{Value, json};
use sqlx::PgPool;
use support::database::TestDatabase;
use support::job::job;
use support::migrations::to_head;
use tokio_util::sync::CancellationToken;
use venue_sync::model::{Event, RunStatus};
use venue_sync::provider::{self, Provider};
use venue_sync::store::Database;
use venue_sync::sync::{Job, RunReport, sync};
use venue_sync::transport::{Courier, LiveOptions};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A migrated database, and what is asked.
struct Bench {
    database: Database,
    pool: PgPool,
    osm: Box<dyn Provider>,
    _guard: TestDatabase,
}

impl Bench {
    async fn new() -> Self {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 8).await.unwrap();
        to_head(&database).await;
        let osm = provider::all().into_iter().find(|provider| provider.name() == "osm").unwrap();
        Self { database, pool: guard.pool().await, osm, _guard: guard }
    }

    /// A run that reads answers up to so many bytes.
    async fn run(&self, area: [f64; 4], server: &str, largest_body: usize) -> RunReport {
        self.watched(area, server, largest_body, &|_| ()).await
    }

    async fn watched(
        &self,
        area: [f64; 4],
        server: &str,
        largest_body: usize,
        listen: &(dyn Fn(Event) + Sync),
    ) -> RunReport {
        let job = Job { concurrency: 8, ..job(self.osm.as_ref(), area) };
        let mut options = LiveOptions::new(server.parse().unwrap(), "OVERPASS_BASE_URL", 10_000.0);
        options.largest_body = largest_body;
        let courier = Courier::live(options).unwrap();
        sync(&job, &courier, &self.database, listen, &CancellationToken::new()).await.unwrap()
    }

    async fn ids(&self) -> BTreeSet<String> {
        let ids = sqlx::query_scalar("select provider_id from public.venues").fetch_all(&self.pool).await.unwrap();
        ids.into_iter().collect()
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_asked_for_in_halves() {
    let (whole, halves) = (Bench::new().await, Bench::new().await);
    let double = double::osm::Double::serve(&city::town()).await;
    let report = whole.run(city::BOUNDS, &double.url(), usize::MAX).await;
    assert_eq!(report.summary.status, RunStatus::Complete);
    let asked = double.asked();
    // A hundred elements are more.
    let report = halves.run(city::BOUNDS, &double.url(), 12_000).await;
    assert_eq!((report.summary.status, report.summary.coverage.failed), (RunStatus::Complete, 0), "{report:?}");
    assert!(double.asked() > 2 * asked, "smaller boxes: {asked}, then {}", double.asked() - asked);
    assert_eq!(halves.ids().await, whole.ids().await);
}

/// Who is asked one question at a time answers with much: a second tile's answer would be held beside the first one's.
#[tokio::test]
async fn one_tile_is_worked_on_at_a_time_however_many_are_allowed() {
    let bench = Bench::new().await;
    let double = double::osm::Double::serve(&city::town()).await;
    let (under_way, most) = (Mutex::new(BTreeSet::new()), AtomicUsize::new(0));
    let listen = |event| match event {
        Event::RequestSent { tile, .. } => {
            let mut under_way = under_way.lock().unwrap();
            under_way.insert(tile);
            most.fetch_max(under_way.len(), Ordering::Relaxed);
        }
        Event::TileDone { tile, .. } => {
            under_way.lock().unwrap().remove(&tile);
        }
        _ => {}
    };
    let report = bench.watched(city::BOUNDS, &double.url(), usize::MAX, &listen).await;
    assert!(report.summary.coverage.tiles > 1 && report.summary.status == RunStatus::Complete, "{report:?}");
    assert_eq!(most.into_inner(), 1);
}

/// More than are written by one statement.
const CROWD: u32 = 2_500;

fn crowd(_: &Request) -> ResponseTemplate {
    let cafe = |number: u32| {
        let (row, column) = (f64::from(number / 50), f64::from(number % 50));
        json!({"type": "node", "id": number + 1, "lat": 38.701 + row * 2e-4, "lon": -9.149 + column * 2e-4,
               "tags": {"amenity": "cafe", "name": format!("Café {number}"), "opening_hours": "Mo-Su 09:00-18:30"}})
    };
    ResponseTemplate::new(200).set_body_json(json!({"elements": (0..CROWD).map(cafe).collect::<Vec<_>>()}))
}

#[tokio::test]
async fn an_answer_of_thousands_is_written_and_waits_for_its_judgement_whole() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(crowd).mount(&server).await;
    // One tile.
    let (bench, area) = (Bench::new().await, [-9.15, 38.70, -9.135, 38.715]);
    let first = bench.run(area, &server.uri(), usize::MAX).await.summary;
    assert_eq!((first.coverage.tiles, first.venues.inserted, first.profiles_stubbed), (1, 2_500, 2_500), "{first:?}");
    let again = bench.run(area, &server.uri(), usize::MAX).await.summary;
    assert_eq!((again.status, again.venues.unchanged), (RunStatus::Complete, 2_500), "{again:?}");
    let staging: i64 =
        sqlx::query_scalar("select count(*) from venue_sync.runs where staging").fetch_one(&bench.pool).await.unwrap();
    assert_eq!(staging, 1, "the second is judged by the first");
}

/// Metres, in degrees of latitude.
const METRE: f64 = 1.0 / 111_195.0;

/// So many cafés along the diagonal of the box, each drawn as a point and, 28 m off, as the outline of its house.
const PAIRS: i32 = 120;
const SQUARE: [f64; 4] = [-9.15, 38.70, -9.13, 38.72];

/// Four numbers, parted by commas, between two texts.
fn edges(query: &str, before: &str, after: &str) -> [f64; 4] {
    let edges = query.split_once(before).unwrap().1.split_once(after).unwrap().0;
    edges.split(',').map(|edge| edge.parse().unwrap()).collect::<Vec<f64>>().try_into().unwrap()
}

/// The elements of a box, or a remark where they are too many: so it is halved until borders run between points and their outlines.
fn overpass(request: &Request) -> ResponseTemplate {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    let (all, points) = form[0].1.split_once("node[").unwrap();
    let [all, points] = [all, points].map(|text| edges(text, "\"](", ")"));
    let found: Vec<Value> = (0..PAIRS)
        .flat_map(|number| {
            let along = 0.000_1 + 0.019_6 * f64::from(number) / f64::from(PAIRS);
            let (lat, lon) = (SQUARE[1] + along, SQUARE[0] + along);
            let (up, right) = (lat + 20.0 * METRE, lon + 25.0 * METRE);
            let tags = json!({"amenity": "cafe", "name": format!("Café {number}")});
            let id = 7_000 + number;
            [
                ((lat, lon), json!({"type": "node", "id": id, "lat": lat, "lon": lon, "tags": tags})),
                ((up, right), json!({"type": "way", "id": id, "center": {"lat": up, "lon": right}, "tags": tags})),
            ]
        })
        .filter(|((lat, lon), element)| {
            let [south, west, north, east] = if element["type"] == "node" { points } else { all };
            (south..=north).contains(lat) && (west..=east).contains(lon)
        })
        .map(|(_, element)| element)
        .collect();
    let remark = "runtime error: Query run out of memory using about 256 MB of RAM.";
    let body = if found.len() > 40 { json!({"elements": [], "remark": remark}) } else { json!({"elements": found}) };
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn a_venue_drawn_twice_across_the_edge_of_a_box_is_one() {
    let bench = Bench::new().await;
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(overpass).mount(&server).await;
    let report = bench.run(SQUARE, &server.uri(), usize::MAX).await;
    assert_eq!((report.summary.status, report.summary.coverage.capped), (RunStatus::Complete, 0));
    let pairs: BTreeSet<String> = (0..PAIRS).map(|number| format!("node/{}", 7_000 + number)).collect();
    let found = bench.ids().await;
    assert!(found == pairs, "{:?}", found.symmetric_difference(&pairs).collect::<Vec<_>>());
    let again = bench.run(SQUARE, &server.uri(), usize::MAX).await.summary.venues;
    assert_eq!((again.inserted, again.updated, again.unchanged), (0, 0, pairs.len().try_into().unwrap()));
}
