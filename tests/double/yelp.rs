//! `/v3/businesses` over the invented city: pages of 50 up to 240 rows, nearest first, a radius that is a wish, one business on two
//! pages, a daily allowance in the headers, and businesses of which only a look-up knows the hours, or that they are gone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::city::Place;

/// The key that the double accepts.
pub(crate) const KEY: &str = "invented-Key_Of-the-Yelp-double-0123456789";

/// The provider measures on a sphere of its own: not quite ours.
const EARTH_M: f64 = 6_378_137.0;
const PAGE: usize = 50;
const CAP: usize = 240;
/// Rows up to this much beyond the radius come, too.
const BEYOND: f64 = 1.15;

/// How a double behaves beside answering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    /// Requests that the day still has.
    pub(crate) allowance: u64,
    /// A search within more metres than these is one for too large an area.
    pub(crate) largest_m: f64,
    /// So many requests, from the first on, come too fast.
    pub(crate) throttled: u64,
}

impl Manners {
    pub(crate) const GOOD: Self = Self { allowance: 5_000, largest_m: 40_000.0, throttled: 0 };
}

/// A running double.
pub(crate) struct Double {
    server: MockServer,
    yelp: Fusion,
}

impl Double {
    /// Serves a city.
    pub(crate) async fn serve(city: &[Place]) -> Self {
        Self::serve_with(city, Manners::GOOD).await
    }

    /// Serves a city with manners of its own.
    pub(crate) async fn serve_with(city: &[Place], manners: Manners) -> Self {
        let server = MockServer::start().await;
        let businesses = city.iter().enumerate().map(|(number, place)| Business::of(number, place)).collect();
        let yelp =
            Fusion { businesses, manners, received: Arc::default(), charged: Arc::default(), paths: Arc::default() };
        Mock::given(method("GET")).respond_with(yelp.clone()).mount(&server).await;
        Self { server, yelp }
    }

    /// What to put into `YELP_BASE_URL`.
    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// Requests that were received.
    pub(crate) fn received(&self) -> u64 {
        self.yelp.received.load(Ordering::Relaxed)
    }

    /// Those that were answered with what was asked for, and so cost money.
    pub(crate) fn charged(&self) -> u64 {
        self.yelp.charged.load(Ordering::Relaxed)
    }

    /// Their paths, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.yelp.paths.lock().expect("no test panics in here").clone()
    }
}

struct Business {
    lat: f64,
    lng: f64,
    alias: &'static str,
    parent: &'static str,
    row: Value,
    details: (u16, Value),
}

#[derive(Clone)]
struct Fusion {
    businesses: Arc<[Business]>,
    manners: Manners,
    received: Arc<AtomicU64>,
    /// Answers with status 200: what is charged.
    charged: Arc<AtomicU64>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Respond for Fusion {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().to_owned();
        self.paths.lock().expect("no test panics in here").push(path.clone());
        let before = self.received.fetch_add(1, Ordering::Relaxed);
        let key = request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (status, body) = if key != format!("Bearer {KEY}") {
            error(401, "TOKEN_INVALID", "Invalid API key or authorization header.")
        } else if before < self.manners.throttled {
            error(
                429,
                "TOO_MANY_REQUESTS_PER_SECOND",
                "You have exceeded the queries-per-second limit for this endpoint.",
            )
        } else if before >= self.manners.allowance {
            error(429, "ACCESS_LIMIT_REACHED", "You've reached the access limit for this client.")
        } else {
            match path.strip_prefix("/v3/businesses/") {
                Some("search") => self.search(request),
                Some(id) => self.details(id),
                None => error(404, "NOT_FOUND", "Resource could not be found."),
            }
        };
        self.charged.fetch_add(u64::from(status == 200), Ordering::Relaxed);
        let left = self.manners.allowance.saturating_sub(before + 1);
        ResponseTemplate::new(status)
            .set_body_json(body)
            .insert_header("RateLimit-DailyLimit", self.manners.allowance.to_string())
            .insert_header("RateLimit-Remaining", left.to_string())
            .insert_header("RateLimit-ResetTime", "2199-01-01T00:00:00+00:00")
    }
}

