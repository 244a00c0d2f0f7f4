//! `places:searchNearby` over the invented city.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::city::Place;

/// The key that the double accepts.
pub(crate) const KEY: &str = "AIzaInventedKeyOfTheDouble-0123456789ab";

/// The provider measures on a sphere of its own: not quite ours.
const EARTH_M: f64 = 6_378_137.0;
const CAP: usize = 20;

/// A running double.
pub(crate) struct Double {
    server: MockServer,
    asked: Arc<AtomicU64>,
}

impl Double {
    /// Serves a city.
    pub(crate) async fn serve(city: Vec<Place>) -> Self {
        let server = MockServer::start().await;
        let asked = Arc::new(AtomicU64::new(0));
        let nearby = Nearby { city, asked: Arc::clone(&asked) };
        Mock::given(method("POST")).and(path("/v1/places:searchNearby")).respond_with(nearby).mount(&server).await;
        Self { server, asked }
    }

    /// What to put into `GOOGLE_PLACES_BASE_URL`.
    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// Requests that were answered with places.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

struct Nearby {
    city: Vec<Place>,
    asked: Arc<AtomicU64>,
}

impl Respond for Nearby {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match answer(&self.city, header("x-goog-api-key"), header("x-goog-fieldmask"), &body) {
            Ok(places) => {
                self.asked.fetch_add(1, Ordering::Relaxed);
                ResponseTemplate::new(200).set_body_json(places)
            }
            Err((status, error)) => ResponseTemplate::new(status).set_body_json(error),
        }
    }
}

/// The provider's answer to one question, or its error.
pub(crate) fn answer(city: &[Place], key: &str, mask: &str, body: &Value) -> Result<Value, (u16, Value)> {
    if key != KEY {
        return Err(refused("API key not valid. Please pass a valid API key.", Some("API_KEY_INVALID")));
    }
    if mask.is_empty() {
        return Err(refused("FieldMask is a required parameter.", None));
    }
    let circle = &body["locationRestriction"]["circle"];
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let (lat, lng) = (number(&circle["center"]["latitude"]), number(&circle["center"]["longitude"]));
    let radius = number(&circle["radius"]);
    let on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng);
    if !on_earth || radius.is_nan() || radius <= 0.0 || radius > 50_000.0 {
        return Err(refused("Invalid location restriction.", None));
    }
    if body["maxResultCount"].as_u64() != Some(20) || body["rankPreference"] != "DISTANCE" {
        return Err(refused("The double answers 20 rows by distance only.", None));
    }
    let wanted: Vec<&str> = body["includedTypes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if wanted.len() > 50 {
        return Err(refused("Too many included types.", None));
    }
    let mut near: Vec<(f64, &Place)> = city
        .iter()
        .filter(|place| wanted.is_empty() || place.types().any(|kind| wanted.contains(&kind)))
        .map(|place| (distance(lat, lng, place.lat, place.lng), place))
        .filter(|(metres, _)| *metres <= radius)
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id().cmp(b.1.id())));
    let places: Vec<Value> = near.into_iter().take(CAP).map(|(_, place)| masked(&place.row, mask)).collect();
    Ok(if places.is_empty() { json!({}) } else { json!({ "places": places }) })
}

fn refused(message: &str, reason: Option<&str>) -> (u16, Value) {
    let details = reason.map(|reason| {
        json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}])
    });
    let mut error = json!({"code": 400, "message": message, "status": "INVALID_ARGUMENT"});
    if let Some(details) = details {
        error["details"] = details;
    }
    (400, json!({ "error": error }))
}

/// Only what the mask names, as `places.a` or `places.a.b`.
fn masked(row: &Value, mask: &str) -> Value {
    let mut kept = Map::new();
    for path in mask.split(',').filter_map(|path| path.strip_prefix("places.")) {
        match path.split_once('.') {
            None => {
                if let Some(value) = row.get(path) {
                    kept.insert(path.to_owned(), value.clone());
                }
            }
            Some((outer, inner)) => {
                if let Some(value) = row.get(outer).and_then(|part| part.get(inner)) {
                    kept.entry(outer).or_insert_with(|| json!({}))[inner] = value.clone();
                }
            }
        }
    }
    Value::Object(kept)
}

fn distance(lat_a: f64, lng_a: f64, lat_b: f64, lng_b: f64) -> f64 {
    let (a, b) = (lat_a.to_radians(), lat_b.to_radians());
    let half_lat = (b - a) / 2.0;
    let half_lng = (lng_b - lng_a).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + a.cos() * b.cos() * half_lng.sin().powi(2);
    2.0 * EARTH_M * h.sqrt().min(1.0).asin()
}
