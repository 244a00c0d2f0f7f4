//! One venue that a provider shows twice, each time in another guise: in one answer, in the answers of two tiles, and in two runs.
//! It is one row, and no guise is a change.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use support::database::TestDatabase;
use support::job::job;
use support::migrations::to_head;
use tokio_util::sync::CancellationToken;
use venue_sync::model::{RunStatus, VenueCounts};
use venue_sync::provider;
use venue_sync::store::Database;
use venue_sync::sync::{Job, sync};
use venue_sync::transport::{Courier, LiveOptions};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A region of several tiles, and the corner where they meet.
const REGION: [f64; 4] = [-9.18, 38.69, -9.12, 38.75];
const MIDDLE: (f64, f64) = (38.72, -9.15);

/// A place as a provider shows it for the first, second, … time: the position to another digit, the lists in another order, the
/// addresses of pages with other parameters.
type Guise = fn(usize) -> Value;

/// In the seventh decimal, a centimetre: the providers' own rounding.
fn about(degrees: f64, guise: usize) -> f64 {
    degrees + [0.0, 0.000_000_4, -0.000_000_3][guise % 3]
}

fn turned(mut words: Vec<Value>, first_stays: bool, guise: usize) -> Vec<Value> {
    let from = usize::from(first_stays);
    let others = words.len() - from;
    words[from..].rotate_left(guise % others);
    words
}

fn google(guise: usize) -> Value {
    let types = ["restaurant", "seafood_restaurant", "bar", "point_of_interest"].map(Value::from).to_vec();
    json!({"places": [{
        "id": "ChIJtwin", "displayName": {"text": "Cais Velho", "languageCode": "pt"},
        "location": {"latitude": about(MIDDLE.0, guise), "longitude": about(MIDDLE.1, guise)},
        "primaryType": "seafood_restaurant", "types": turned(types, false, guise),
        "rating": 4.5, "formattedAddress": "Rua do Farol 2, Lisboa", "businessStatus": "OPERATIONAL",
        "googleMapsUri": format!("https://maps.example/?cid=1&g_mp={guise}"),
    }]})
}

/// Under the id's name of today, and of API v3.
fn foursquare(guise: usize) -> Value {
    let categories = ["4bf58dd8d48988d116941735", "4bf58dd8d48988d11b941735", "4bf58dd8d48988d1e0931735"];
    let categories = categories.map(|id| json!({"fsq_category_id": id})).to_vec();
    json!({"results": [{
        (if guise.is_multiple_of(2) { "fsq_place_id" } else { "fsq_id" }): "5eaf00d00000000000009999", "name": "Cais Velho",
        "latitude": about(MIDDLE.0, guise), "longitude": about(MIDDLE.1, guise),
        // The first is the main one.
        "categories": turned(categories, true, guise),
        "location": {"formatted_address": "Rua do Farol 2, Lisboa"}, "distance": 100 + guise, "rating": 8.6,
        "link": format!("/places/5eaf?utm={guise}"),
    }]})
}

/// Under another alias each time, which Yelp may change: the id is what stays.
fn yelp(guise: usize) -> Value {
    let categories = ["bars", "wine_bars", "italian"].map(|alias| json!({"alias": alias})).to_vec();
    let open = [0, 1, 2].map(|day| json!({"is_overnight": false, "start": "0900", "end": "1700", "day": day})).to_vec();
    json!({"total": 1, "businesses": [{
        "id": "InventedYelpId00000069", "alias": format!("cais-velho-{guise}"), "name": "Cais Velho", "is_closed": false,
        "url": format!("https://www.yelp.com/biz/cais-velho?adjust_creative={guise}&utm_source={guise}"),
        "categories": turned(categories, false, guise), "rating": 4.3, "price": "€€",
        "coordinates": {"latitude": about(MIDDLE.0, guise), "longitude": about(MIDDLE.1, guise)},
        "location": {"display_address": ["Rua do Farol 2", "Lisboa"]}, "distance": 100.5 + f64::from(u8::from(guise.is_multiple_of(2))),
        "business_hours": [{"hours_type": "REGULAR", "is_open_now": guise.is_multiple_of(2), "open": turned(open, false, guise)}],
    }]})
}

/// The middle of an outline moves with each corner that somebody draws.
fn osm(guise: usize) -> Value {
    let (lat, lon) = (about(MIDDLE.0, guise), about(MIDDLE.1, guise));
    let tags = match guise % 2 {
        0 => {
            r#"{"amenity":"restaurant","cuisine":"italian;pizza","name":"Cais Velho","opening_hours":"Mo-Fr 09:00-17:00"}"#
        }
        _ => {
            r#"{"name":"Cais Velho","opening_hours":"Mo-Fr 09:00-17:00","cuisine":"italian; pizza","amenity":"restaurant"}"#
        }
    };
    let tags: Value = serde_json::from_str(tags).unwrap();
    json!({"elements": [{"type": "way", "id": 7, "center": {"lat": lat, "lon": lon}, "tags": tags}]})
}

/// Each answer holds the place twice, in two guises of its own.
async fn server(guise: Guise, list: &'static str) -> MockServer {
    let server = MockServer::start().await;
    let shown = AtomicUsize::new(0);
    let answer = move |_: &Request| {
        let number = shown.fetch_add(2, Ordering::Relaxed);
        let mut body = guise(number);
        let other = guise(number + 1)[list][0].clone();
        body[list].as_array_mut().unwrap().push(other);
        ResponseTemplate::new(200).set_body_json(body)
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn a_venue_in_other_guises_is_one_row_and_never_changed() {
    let providers: [(&str, Guise, &str); 4] = [
        ("google", google, "places"),
        ("foursquare", foursquare, "results"),
        ("yelp", yelp, "businesses"),
        ("osm", osm, "elements"),
    ];
    for (name, guise, list) in providers {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 6).await.unwrap();
        to_head(&database).await;
        let provider = provider::all().into_iter().find(|provider| provider.name() == name).unwrap();
        let job = Job { types: vec!["restaurant".to_owned()], concurrency: 1, ..job(provider.as_ref(), REGION) };
        let server = server(guise, list).await;
        let mut options = LiveOptions::new(server.uri().parse().unwrap(), "BASE_URL", 10_000.0);
        options.key = provider.key_variable().map(|_| "invented".to_owned().into());
        options.key_setting = provider.key_variable();
        let courier = Courier::live(options).unwrap();
        let mut runs = Vec::new();
        for _ in 0..2 {
            let report = sync(&job, &courier, &database, &|_| (), &CancellationToken::new()).await.unwrap();
            assert_eq!(report.summary.status, RunStatus::Complete, "{name}: {:?}", report.figures.failures);
            runs.push(report.summary.venues);
        }
        let one = |counts: VenueCounts| (counts.inserted, counts.updated, counts.unchanged);
        let first = runs[0];
        assert!(first.received > 2, "{name}: several tiles meet there");
        assert_eq!((one(first), first.duplicate, first.rejected), ((1, 0, 0), first.received - 1, 0), "{name}");
        assert_eq!(one(runs[1]), (0, 0, 1), "{name}: a guise is no change");
        let rows: i64 =
            sqlx::query_scalar("select count(*) from public.venues").fetch_one(&guard.pool().await).await.unwrap();
        assert_eq!(rows, 1, "{name}");
    }
}
