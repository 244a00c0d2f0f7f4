//! `places:searchNearby` and `places:searchText` over the invented city: caps, order, pages, what is refused, what is billed, and when each
//! request came. What is not documented is marked in `question.rs` by what the double says of itself.

mod question;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::city::Place;
pub(crate) use question::{Call, Refusal, Tier};
use question::{masked, refused};

/// The key that the double accepts.
pub(crate) const KEY: &str = "AIzaInventedKeyOfTheDouble-0123456789ab";

/// The provider measures on a sphere of its own: not quite ours.
const EARTH_M: f64 = 6_378_137.0;
const CAP: usize = 20;

/// Rows of Text Search over all pages.
const PAGED_CAP: usize = 60;

/// How a double behaves beside answering.
#[derive(Clone, Copy)]
pub(crate) struct Manners {
    /// How long it takes over an answer.
    pub(crate) delay: Duration,
    /// After this many answers it takes questions and never answers.
    pub(crate) stalls_after: Option<u64>,
    /// Its errors repeat the key that it was asked with, in several spellings.
    pub(crate) echoes_key: bool,
    /// More requests of a call than this in this time are too many: what the provider's minute is, in little.
    pub(crate) minute: Option<(usize, Duration)>,
    /// More requests of a call than this are too many for a day.
    pub(crate) a_day: Option<usize>,
    /// One venue in so many is never found by its text: Text Search finds it irrelevant.
    pub(crate) irrelevant: Option<usize>,
    /// Tokens of pages are refused.
    pub(crate) forgets_pages: bool,
}

impl Manners {
    pub(crate) const GOOD: Self = Self {
        delay: Duration::ZERO,
        stalls_after: None,
        echoes_key: false,
        minute: None,
        a_day: None,
        irrelevant: None,
        forgets_pages: false,
    };
}

/// A running double.
pub(crate) struct Double {
    server: MockServer,
    desk: Arc<Desk>,
}

impl Double {
    /// Serves a city.
    pub(crate) async fn serve(city: Vec<Place>) -> Self {
        Self::serve_with(city, Manners::GOOD).await
    }

    /// Serves a city with manners of its own.
    pub(crate) async fn serve_with(city: Vec<Place>, manners: Manners) -> Self {
        let (server, desk) = (MockServer::start().await, Arc::new(Desk::new(city, manners)));
        for call in [Call::Nearby, Call::Text] {
            let clerk = Clerk { call, desk: Arc::clone(&desk) };
            Mock::given(method("POST")).and(path(call.path())).respond_with(clerk).mount(&server).await;
        }
        Self { server, desk }
    }

    /// Behaves otherwise from now on.
    pub(crate) fn mend(&self, manners: Manners) {
        self.desk.mend(manners);
    }

    /// What to put into `GOOGLE_PLACES_BASE_URL`.
    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// Requests that were answered with places, or would have been if nobody had waited in vain.
    pub(crate) fn asked(&self) -> u64 {
        self.desk.answered()
    }

    /// The bodies of those requests, in their order.
    pub(crate) fn questions(&self) -> Vec<Value> {
        self.desk.questions()
    }

    /// Answers by call and by what decided their price.
    pub(crate) fn bill(&self) -> BTreeMap<(Call, Tier), u64> {
        self.desk.bill()
    }

    /// What the answers cost, in millionths of a dollar, before anything that is free of a month.
    pub(crate) fn cost(&self) -> u64 {
        self.desk.cost()
    }

    /// When each request of a call came, refused ones too.
    pub(crate) fn instants(&self, call: Call) -> Vec<Instant> {
        self.desk.instants(call)
    }

    /// The most requests of a call that came within some time, wherever it begins.
    pub(crate) fn busiest(&self, call: Call, window: Duration) -> usize {
        let instants = self.instants(call);
        let until = |first: &Instant| instants.iter().filter(|at| (*first..*first + window).contains(*at)).count();
        instants.iter().map(until).max().unwrap_or(0)
    }
}

/// Who takes the questions of one call.
struct Clerk {
    call: Call,
    desk: Arc<Desk>,
}

