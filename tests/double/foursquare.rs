//! `/places/search` of Foursquare over the invented city: 50 rows a page, the next one behind a cursor in the `link` header, only the
//! fields that are asked for, categories by their own ids alone, and what is near the data centre where no place is named.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::city::Place;

/// The key that the double accepts.
pub(crate) const KEY: &str = "INVENTEDSERVICEKEYOFTHEDOUBLE0123456789ABCDEFGHI";

const VERSION: &str = "2025-06-17";
const PAGE: usize = 50;

/// What a double can do to whoever asks it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Answers.
    Good,
    /// Forgets which place was asked for.
    Forgetful,
    /// Hands out the same cursor again and again.
    Circling,
    /// Hands out another cursor with every page, and begins anew.
    Endless,
    /// Throttles its first caller once, in words that are no bill.
    Busy,
    /// Has no credit left.
    Unpaid,
}

/// The query parameters of a request, in order.
pub(crate) type Question = Vec<(String, String)>;

/// A running double.
pub(crate) struct Double {
    server: MockServer,
    search: Search,
}

impl Double {
    /// Serves a city.
    pub(crate) async fn serve(city: &[Place], mood: Mood) -> Self {
        let server = MockServer::start().await;
        let rows = city.iter().enumerate().map(|(number, place)| row(number, place)).collect();
        let search = Search { rows, mood, asked: Arc::default(), questions: Arc::default() };
        Mock::given(method("GET")).and(path("/places/search")).respond_with(search.clone()).mount(&server).await;
        Self { server, search }
    }

    /// What to put into `FOURSQUARE_BASE_URL`.
    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// Pages that were answered.
    pub(crate) fn asked(&self) -> u64 {
        self.search.asked.load(Ordering::Relaxed)
    }

    /// The query parameters of every request, in order, refused ones too.
    pub(crate) fn questions(&self) -> Vec<Question> {
        self.search.questions.lock().expect("no test panics in here").clone()
    }
}

#[derive(Clone)]
struct Search {
    rows: Arc<[Value]>,
    mood: Mood,
    asked: Arc<AtomicU64>,
    questions: Arc<Mutex<Vec<Question>>>,
}

impl Respond for Search {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let first = {
            let mut questions = self.questions.lock().expect("no test panics in here");
            questions.push(query.clone());
            questions.len() == 1
        };
        let refused =
            |status, message: &str| ResponseTemplate::new(status).set_body_json(json!({ "message": message }));
        if header("authorization") != format!("Bearer {KEY}") {
            return refused(401, "Invalid request token.");
        }
        if header("x-places-api-version") != VERSION {
            return refused(400, "Invalid X-Places-Api-Version header.");
        }
        match self.mood {
            Mood::Busy if first => return refused(429, "Too many requests.").insert_header("retry-after", "0"),
            Mood::Unpaid => {
                return ResponseTemplate::new(429)
                    .set_body_json(json!({"error": {"message": "Billing must be enabled on this account."}}));
            }
            _ => {}
        }
        match self.page(&query) {
            Ok((body, next)) => {
                self.asked.fetch_add(1, Ordering::Relaxed);
                let answer = ResponseTemplate::new(200).set_body_json(body);
                match next {
                    Some(cursor) => {
                        let mut again = request.url.clone();
                        again.query_pairs_mut().append_pair("cursor", &cursor);
                        answer.insert_header("link", format!("<{again}>; rel=\"next\"").as_str())
                    }
                    None => answer,
                }
            }
            Err(message) => refused(400, message),
        }
    }
}

