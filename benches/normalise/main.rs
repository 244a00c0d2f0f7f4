//! Venues a second from the bytes of a full answer to rows that fit: judge, parse and normalise, beside a plain typed
//! `serde_json` parse of the same bytes, which is the least that anybody has to do. The answers are those of the demo's town,
//! moved to Lisbon, where time zones have borders.
//!
//! Half of the plain parse's speed is what is wanted. The map's rows are the hardest: the plain parse takes their tags as they are, a
//! fifth of the bytes of others' rows, and the whole way has yet to find in them what others say in members of their own. Hours of a
//! season, and whatever is not in the grammar's spelling, are read by the grammar's crate, at some dozens of microseconds each.
//!
//! On 27 November 2026: Google 82 %, Foursquare 60 %, Yelp 56 %, the map 60 % with its forms as often as on the map, 63 % where all hours
//! are plain weeks, 44 % where each form comes as often as any other. Two extracts of the map (154 and 116 rows) had 62 % and 61 %.
//!
//! `cargo bench --bench normalise -- FILE.json` measures an answer of your own, as it is; `-- osm` one provider's.

#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]
#![expect(clippy::print_stdout, reason = "a bench is there to be read")]

mod plain;
mod usual_hours;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::DateTime;
use serde_json::Value;
use usual_hours::Mix;
use venue_sync::model::{Area, Ask, Circle, Normalised, Position};
use venue_sync::normalise::normalise;
use venue_sync::provider::{self, Provider};
use venue_sync::wire::{Request, Response};

/// From the town of the demo to Lisbon, degrees.
const MOVED: (f64, f64) = (2.22, 20.87);

/// Rounds of both ways in turn; of each the fastest counts, which the machine's other work disturbs least.
const ROUNDS: usize = 200;

fn main() {
    // `cargo test --benches` only wants to know whether it works.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };
    println!("{:24} {:>5} {:>8} {:>12} {:>12} {:>9}", "", "rows", "bytes", "whole way", "plain parse", "of speed");
    let pages = [
        ("google", "places", full_page("google", "places"), plain::google as fn(&[u8])),
        ("foursquare", "results", full_page("foursquare", "results"), plain::foursquare),
        ("yelp", "businesses", full_page("yelp", "businesses"), plain::yelp),
        ("osm", "elements", usual_hours::put_in(&full_page("osm", "elements"), Mix::AsOnTheMap), plain::osm),
        (
            "osm, plain weeks only",
            "elements",
            usual_hours::put_in(&full_page("osm", "elements"), Mix::Plain),
            plain::osm,
        ),
        (
            "osm, each form alike",
            "elements",
            usual_hours::put_in(&full_page("osm", "elements"), Mix::Alike),
            plain::osm,
        ),
        ("osm, odd hours, on all", "elements", full_page("osm", "elements"), plain::osm),
    ];
    let only = std::env::args().nth(1).filter(|argument| !argument.starts_with('-')).unwrap_or_default();
    let file = Path::new(&only);
    if file.extension().is_some_and(|extension| extension == "json") {
        let body = std::fs::read(file).unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        for (title, list, _, plain) in pages {
            if let (Some(rows), false) = (answer[list].as_array(), title.contains(',')) {
                compare(title, rows.len(), body.clone(), plain, rounds);
            }
        }
        return;
    }
    for (title, list, rows, plain) in pages.into_iter().filter(|(title, ..)| title.starts_with(&only)) {
        let body = serde_json::json!({ list: rows }).to_string().into_bytes();
        let venues = compare(title, rows.len(), body, plain, rounds);
        assert_eq!(venues, rows.len());
    }
}

/// The rows of the longest answer among a provider's recordings, of which the reader loses none.
fn full_page(name: &str, list: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo").join(name);
    let recordings = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    let answers = recordings.filter_map(|bytes| {
        let mut recording: Value = serde_json::from_slice(&bytes).unwrap();
        match recording["response"]["body"]["json"][list].take() {
            Value::Array(rows) => Some(rows),
            _ => None,
        }
    });
    let mut rows = answers.max_by_key(Vec::len).unwrap();
    rows.iter_mut().for_each(move_to_lisbon);
    let provider = provider_of(name);
    let readable = |row: &Value| {
        let body = serde_json::json!({ list: [row] }).to_string().into_bytes();
        whole_way(provider.as_ref(), &question(provider.as_ref()), &answer(body)).len() == 1
    };
    rows.retain(readable);
    rows
}

fn move_to_lisbon(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let by = match name.as_str() {
                    "lat" | "latitude" => MOVED.0,
                    "lon" | "longitude" => MOVED.1,
                    _ => 0.0,
                };
                match member.as_f64().filter(|_| by != 0.0) {
                    Some(degrees) => *member = (((degrees + by) * 1e7).round() / 1e7).into(),
                    None => move_to_lisbon(member),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(move_to_lisbon),
        _ => {}
    }
}

/// Prints a line; how many rows of the body are venues.
fn compare(title: &str, rows: usize, body: Vec<u8>, plain: fn(&[u8]), rounds: usize) -> usize {
    let provider = provider_of(title.split(',').next().unwrap());
    let request = question(provider.as_ref());
    let response = answer(body);
    let mut fastest = [Duration::MAX; 2];
    let mut count = 0;
    for _ in 0..rounds {
        let begun = Instant::now();
        let venues = black_box(whole_way(provider.as_ref(), &request, black_box(&response)));
        let ours = begun.elapsed();
        count = venues.len();
        let begun = Instant::now();
        plain(black_box(&response.body));
        fastest = [fastest[0].min(ours), fastest[1].min(begun.elapsed())];
    }
    let [ours, theirs] = fastest.map(|took| took.as_secs_f64() * 1e6);
    let share = 100.0 * theirs / ours;
    println!("{title:24} {:5} {:8} {ours:9.1} µs {theirs:9.1} µs {share:7.0} %", rows, response.body.len());
    count
}

/// From the bytes to rows that fit.
fn whole_way(provider: &dyn Provider, request: &Request, response: &Response) -> Vec<Normalised> {
    provider.judge(response);
    let page = provider.parse(request, response);
    let clean = |row| normalise(row, &|word| provider.category(word), &|_| true).ok();
    page.rows.into_iter().filter_map(|row| row.ok().and_then(clean)).collect()
}

fn question(provider: &dyn Provider) -> Request {
    let center = Position::new(38.71, -9.14).unwrap();
    provider.request(&Ask::rows(Area::Circle(Circle { center, radius_m: 250.0 }), vec![]), "en", None)
}

fn provider_of(name: &str) -> Box<dyn Provider> {
    provider::all().into_iter().find(|provider| provider.name() == name).unwrap()
}

fn answer(body: Vec<u8>) -> Response {
    let received_at = DateTime::from_timestamp(1_795_340_000, 0).unwrap();
    Response { status: 200, headers: vec![], body, received_at }
}