impl Respond for Clerk {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        /// Longer than any client waits.
        const NEVER: Duration = Duration::from_hours(1);
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let key = header("x-goog-api-key");
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let manners = self.desk.manners();
        let before = self.desk.answered();
        match self.desk.ask(self.call, key, header("x-goog-fieldmask"), &body) {
            Ok(places) => {
                let stalls = manners.stalls_after.is_some_and(|many| before >= many);
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

/// The double without its server: it answers, bills and remembers.
pub(crate) struct Desk {
    city: Vec<Place>,
    books: Mutex<Books>,
}

struct Books {
    manners: Manners,
    questions: Vec<Value>,
    bill: BTreeMap<(Call, Tier), u64>,
    came: Vec<(Call, Instant)>,
}

impl Desk {
    pub(crate) fn new(city: Vec<Place>, manners: Manners) -> Self {
        let books = Books { manners, questions: Vec::new(), bill: BTreeMap::new(), came: Vec::new() };
        Self { city, books: Mutex::new(books) }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("no test panics in here")
    }

    fn manners(&self) -> Manners {
        self.books().manners
    }

    pub(crate) fn mend(&self, manners: Manners) {
        self.books().manners = manners;
    }

    pub(crate) fn questions(&self) -> Vec<Value> {
        self.books().questions.clone()
    }

    fn answered(&self) -> u64 {
        u64::try_from(self.books().questions.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn bill(&self) -> BTreeMap<(Call, Tier), u64> {
        self.books().bill.clone()
    }

    /// The price list's first step.
    pub(crate) fn cost(&self) -> u64 {
        let price = |tier: &Tier| match tier {
            Tier::IdsOnly => 0,
            Tier::Pro => 32_000,
            Tier::Enterprise => 35_000,
            Tier::Atmosphere => 40_000,
        };
        self.books().bill.iter().map(|((_, tier), many)| many * price(tier)).sum()
    }

    pub(crate) fn instants(&self, call: Call) -> Vec<Instant> {
        self.books().came.iter().filter(|(came, _)| *came == call).map(|(_, at)| *at).collect()
    }

    /// The provider's answer to one question, or its error. Answers are billed, whatever they hold.
    pub(crate) fn ask(&self, call: Call, key: &str, mask: &str, body: &Value) -> Result<Value, Refusal> {
        if key != KEY {
            return Err(refused("API key not valid. Please pass a valid API key.", Some("API_KEY_INVALID")));
        }
        self.books().came.push((call, Instant::now()));
        self.throttle(call)?;
        let tier = question::tier(call, mask)?;
        question::check_members(call, body)?;
        let answer = match call {
            Call::Nearby => nearby(&self.city, mask, body)?,
            Call::Text => text(&self.city, mask, body, self.manners())?,
        };
        let mut books = self.books();
        books.questions.push(body.clone());
        *books.bill.entry((call, tier)).or_default() += 1;
        Ok(answer)
    }

    fn throttle(&self, call: Call) -> Result<(), Refusal> {
        let manners = self.manners();
        if manners.a_day.is_none() && manners.minute.is_none() {
            return Ok(());
        }
        let came = self.instants(call);
        if manners.a_day.is_some_and(|most| came.len() > most) {
            return Err(question::throttled(call, "PerDay"));
        }
        let Some((most, window)) = manners.minute else { return Ok(()) };
        let now = came.last().copied().unwrap_or_else(Instant::now);
        let lately = came.iter().filter(|at| now.duration_since(**at) < window).count();
        if lately > most { Err(question::throttled(call, "PerMinute")) } else { Ok(()) }
    }
}

/// The nearest, or the best known, 20 at most: there are no further pages.
fn nearby(city: &[Place], mask: &str, body: &Value) -> Result<Value, Refusal> {
    let ((lat, lng), radius) = question::circle(body)?;
    let most = question::rows(body, "maxResultCount")?;
    let order = question::word(body, "rankPreference", &["POPULARITY", "DISTANCE"])?;
    let [wanted, unwanted] = [question::types(body, "includedTypes")?, question::types(body, "excludedTypes")?];
    let [primary, no_primary] =
        [question::types(body, "includedPrimaryTypes")?, question::types(body, "excludedPrimaryTypes")?];
    if let Some(both) = wanted.iter().find(|kind| unwanted.contains(kind)) {
        return Err(refused(&format!("Type {both} is both included and excluded."), None));
    }
    let fits = |place: &Place| {
        let main = place.row["primaryType"].as_str().unwrap_or_default();
        let all = wanted.is_empty() && primary.is_empty();
        let asked = all || place.types().any(|kind| wanted.contains(&kind)) || primary.contains(&main);
        asked && !place.types().any(|kind| unwanted.contains(&kind)) && !no_primary.contains(&main)
    };
    // Told more cheaply of most places than how far they are and what they are.
    let beyond = radius / EARTH_M;
    let mut near: Vec<(f64, &Place)> = city
        .iter()
        .filter(|place| (place.lat - lat).to_radians().abs() <= beyond)
        .map(|place| (distance(lat, lng, place.lat, place.lng), place))
        .filter(|(metres, place)| *metres <= radius && fits(place))
        .collect();
    match order {
        "DISTANCE" => near.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id().cmp(b.1.id()))),
        _ => near.sort_by_key(|(_, place)| renown(place, "")),
    }
    let places: Vec<Value> = near.into_iter().take(most.min(CAP)).map(|(_, place)| masked(&place.row, mask)).collect();
    Ok(if places.is_empty() { json!({}) } else { json!({ "places": places }) })
}

/// The most relevant in a rectangle, a page of them, 60 over all pages.
fn text(city: &[Place], mask: &str, body: &Value, manners: Manners) -> Result<Value, Refusal> {
    let query = body["textQuery"].as_str().filter(|query| !query.is_empty());
    let Some(query) = query else { return Err(refused("Empty text_query.", None)) };
    let [south, west, north, east] = question::rectangle(body)?;
    let size = question::rows(body, "pageSize")?;
    question::word(body, "rankPreference", &["RELEVANCE", "DISTANCE"])?;
    let kind = match &body["includedType"] {
        Value::Null => None,
        one => Some(one.as_str().ok_or_else(|| refused("Invalid value at 'included_type'.", None))?),
    };
    question::types(&json!({ "includedTypes": kind.map_or(vec![], |kind| vec![kind]) }), "includedTypes")?;
    let strict = body["strictTypeFiltering"].as_bool().unwrap_or(false);
    let homeless = body["includePureServiceAreaBusinesses"].as_bool().unwrap_or(false);
    if manners.forgets_pages && body.get("pageToken").is_some() {
        return Err(refused("Invalid page_token: it has expired.", None));
    }
    let offset = question::offset(body)?;
    let inside = |place: &Place| {
        let across =
            if west > east { place.lng >= west || place.lng <= east } else { (west..=east).contains(&place.lng) };
        across && (south..=north).contains(&place.lat)
    };
    let relevant = |index: usize| manners.irrelevant.is_none_or(|each| !index.is_multiple_of(each));
    let mut found: Vec<&Place> = city
        .iter()
        .enumerate()
        .filter(|(index, place)| relevant(*index) && inside(place))
        .map(|(_, place)| place)
        // Whoever comes to their customers has no place of their own.
        .filter(|place| homeless || place.row.get("location").is_some())
        // Where the type is only a wish, whatever fits the words is found, too; in the double that is everything.
        .filter(|place| !strict || kind.is_none_or(|kind| place.types().any(|other| other == kind)))
        .collect();
    found.sort_by_key(|place| renown(place, query));
    found.truncate(PAGED_CAP);
    let places: Vec<Value> = found.iter().skip(offset).take(size).map(|place| masked(&place.row, mask)).collect();
    let mut answer = if places.is_empty() { json!({}) } else { json!({ "places": places }) };
    if offset + size < found.len() && mask.split(',').any(|path| path == "nextPageToken" || path == "*") {
        answer["nextPageToken"] = json!(question::page_token(body, offset + size));
    }
    Ok(answer)
}

/// How well known or how relevant a place is: nothing to do with where it is.
fn renown(place: &Place, query: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    place.id().bytes().chain(query.bytes()).fold(0xcbf2_9ce4_8422_2325, mix)
}

fn distance(lat_a: f64, lng_a: f64, lat_b: f64, lng_b: f64) -> f64 {
    let (a, b) = (lat_a.to_radians(), lat_b.to_radians());
    let half_lat = (b - a) / 2.0;
    let half_lng = (lng_b - lng_a).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + a.cos() * b.cos() * half_lng.sin().powi(2);
    2.0 * EARTH_M * h.sqrt().min(1.0).asin()
}