impl Search {
    /// One page, and the cursor of the next.
    fn page(&self, query: &[(String, String)]) -> Result<(Value, Option<String>), &'static str> {
        let parameter = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        if parameter("limit") != Some("50") {
            return Err("The double knows pages of 50 only.");
        }
        let wanted: Option<Vec<&str>> = parameter("fsq_category_ids").map(|ids| ids.split(',').collect());
        if wanted.iter().flatten().any(|id| id.len() != 24) {
            return Err("Invalid value for fsq_category_ids.");
        }
        let is_wanted = |row: &&Value| {
            wanted.as_ref().is_none_or(|wanted| {
                let categories = row["categories"].as_array().into_iter().flatten();
                categories.filter_map(|category| category["fsq_category_id"].as_str()).any(|id| wanted.contains(&id))
            })
        };
        let area = match (parameter("ne").map(corner), parameter("sw").map(corner)) {
            (Some(Some(ne)), Some(Some(sw))) => Some((ne, sw)),
            (None, None) => None,
            _ => return Err("Invalid value for ne or sw."),
        };
        let found: Vec<Value> = match area.filter(|_| self.mood != Mood::Forgetful) {
            Some((ne, sw)) => self.rows.iter().filter(is_wanted).filter(|row| inside(row, ne, sw)).cloned().collect(),
            None => near_the_data_centre(),
        };
        // The cursor is an offset that nobody should look into.
        let cursor =
            parameter("cursor").map_or(Some(0), |cursor| cursor.strip_prefix("c3I6").and_then(|at| at.parse().ok()));
        let Some(from): Option<usize> = cursor else { return Err("Invalid cursor.") };
        let from = if self.mood == Mood::Endless { 0 } else { from };
        let fields: Vec<&str> = parameter("fields").unwrap_or_default().split(',').collect();
        let page: Vec<Value> = found.iter().skip(from).take(PAGE).map(|row| with_fields(row, &fields)).collect();
        let next = match self.mood {
            Mood::Circling => Some(from),
            Mood::Endless => Some(fastrand::usize(..1_000_000)),
            _ => Some(from + PAGE).filter(|next| *next < found.len()),
        };
        Ok((json!({ "results": page, "context": {} }), next.map(|next| format!("c3I6{next}"))))
    }
}

fn corner(text: &str) -> Option<(f64, f64)> {
    let (lat, lng) = text.split_once(',')?;
    Some((lat.parse().ok()?, lng.parse().ok()?))
}

/// Where the provider has no position, the row comes for every box that is asked.
fn inside(row: &Value, ne: (f64, f64), sw: (f64, f64)) -> bool {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let (Some(lat), Some(lng)) = (number(&row["latitude"]), number(&row["longitude"])) else { return true };
    (sw.0..=ne.0).contains(&lat) && (sw.1..=ne.1).contains(&lng)
}

fn near_the_data_centre() -> Vec<Value> {
    (0..9)
        .map(|number| {
            json!({"fsq_place_id": format!("{number:024x}"), "name": "Far Away", "latitude": 45.84, "longitude": -119.7,
                   "categories": [category("restaurant")], "location": {}})
        })
        .collect()
}

fn with_fields(row: &Value, fields: &[&str]) -> Value {
    let members = row.as_object().into_iter().flatten().filter(|(name, _)| fields.contains(&name.as_str()));
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}

const CATEGORIES: [(&str, &str, &str); 11] = [
    ("restaurant", "4d4b7105d754a06374d81259", "Restaurant"),
    ("cafe", "4bf58dd8d48988d16d941735", "Café"),
    ("bar", "4bf58dd8d48988d116941735", "Bar"),
    ("bakery", "4bf58dd8d48988d16a941735", "Bakery"),
    ("seafood_restaurant", "4bf58dd8d48988d1ce941735", "Seafood Restaurant"),
    ("italian_restaurant", "4bf58dd8d48988d110941735", "Italian Restaurant"),
    ("coffee_shop", "4bf58dd8d48988d1e0931735", "Coffee Shop"),
    ("wine_bar", "4bf58dd8d48988d123941735", "Wine Bar"),
    ("japanese_restaurant", "4bf58dd8d48988d111941735", "Japanese Restaurant"),
    ("pub", "4bf58dd8d48988d11b941735", "Pub"),
    ("pizza_restaurant", "4bf58dd8d48988d1ca941735", "Pizzeria"),
];

