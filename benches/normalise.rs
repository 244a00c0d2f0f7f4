//! Venues a second from the bytes of a full answer to rows that fit: judge, parse and normalise, beside a plain typed
//! `serde_json` parse of the same bytes, which is the least that anybody has to do.

#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]

use chrono::DateTime;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use serde::Deserialize;
use venue_sync::model::{Area, Ask, Circle, Normalised, Position};
use venue_sync::normalise::normalise;
use venue_sync::provider::{self, Provider};
use venue_sync::wire::Response;

/// Rows of a full answer.
const ROWS: usize = 20;

fn main() {
    divan::main();
}

/// A full answer: rows of several kinds of week, prices and names, each with its own id.
fn answer() -> Response {
    let fixtures = [
        include_str!("../fixtures/google/19_three_shifts_a_day.json"),
        include_str!("../fixtures/google/20_week_not_from_sunday.json"),
        include_str!("../fixtures/google/24_descriptions_as_printed.json"),
        include_str!("../fixtures/google/special_days.json"),
        include_str!("../fixtures/google/30_one_place_two_orders.json"),
    ];
    let kinds: Vec<serde_json::Value> = fixtures
        .iter()
        .flat_map(|fixture| {
            serde_json::from_str::<serde_json::Value>(fixture).unwrap()["places"].as_array().unwrap().clone()
        })
        .collect();
    let rows: Vec<_> = kinds.into_iter().cycle().take(ROWS).collect();
    assert_eq!(rows.len(), ROWS);
    let body = serde_json::json!({ "places": rows }).to_string().into_bytes();
    Response { status: 200, headers: vec![], body, received_at: DateTime::UNIX_EPOCH }
}

#[divan::bench]
fn judge_parse_normalise(bencher: Bencher<'_, '_>) {
    let google: Box<dyn Provider> = provider::all().into_iter().find(|provider| provider.name() == "google").unwrap();
    let center = Position::new(38.71, -9.14).unwrap();
    let ask = Ask { area: Area::Circle(Circle { center, radius_m: 250.0 }), words: vec![] };
    let request = google.request(&ask, "en", None);
    let response = answer();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let response = black_box(&response);
        black_box(google.judge(response));
        let page = google.parse(&request, response);
        let clean = |row| normalise(row, &|word| google.category(word), &|_| true).unwrap();
        page.rows.into_iter().map(|row| clean(row.unwrap())).collect::<Vec<Normalised>>()
    });
}

#[divan::bench]
fn plain_typed_parse(bencher: Bencher<'_, '_>) {
    let response = answer();
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench_local(|| serde_json::from_slice::<Answer>(black_box(&response.body)).unwrap());
}

/// The members that a venue needs, as a reader in a hurry would declare them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only parsed")]
struct Answer {
    places: Vec<Place>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only parsed")]
struct Place {
    id: String,
    display_name: Text,
    location: Location,
    formatted_address: Option<String>,
    primary_type: Option<String>,
    types: Vec<String>,
    rating: Option<f64>,
    price_level: Option<String>,
    business_status: Option<String>,
    moved_place_id: Option<String>,
    time_zone: Option<Zone>,
    regular_opening_hours: Option<Opening>,
    current_opening_hours: Option<Opening>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct Text {
    text: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct Location {
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct Zone {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only parsed")]
struct Opening {
    #[serde(default)]
    periods: Vec<Stretch>,
    #[serde(default)]
    weekday_descriptions: Vec<String>,
    #[serde(default)]
    special_days: Vec<Special>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct Stretch {
    open: Point,
    close: Option<Point>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct Point {
    day: u8,
    hour: u8,
    minute: u8,
    date: Option<Date>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct Special {
    date: Option<Date>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct Date {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
}
