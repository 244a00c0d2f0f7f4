//! The most memory that a worker has: of a run over few venues and over ten times as many, recorded and then replayed, each into an empty
//! database. `cargo bench --bench memory -- google 1000000` is for one provider and as many venues as you say; it takes its time, and
//! the recordings some kilobytes a request in the folder for temporary files. Google answers with twenty venues at most, which takes the most
//! planning; a map server with all of an area, in the largest answers there are.
//!
//! The venues stand on a lattice without end, each a little off its place, so that the provider's answers are reckoned and not looked up.

#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]
#![expect(clippy::print_stdout, reason = "a bench is there to be read")]

mod peak;
#[path = "../tests/support/mod.rs"]
mod support;

use serde_json::{Value, json};
use support::database::TestDatabase;
use support::desk::Desk;
use venue_sync::migrate;
use venue_sync::store::Database;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Metres from one venue to the next.
const APART_M: f64 = 70.0;
const METRES_PER_DEGREE: f64 = 111_319.5;
/// The corner of every region, degrees: a lattice by the equator is the same everywhere.
const CORNER: (f64, f64) = (0.0, -30.0);
const CAP: usize = 20;
const PROVIDERS: [&str; 2] = ["google", "osm"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know whether it works.
    let many = if arguments.iter().any(|argument| argument == "--bench") { 40_000 } else { 900 };
    let many = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(many);
    println!("{:>9} {:>9} {:>9} {:>12} {:>9} {:>14}", "", "venues", "", "most, KiB", "s", "venues a second");
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let only = PROVIDERS.into_iter().find(|provider| arguments.iter().any(|argument| argument == provider));
        for provider in PROVIDERS.into_iter().filter(|provider| only.is_none_or(|only| only == *provider)) {
            let few = measure(provider, many / 10).await;
            let most = measure(provider, many).await;
            let times = [0, 1].map(|way| f64::from(most[way]) / f64::from(few[way]));
            println!("ten times the venues: {:.2} times the memory, {:.2} times in a replay", times[0], times[1]);
        }
    });
}

async fn measure(provider: &'static str, venues: u32) -> [u32; 2] {
    let server = MockServer::builder().disable_request_recording().start().await;
    Mock::given(path("/api/interpreter")).respond_with(Map).with_priority(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(Lattice).mount(&server).await;
    let side = f64::from(venues).sqrt() * APART_M / METRES_PER_DEGREE;
    let [south, west] = [CORNER.0, CORNER.1];
    let area = format!("{west:.6},{south:.6},{:.6},{:.6}", west + side, south + side);
    let area =
        ["sync", "--provider", provider, &format!("--bbox={area}"), "--types", "restaurant", "--concurrency", "8"];
    let pace = "requests_per_second = 1000\n";
    let mut desk = Desk::new()
        .with_file("venues.toml", format!("[providers.google]\n{pace}[providers.osm]\n{pace}"))
        .with("OVERPASS_BASE_URL", &server.uri())
        .with("GOOGLE_PLACES_BASE_URL", &server.uri())
        .with("GOOGLE_PLACES_API_KEY", "AIzaInventedForTests");
    let mut most = [0, 0];
    for (found, (how, name)) in most.iter_mut().zip([("--record", "live"), ("--replay", "replay")]) {
        let guard = TestDatabase::create().await;
        let database = Database::connect(&guard.url(), 2).await.unwrap();
        migrate::up(&database, migrate::Files::embedded(), &migrate::Options::default()).await.unwrap();
        database.close().await;
        desk.variables.retain(|(name, _)| *name != "DATABASE_URL");
        desk.variables.push(("DATABASE_URL", guard.url()));
        let words: Vec<&str> = area.into_iter().chain([how, "recordings", "-q"]).collect();
        let (kib, took, ended) = tokio::task::block_in_place(|| peak::of(&mut desk.command(&words)));
        assert!(ended.success(), "{ended}");
        let count: i64 =
            sqlx::query_scalar("select count(*) from venues").fetch_one(&mut guard.connect().await).await.unwrap();
        // What stands on the border is in or out by a rounding.
        assert!((f64::from(venues) * 0.9..f64::from(venues) * 1.2).contains(&f64::from(u32::try_from(count).unwrap())));
        let seconds = took.as_secs_f64();
        println!("{provider:>9} {count:9} {name:>9} {kib:12} {seconds:9.1} {:14.0}", f64::from(venues) / seconds);
        *found = kib;
    }
    most
}

/// Answers with what is nearest on the lattice.
struct Lattice;

impl Respond for Lattice {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let mask = request.headers.get("x-goog-fieldmask").unwrap().to_str().unwrap();
        let whole = mask.contains("displayName");
        let number = |value: &Value| value.as_f64().unwrap();
        let circle = &body["locationRestriction"]["circle"];
        if circle.is_object() {
            let (lat, lng) = (number(&circle["center"]["latitude"]), number(&circle["center"]["longitude"]));
            return answer(nearest(lat, lng, number(&circle["radius"])), whole, None);
        }
        if body["includedType"] != "restaurant" {
            return answer(Vec::new(), whole, None);
        }
        let corners = &body["locationRestriction"]["rectangle"];
        let corner = |name: &str| (number(&corners[name]["latitude"]), number(&corners[name]["longitude"]));
        let from = body["pageToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let inside = inside(corner("low"), corner("high"), 3 * CAP);
        let next = (from + CAP < inside.len()).then(|| (from + CAP).to_string());
        answer(inside.into_iter().skip(from).take(CAP).collect(), whole, next)
    }
}

/// Answers with all that is on the lattice in a box, as points of a map.
struct Map;

impl Respond for Map {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        // The last statement is for points, and has the larger box.
        let edges = form[0].1.lines().rfind(|line| line.starts_with("node")).unwrap();
        let edges = edges.strip_suffix(");").unwrap().rsplit_once('(').unwrap().1;
        let edges: Vec<f64> = edges.split(',').map(|edge| edge.parse().unwrap()).collect();
        let found = inside((edges[0], edges[1]), (edges[2], edges[3]), usize::MAX);
        // The map ends at the corner of the region.
        let here = found.into_iter().filter(|(row, column)| *row >= 0.0 && *column >= 0.0);
        let elements: Vec<Value> = here.map(point).collect();
        ResponseTemplate::new(200).set_body_json(json!({
            "version": 0.6,
            "osm3s": { "timestamp_osm_base": "2026-11-22T09:00:00Z", "copyright": "The data is invented." },
            "elements": elements,
        }))
    }
}

