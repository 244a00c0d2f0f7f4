//! `/api/interpreter` of an Overpass server over the invented city, drawn as a mapper would: points and outlines, `;` lists, hours in
//! many spellings, things that are no longer there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::city::Place;

/// Elements that one answer holds at most: more is more than the declared memory, and is said so in a remark.
const MEMORY: usize = 100;

/// A running double.
pub(crate) struct Double {
    server: MockServer,
    map: Interpreter,
}

impl Double {
    /// Serves a city.
    pub(crate) async fn serve(city: &[Place]) -> Self {
        let server = MockServer::start().await;
        let elements = city.iter().enumerate().map(|(number, place)| element(number, place)).collect();
        let map = Interpreter { elements, asked: Arc::default(), callers: Arc::default() };
        Mock::given(method("POST")).and(path("/api/interpreter")).respond_with(map.clone()).mount(&server).await;
        Self { server, map }
    }

    /// What to put into `OVERPASS_BASE_URL`.
    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// Queries that were answered, also with a remark.
    pub(crate) fn asked(&self) -> u64 {
        self.map.asked.load(Ordering::Relaxed)
    }

    /// What the callers said they are, in the order of their queries.
    pub(crate) fn callers(&self) -> Vec<String> {
        self.map.callers.lock().expect("no test panics in here").clone()
    }
}

#[derive(Clone)]
struct Interpreter {
    elements: Arc<[Value]>,
    asked: Arc<AtomicU64>,
    callers: Arc<Mutex<Vec<String>>>,
}

impl Respond for Interpreter {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let caller = request.headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.callers.lock().expect("no test panics in here").push(caller.to_owned());
        if !caller.contains('/') {
            return ResponseTemplate::new(406);
        }
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let query = form.iter().find(|(name, _)| name == "data").map_or("", |(_, query)| query);
        self.asked.fetch_add(1, Ordering::Relaxed);
        match answer(&self.elements, query) {
            Some(answer) => ResponseTemplate::new(200).set_body_json(answer),
            None => ResponseTemplate::new(400).set_body_raw(
                "<html><body><p><strong>Error</strong>: line 1: parse error: the double knows one form only</p></body></html>",
                "text/html",
            ),
        }
    }
}

/// The answer to one query of the form that we send; none for any other.
fn answer(elements: &[Value], query: &str) -> Option<Value> {
    let (_, statements) = query.strip_prefix("[out:json][timeout:")?.split_once("];\n(\n")?;
    let statements = statements.strip_suffix(");\nout center tags;\n")?;
    let wanted: Vec<Statement> = statements.lines().map(statement).collect::<Option<_>>()?;
    let inside = |element: &Value, [south, west, north, east]: [f64; 4]| {
        let at = if element["center"].is_object() { &element["center"] } else { element };
        // An outline without a middle lies somewhere: it is found everywhere.
        let (Some(lat), Some(lon)) = (at["lat"].as_f64(), at["lon"].as_f64()) else { return true };
        (south..=north).contains(&lat) && (west..=east).contains(&lon)
    };
    let is_wanted = |element: &&Value| {
        wanted.iter().any(|Statement { points_only, key, values, edges }| {
            let tag = element["tags"][key].as_str().unwrap_or_default();
            (!points_only || element["type"] == "node")
                && inside(element, *edges)
                && tag.split(';').any(|value| values.iter().any(|wanted| wanted == value.trim()))
        })
    };
    let found: Vec<&Value> = elements.iter().filter(is_wanted).collect();
    let mut answer = json!({
        "version": 0.6,
        "generator": "Overpass API (double)",
        "osm3s": {"timestamp_osm_base": "2026-11-22T09:00:00Z", "copyright": "The data is invented."},
    });
    if found.len() > MEMORY {
        answer["elements"] = json!(&found[..MEMORY / 2]);
        answer["remark"] = json!("runtime error: Query run out of memory using about 256 MB of RAM.");
    } else {
        answer["elements"] = json!(found);
    }
    Some(answer)
}

struct Statement {
    points_only: bool,
    key: String,
    values: Vec<String>,
    /// South, west, north, east.
    edges: [f64; 4],
}

/// `nwr["amenity"~"(^|;) *(bar|cafe) *(;|$)"](38.7,-9.15,38.72,-9.12);`, with or without a further filter, or `node` for `nwr`.
fn statement(line: &str) -> Option<Statement> {
    let points_only = line.starts_with("node[");
    let rest = line.strip_prefix(if points_only { "node[\"" } else { "nwr[\"" })?;
    let (key, rest) = rest.split_once("\"~\"(^|;) *(")?;
    let (values, rest) = rest.split_once(") *(;|$)\"]")?;
    let (_, edges) = rest.strip_suffix(");")?.rsplit_once('(')?;
    let edges: Vec<f64> = edges.split(',').map(|edge| edge.parse().ok()).collect::<Option<_>>()?;
    let values = values.split('|').map(str::to_owned).collect();
    Some(Statement { points_only, key: key.to_owned(), values, edges: edges.try_into().ok()? })
}