impl Fusion {
    fn search(&self, request: &Request) -> (u16, Value) {
        let member = |name: &str| {
            request.url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
        };
        let number = |name: &str| member(name).and_then(|value| value.parse::<f64>().ok()).unwrap_or(f64::NAN);
        let whole = |name: &str| member(name).and_then(|value| value.parse::<usize>().ok());
        let (lat, lng) = (number("latitude"), number("longitude"));
        let (Some(_), Some(limit), Some(offset)) = (whole("radius"), whole("limit"), whole("offset")) else {
            return error(400, "VALIDATION_ERROR", "Whole numbers are wanted.");
        };
        let reach = number("radius");
        let on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng);
        let sorted = member("sort_by").as_deref() == Some("distance");
        if !on_earth || !sorted || reach > 40_000.0 || limit > PAGE || offset + limit > CAP {
            return error(400, "VALIDATION_ERROR", "The double takes 50 rows a page and 240 in all, by distance.");
        }
        if reach > self.manners.largest_m {
            return error(400, "AREA_TOO_LARGE", "The requested area is too large.");
        }
        let wanted = member("categories").unwrap_or_default();
        let wanted: Vec<&str> = wanted.split(',').filter(|word| !word.is_empty()).collect();
        let mut near: Vec<(f64, &Business)> = self
            .businesses
            .iter()
            .filter(|place| wanted.is_empty() || wanted.contains(&place.alias) || wanted.contains(&place.parent))
            .map(|place| (distance(lat, lng, place.lat, place.lng), place))
            .filter(|(metres, _)| *metres <= reach * BEYOND)
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.row["id"].as_str().cmp(&b.1.row["id"].as_str())));
        // The last row of a page comes again on the next: `businesses` may be longer than `limit`.
        let from = offset.saturating_sub(usize::from(offset > 0));
        let rows: Vec<Value> =
            near.iter().take(offset + limit).skip(from).map(|(metres, place)| at(*metres, place)).collect();
        let total = near.len().min(CAP);
        (200, json!({"businesses": rows, "total": total, "region": {"center": {"latitude": lat, "longitude": lng}}}))
    }

    fn details(&self, id: &str) -> (u16, Value) {
        match self.businesses.iter().find(|place| place.row["id"] == id) {
            Some(place) => place.details.clone(),
            None => error(404, "BUSINESS_NOT_FOUND", "The requested business could not be found."),
        }
    }
}

fn error(status: u16, code: &str, description: &str) -> (u16, Value) {
    (status, json!({"error": {"code": code, "description": description}}))
}

/// The row as a search shows it, with its distance; without one where it has no position.
fn at(metres: f64, place: &Business) -> Value {
    let mut row = place.row.clone();
    if row["coordinates"]["latitude"].is_number() {
        row["distance"] = json!(metres);
    }
    row
}

impl Business {
    fn of(number: usize, place: &Place) -> Self {
        let (alias, title, parent) = kind(place.types().next().unwrap_or_default());
        let known = &place.row;
        let id = id(number);
        let name = known["displayName"]["text"].as_str().unwrap_or_default();
        let coordinates = match known.get("location") {
            Some(_) => json!({"latitude": place.lat, "longitude": place.lng}),
            None => json!({"latitude": null, "longitude": null}),
        };
        let street = format!("Rua da Ilha {}", 1 + number % 80);
        let mut row = json!({
            "id": id,
            "alias": format!("invented-{number}-vila-do-farol"),
            "name": name,
            "image_url": "",
            "is_closed": known["businessStatus"] == "CLOSED_PERMANENTLY",
            "url": format!("https://www.yelp.com/biz/invented-{number}?adjust_creative=double&utm_source=double"),
            "review_count": number * 3,
            "categories": [{"alias": alias, "title": title}],
            "rating": known["rating"].as_f64().unwrap_or(0.0),
            "coordinates": coordinates,
            "transactions": [],
            "location": {
                "address1": street, "address2": null, "address3": "", "city": "Vila do Farol", "zip_code": format!("9999-{number:03}"),
                "country": "PT", "state": "XGL", "display_address": [street, format!("9999-{number:03} Vila do Farol"), "Portugal"],
            },
            "phone": "",
            "display_phone": "",
            "attributes": {"business_temp_closed": null},
        });
        if known["businessStatus"] == "CLOSED_TEMPORARILY" {
            row["attributes"]["business_temp_closed"] = json!(1_730_358_000);
        }
        let level = ["INEXPENSIVE", "MODERATE", "EXPENSIVE", "VERY_EXPENSIVE"]
            .iter()
            .position(|word| known["priceLevel"] == format!("PRICE_LEVEL_{word}"));
        if let Some(level) = level {
            row["price"] = json!("€".repeat(level + 1));
        }
        if let Some(periods) = known["regularOpeningHours"]["periods"].as_array() {
            row["business_hours"] =
                json!([{"hours_type": "REGULAR", "is_open_now": number.is_multiple_of(2), "open": week(periods)}]);
        }
        let details = details(number, &row);
        Self { lat: place.lat, lng: place.lng, alias, parent, row, details }
    }
}

