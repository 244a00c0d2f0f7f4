//! `places:searchNearby` over the invented city.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::city::Place;

/// The key that the double accepts.
pub(crate) const KEY: &str = "AIzaInventedKeyOfTheDouble-0123456789ab";

/// The provider measures on a sphere of its own: not quite ours.
const EARTH_M: f64 = 6_378_137.0;
const CAP: usize = 20;

/// How a double behaves beside answering.
#[derive(Clone, Copy)]
pub(crate) struct Manners {
    /// How long it takes over an answer.
    pub(crate) delay: Duration,
    /// After this many answers it takes questions and never answers.
    pub(crate) stalls_after: Option<u64>,
    /// Its errors repeat the key that it was asked with, in several spellings.
    pub(crate) echoes_key: bool,
}

impl Manners {
    pub(crate) const GOOD: Self = Self { delay: Duration::ZERO, stalls_after: None, echoes_key: false };
}

/// A running double.
pub(crate) struct Double {
    server: MockServer,
    nearby: Nearby,
}

impl Double {
    /// Serves a city.
    pub(crate) async fn serve(city: Vec<Place>) -> Self {
        Self::serve_with(city, Manners::GOOD).await
    }

    /// Serves a city with manners of its own.
    pub(crate) async fn serve_with(city: Vec<Place>, manners: Manners) -> Self {
        let server = MockServer::start().await;
        let nearby = Nearby {
            city: city.into(),
            manners: Arc::new(Mutex::new(manners)),
            asked: Arc::default(),
            questions: Arc::default(),
        };
        Mock::given(method("POST"))
            .and(path("/v1/places:searchNearby"))
            .respond_with(nearby.clone())
            .mount(&server)
            .await;
        Self { server, nearby }
    }

    /// Behaves otherwise from now on.
    pub(crate) fn mend(&self, manners: Manners) {
        *self.nearby.manners.lock().expect("no test panics in here") = manners;
    }

    /// What to put into `GOOGLE_PLACES_BASE_URL`.
    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// Requests that were answered with places, or would have been if nobody had waited in vain.
    pub(crate) fn asked(&self) -> u64 {
        self.nearby.asked.load(Ordering::Relaxed)
    }

    /// The bodies of those requests, in their order.
    pub(crate) fn questions(&self) -> Vec<Value> {
        self.nearby.questions.lock().expect("no test panics in here").clone()
    }
}

#[derive(Clone)]
struct Nearby {
    city: Arc<[Place]>,
    manners: Arc<Mutex<Manners>>,
    asked: Arc<AtomicU64>,
    questions: Arc<Mutex<Vec<Value>>>,
}

impl Respond for Nearby {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        /// Longer than any client waits.
        const NEVER: Duration = Duration::from_hours(1);
        let manners = *self.manners.lock().expect("no test panics in here");
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let key = header("x-goog-api-key");
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match answer(&self.city, key, header("x-goog-fieldmask"), &body) {
            Ok(places) => {
                let stalls = manners.stalls_after.is_some_and(|many| self.asked() >= many);
                self.questions.lock().expect("no test panics in here").push(body);
                self.asked.fetch_add(1, Ordering::Relaxed);
                let delay = if stalls { NEVER } else { manners.delay };
                ResponseTemplate::new(200).set_body_json(places).set_delay(delay)
            }
            Err((status, mut error)) => {
                let mut answer = ResponseTemplate::new(status);
                if manners.echoes_key {
                    let encoded = percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC);
                    error["error"]["message"] = json!(format!("The key {key} is not valid ({encoded})."));
                    error["error"]["help"] = json!(format!("https://double.invalid/keys?key={key}"));
                    answer = answer.insert_header("x-echo", key).insert_header("link", key);
                }
                answer.set_body_json(error)
            }
        }
    }
}

impl Nearby {
    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
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