/// What a mapper makes of a place.
fn element(number: usize, place: &Place) -> Value {
    let row = &place.row;
    let mut tags = Map::new();
    let mut tag = |key: &str, value: &str| tags.insert(key.to_owned(), json!(value));
    for (key, value) in kind(place.types().next().unwrap_or_default()) {
        let closed = row["businessStatus"] == "CLOSED_PERMANENTLY" && *key != "cuisine";
        tag(&if closed { format!("disused:{key}") } else { (*key).to_owned() }, value);
    }
    if let Some(name) = row["displayName"]["text"].as_str() {
        // Some are known by a name in one language only.
        let language = row["displayName"]["languageCode"].as_str().filter(|language| *language != "pt");
        match language.filter(|_| number % 2 == 1) {
            Some(language) => tag(&format!("name:{language}"), name),
            None => tag("name", name),
        };
    }
    if !number.is_multiple_of(3) {
        tag("addr:street", &format!("Rua {}", ["Azul", "da Ilha", "do Porto", "Nova"][number % 4]));
        tag("addr:housenumber", &(1 + number % 80).to_string());
        tag("addr:postcode", &format!("9999-{number:03}"));
        tag("addr:city", "Vila do Farol");
    }
    if let Some(hours) = hours(number) {
        tag("opening_hours", hours);
    }
    let id = 8_000_000_000_u64 + number as u64;
    let here = row.get("location").is_some();
    match (number % 5, here) {
        (2, true) => json!({"type": "way", "id": id, "center": {"lat": place.lat, "lon": place.lng}, "tags": tags}),
        (_, true) => json!({"type": "node", "id": id, "lat": place.lat, "lon": place.lng, "tags": tags}),
        (_, false) => json!({"type": "way", "id": id, "tags": tags}),
    }
}

fn kind(word: &str) -> &'static [(&'static str, &'static str)] {
    match word {
        "cafe" => &[("amenity", "cafe")],
        "bar" => &[("amenity", "bar;cafe")],
        "bakery" => &[("shop", "bakery")],
        "seafood_restaurant" => &[("amenity", "restaurant"), ("cuisine", "seafood; regional")],
        "italian_restaurant" => &[("amenity", "restaurant"), ("cuisine", "italian;pizza")],
        "coffee_shop" => &[("amenity", "cafe"), ("cuisine", "coffee_shop")],
        "wine_bar" => &[("amenity", "bar"), ("cuisine", "wine")],
        "japanese_restaurant" => &[("amenity", "restaurant"), ("cuisine", "japanese")],
        "pub" => &[("amenity", "pub")],
        "pizza_restaurant" => &[("amenity", "fast_food"), ("cuisine", "pizza")],
        // A cuisine that no mapping knows yet.
        "tidal_kitchen" => &[("amenity", "restaurant"), ("cuisine", "tidal")],
        _ => &[("amenity", "restaurant")],
    }
}

/// Every kind of value: plain weeks in several spellings, weeks that are none, and words.
fn hours(number: usize) -> Option<&'static str> {
    const SPELLINGS: [&str; 20] = [
        "Mo-Su 09:00-18:30",
        "Mo-Sa 12:00-15:00,19:00-23:00",
        "Th-Sa 22:00-04:00",
        "Mo-Su 17:00-24:00",
        "24/7",
        "Mo-Fr 07:00-23:59; Sa 10:00-14:00",
        "Mo – Fr 08:30–19:00",
        "8am-5pm",
        "Mo-Fr 9.00-18.00;",
        "Mo,Mi,Fr 10:00-20:00; So 12:00-18:00",
        "Tu-Su 12:00-15:00, Fr,Sa 19:00-01:00",
        "Mo-Fr 10:00-18:00 Sa 10:00-13:00",
        "Mo-Fr 09:00-17:00; PH off",
        "Apr-Oct: Mo-Su 10:00-22:00; Nov-Mar: Th-Su 11:00-18:00",
        "Mo-Su 18:00+",
        "\"by appointment\"",
        "Mo-Fr 08:00-16:00 || \"on appointment\"",
        "sunrise-sunset",
        "when the boat is in",
        "off",
    ];
    SPELLINGS.get(number % 26).copied()
}