fn point(place: Place) -> Value {
    let (row, column) = place;
    let (lat, lng) = position(place);
    json!({
        "type": "node",
        "id": format!("{row:.0}{column:06.0}").parse::<u64>().unwrap(),
        "lat": lat,
        "lon": lng,
        "tags": {
            "amenity": "restaurant",
            "name": format!("Venue {row:.0} of {column:.0}"),
            "addr:street": "Lattice Road",
            "addr:housenumber": format!("{row:.0}"),
            "opening_hours": "Mo-Su 09:00-22:30",
            "cuisine": "regional",
            "phone": "+351 000 000 000",
            "website": format!("https://example.org/{row:.0}/{column:.0}"),
        },
    })
}

/// A venue's row and column on the lattice.
type Place = (f64, f64);

fn answer(places: Vec<Place>, whole: bool, next: Option<String>) -> ResponseTemplate {
    let mut answer = json!({});
    if !places.is_empty() {
        answer["places"] = places.into_iter().map(|place| venue(place, whole)).collect();
    }
    if let Some(next) = next {
        answer["nextPageToken"] = json!(next);
    }
    ResponseTemplate::new(200).set_body_json(answer)
}

fn on_the_lattice(degrees: f64, from: f64) -> f64 {
    (degrees - from) * METRES_PER_DEGREE / APART_M
}

fn degrees(steps: f64, from: f64) -> f64 {
    from + steps * APART_M / METRES_PER_DEGREE
}

/// Where a venue stands, degrees: up to nine twentieths of a step from its place.
fn position((row, column): Place) -> (f64, f64) {
    let off = |salt: f64| {
        let wave = (row * 12.9898 + column * 78.233 + salt).sin() * 43_758.545;
        (wave - wave.floor() - 0.5) * 0.9
    };
    (degrees(row + off(0.0), CORNER.0), degrees(column + off(1.0), CORNER.1))
}

/// So many of the venues in a box at most.
fn inside((south, west): (f64, f64), (north, east): (f64, f64), most: usize) -> Vec<Place> {
    let mut found = Vec::new();
    let mut row = on_the_lattice(south, CORNER.0).floor();
    while row <= on_the_lattice(north, CORNER.0).ceil() {
        let mut column = on_the_lattice(west, CORNER.1).floor();
        while column <= on_the_lattice(east, CORNER.1).ceil() {
            let (lat, lng) = position((row, column));
            if (south..=north).contains(&lat) && (west..=east).contains(&lng) {
                found.push((row, column));
            }
            if found.len() == most {
                return found;
            }
            column += 1.0;
        }
        row += 1.0;
    }
    found
}

/// The cap's worth of venues, nearest first.
fn nearest(lat: f64, lng: f64, radius_m: f64) -> Vec<Place> {
    // Twenty of them lie within four steps of any point.
    const STEPS: i32 = 5;
    let (row, column) = (on_the_lattice(lat, CORNER.0).round(), on_the_lattice(lng, CORNER.1).round());
    let around = (-STEPS..=STEPS).flat_map(|up| (-STEPS..=STEPS).map(move |across| (up, across)));
    let mut near: Vec<(f64, Place)> = around
        .map(|(up, across)| {
            let place = (row + f64::from(up), column + f64::from(across));
            let (own_lat, own_lng) = position(place);
            let east = (own_lng - lng) * own_lat.to_radians().cos();
            ((own_lat - lat).hypot(east) * METRES_PER_DEGREE, place)
        })
        .filter(|(metres, _)| *metres <= radius_m)
        .collect();
    near.sort_by(|one, other| one.0.total_cmp(&other.0));
    near.into_iter().take(CAP).map(|(_, place)| place).collect()
}

fn venue((row, column): Place, whole: bool) -> Value {
    let id = format!("venue-{row:.0}-{column:.0}");
    let (lat, lng) = position((row, column));
    if !whole {
        return json!({ "id": id });
    }
    json!({
        "id": id,
        "displayName": { "text": format!("Venue {row:.0} of {column:.0}"), "languageCode": "en" },
        "location": { "latitude": lat, "longitude": lng },
        "formattedAddress": format!("{row:.0} Lattice Road"),
        "types": ["restaurant", "food", "point_of_interest", "establishment"],
        "primaryType": "restaurant",
        "businessStatus": "OPERATIONAL",
        "rating": 4.3,
        "priceLevel": "PRICE_LEVEL_MODERATE",
        "regularOpeningHours": { "periods": (0..7).map(|day| json!({
            "open": { "day": day, "hour": 9, "minute": 0 },
            "close": { "day": day, "hour": 22, "minute": 30 },
        })).collect::<Vec<_>>() },
    })
}
