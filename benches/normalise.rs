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

/// Google's, whose answers hold the most.
mod google {
    use super::{Bencher, ItemsCount, black_box, whole_way};

    #[divan::bench]
    fn judge_parse_normalise(bencher: Bencher<'_, '_>) {
        whole_way(bencher, "google", &super::google_answer());
    }

    #[divan::bench]
    fn plain_typed_parse(bencher: Bencher<'_, '_>) {
        let response = super::google_answer();
        bencher
            .counter(ItemsCount::new(super::ROWS))
            .bench_local(|| serde_json::from_slice::<super::Answer>(black_box(&response.body)).unwrap());
    }
}

mod foursquare {
    use super::{Bencher, ItemsCount, black_box, whole_way};

    #[divan::bench]
    fn judge_parse_normalise(bencher: Bencher<'_, '_>) {
        whole_way(bencher, "foursquare", &super::foursquare_answer());
    }

    #[divan::bench]
    fn plain_typed_parse(bencher: Bencher<'_, '_>) {
        let response = super::foursquare_answer();
        bencher
            .counter(ItemsCount::new(super::ROWS))
            .bench_local(|| serde_json::from_slice::<super::Results>(black_box(&response.body)).unwrap());
    }
}

/// From the bytes to rows that fit.
fn whole_way(bencher: Bencher<'_, '_>, name: &str, response: &Response) {
    let provider: Box<dyn Provider> = provider::all().into_iter().find(|provider| provider.name() == name).unwrap();
    let center = Position::new(38.71, -9.14).unwrap();
    let ask = Ask { area: Area::Circle(Circle { center, radius_m: 250.0 }), words: vec![] };
    let request = provider.request(&ask, "en", None);
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let response = black_box(response);
        black_box(provider.judge(response));
        let page = provider.parse(&request, response);
        let clean = |row| normalise(row, &|word| provider.category(word), &|_| true).unwrap();
        page.rows.into_iter().map(|row| clean(row.unwrap())).collect::<Vec<Normalised>>()
    });
}

/// A full answer: rows of several kinds of week, prices and names, each with its own id.
fn google_answer() -> Response {
    answer(
        "places",
        &[
            include_str!("../fixtures/google/19_three_shifts_a_day.json"),
            include_str!("../fixtures/google/20_week_not_from_sunday.json"),
            include_str!("../fixtures/google/24_descriptions_as_printed.json"),
            include_str!("../fixtures/google/special_days.json"),
            include_str!("../fixtures/google/30_one_place_two_orders.json"),
        ],
    )
}

fn foursquare_answer() -> Response {
    answer(
        "results",
        &[
            include_str!("../fixtures/foursquare/03_to_07_past_midnight.json"),
            include_str!("../fixtures/foursquare/08_and_09_odd_times.json"),
            include_str!("../fixtures/foursquare/21_and_22_addresses.json"),
        ],
    )
}

fn answer(list: &str, fixtures: &[&str]) -> Response {
    let kinds: Vec<serde_json::Value> = fixtures
        .iter()
        .flat_map(|fixture| {
            serde_json::from_str::<serde_json::Value>(fixture).unwrap()[list].as_array().unwrap().clone()
        })
        // What the plain parse could not read.
        .filter(|row| !row["location"].is_array())
        .collect();
    let rows: Vec<_> = kinds.into_iter().cycle().take(ROWS).collect();
    let body = serde_json::json!({ list: rows }).to_string().into_bytes();
    Response { status: 200, headers: vec![], body, received_at: DateTime::UNIX_EPOCH }
}

/// The same of Foursquare's.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct Results {
    results: Vec<FoursquarePlace>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct FoursquarePlace {
    fsq_place_id: String,
    name: String,
    latitude: f64,
    longitude: f64,
    location: FoursquareLocation,
    categories: Vec<FoursquareCategory>,
    rating: Option<f64>,
    price: Option<i64>,
    date_closed: Option<String>,
    unresolved_flags: Vec<String>,
    hours: Option<FoursquareHours>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct FoursquareLocation {
    formatted_address: Option<String>,
    address: Option<String>,
    locality: Option<String>,
    region: Option<String>,
    postcode: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct FoursquareCategory {
    fsq_category_id: String,
    name: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct FoursquareHours {
    display: Option<String>,
    #[serde(default)]
    regular: Vec<FoursquareRow>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct FoursquareRow {
    day: u8,
    open: String,
    close: String,
}

/// Google's members that a venue needs, as a reader in a hurry would declare them.
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