/// What a look-up says: hours that the search left out, special days, nothing new, or that the business is not what it was.
fn details(number: usize, row: &Value) -> (u16, Value) {
    let mut details = row.clone();
    if let Some(hours) = details.as_object_mut().and_then(|members| members.remove("business_hours")) {
        details["hours"] = hours;
        return (200, details);
    }
    match number % 5 {
        0 => error(404, "BUSINESS_NOT_FOUND", "The requested business could not be found."),
        1 => (
            301,
            json!({"error": {"code": "BUSINESS_MIGRATED", "description": "It is another now.", "new_business_id": id(1)}}),
        ),
        2 => (200, details),
        _ => {
            let open: Vec<Value> = (1..6).map(|day| opening(day, "1000", "1900", false)).collect();
            details["hours"] = json!([{"hours_type": "REGULAR", "is_open_now": false, "open": open}]);
            details["special_hours"] = json!([
                {"date": "2025-12-25", "start": null, "end": null, "is_overnight": null, "is_closed": true},
                {"date": "2198-12-25", "start": null, "end": null, "is_overnight": null, "is_closed": true},
                {"date": "2198-12-31", "start": "1000", "end": "1400", "is_overnight": false, "is_closed": null},
                {"date": "2198-12-31", "start": "2000", "end": "0200", "is_overnight": true, "is_closed": null},
            ]);
            (200, details)
        }
    }
}

fn opening(day: u64, start: &str, end: &str, is_overnight: bool) -> Value {
    json!({"is_overnight": is_overnight, "start": start, "end": end, "day": day})
}

/// The week in the provider's manner: Monday is 0, midnight is `0000`, 24 hours close when they open.
fn week(periods: &[Value]) -> Vec<Value> {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let clock = |point: &Value| format!("{:02}{:02}", number(&point["hour"]), number(&point["minute"]));
    if let [always] = periods
        && always.get("close").is_none()
    {
        return (0..7).map(|day| opening(day, "0000", "0000", false)).collect();
    }
    periods
        .iter()
        .map(|period| {
            let (start, end) = (clock(&period["open"]), clock(&period["close"]));
            let is_overnight = period["open"]["day"] != period["close"]["day"] && end != "0000";
            opening((number(&period["open"]["day"]) + 6) % 7, &start, &end, is_overnight)
        })
        .collect()
}

/// Alias, title and the alias above it.
fn kind(word: &str) -> (&'static str, &'static str, &'static str) {
    match word {
        "cafe" => ("cafes", "Cafes", "restaurants"),
        "bar" => ("bars", "Bars", "nightlife"),
        "bakery" => ("bakeries", "Bakeries", "food"),
        "seafood_restaurant" => ("seafood", "Seafood", "restaurants"),
        "italian_restaurant" => ("italian", "Italian", "restaurants"),
        "coffee_shop" => ("coffee", "Coffee & Tea", "food"),
        "wine_bar" => ("wine_bars", "Wine Bars", "bars"),
        "japanese_restaurant" => ("japanese", "Japanese", "restaurants"),
        "pub" => ("pubs", "Pubs", "bars"),
        "pizza_restaurant" => ("pizza", "Pizza", "restaurants"),
        // An alias that no mapping knows yet.
        "tidal_kitchen" => ("tidalkitchens", "Tidal Kitchens", "restaurants"),
        _ => ("portuguese", "Portuguese", "restaurants"),
    }
}

/// 22 characters of base64url; some begin with what a command would take for a flag.
pub(crate) fn id(number: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut dice = fastrand::Rng::with_seed(0xE1F + number as u64);
    let mut id: String = (0..22).map(|_| char::from(LETTERS[dice.usize(..LETTERS.len())])).collect();
    if number % 40 == 11 {
        id.replace_range(..1, "-");
    }
    id
}

fn distance(lat_a: f64, lng_a: f64, lat_b: f64, lng_b: f64) -> f64 {
    let (a, b) = (lat_a.to_radians(), lat_b.to_radians());
    let half_lat = (b - a) / 2.0;
    let half_lng = (lng_b - lng_a).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + a.cos() * b.cos() * half_lng.sin().powi(2);
    2.0 * EARTH_M * h.sqrt().min(1.0).asin()
}