fn category(kind: &str) -> Value {
    let known = CATEGORIES.iter().find(|(name, _, _)| *name == kind);
    // A category that no mapping knows yet: it must pass.
    let (_, id, name) = known.copied().unwrap_or(("", "6a00000000000000000000aa", "Tidal Kitchen"));
    let icon = json!({"prefix": "https://icons.example/food_", "suffix": ".png"});
    json!({"fsq_category_id": id, "name": name, "short_name": name, "plural_name": format!("{name}s"), "icon": icon})
}

/// A place of the town as Foursquare would describe it: its scales, its week, its gaps.
fn row(number: usize, place: &Place) -> Value {
    let theirs = &place.row;
    let kinds: Vec<&str> =
        place.types().filter(|kind| !["food", "store", "point_of_interest", "establishment"].contains(kind)).collect();
    let street = theirs["formattedAddress"].as_str().unwrap_or_default();
    let mut row = json!({
        "fsq_place_id": format!("5ea{:021x}", number * 7_919),
        "name": theirs["displayName"]["text"],
        "latitude": theirs["location"]["latitude"],
        "longitude": theirs["location"]["longitude"],
        "location": {"address": street.split(',').next(), "locality": "Vila do Farol", "country": "PT", "formatted_address": street},
        "categories": kinds.iter().take(2).map(|kind| category(kind)).collect::<Vec<_>>(),
        "date_refreshed": "2026-10-30",
        "related_places": {"children": [{"name": "Terrace"}]},
    });
    if let Some(stars) = theirs["rating"].as_f64() {
        row["rating"] = json!((stars * 20.0).round() / 10.0);
    }
    row["price"] = match theirs["priceLevel"].as_str() {
        Some("PRICE_LEVEL_INEXPENSIVE") => json!(1),
        // Written as a text now and then.
        Some("PRICE_LEVEL_MODERATE") => {
            if number.is_multiple_of(5) {
                json!("2")
            } else {
                json!(2)
            }
        }
        Some("PRICE_LEVEL_EXPENSIVE") => json!(3),
        Some("PRICE_LEVEL_VERY_EXPENSIVE") => json!(4),
        _ => Value::Null,
    };
    row["hours"] = hours(number, &theirs["regularOpeningHours"]["periods"]);
    match theirs["businessStatus"].as_str() {
        Some("CLOSED_PERMANENTLY") => row["date_closed"] = json!("2026-03-01"),
        Some("FUTURE_OPENING") => row["unresolved_flags"] = json!(["doesnt_exist"]),
        Some("CLOSED_TEMPORARILY") => row["unresolved_flags"] = json!(["closed"]),
        _ => {}
    }
    if number % 59 == 9 {
        row["unresolved_flags"] = json!(["duplicate"]);
    }
    row
}

/// The same week in Foursquare's form: 1 is Monday, and what is past midnight has a plus, mostly.
fn hours(number: usize, periods: &Value) -> Value {
    let Some(periods) = periods.as_array() else {
        // What is known of no hours.
        return if number.is_multiple_of(2) {
            json!({})
        } else {
            json!({"is_local_holiday": false, "open_now": false})
        };
    };
    let day = |point: &Value| match point["day"].as_u64() {
        Some(0) | None => 7,
        Some(day) => day,
    };
    let clock = |point: &Value| {
        format!("{:02}{:02}", point["hour"].as_u64().unwrap_or(0), point["minute"].as_u64().unwrap_or(0))
    };
    let mut regular = Vec::new();
    for period in periods {
        let (open, close) = (&period["open"], &period["close"]);
        if close.is_null() {
            regular.extend((1..=7).map(|day| json!({"day": day, "open": "0000", "close": "+0000"})));
            continue;
        }
        let next_day = open["day"] != close["day"];
        let plus = if next_day && !number.is_multiple_of(5) { "+" } else { "" };
        regular.push(json!({"day": day(open), "open": clock(open), "close": format!("{plus}{}", clock(close))}));
    }
    let display = format!("Open {} times a week; see the door", regular.len());
    json!({"display": display, "is_local_holiday": false, "open_now": false, "regular": regular})
}
