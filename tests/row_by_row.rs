//! A page is read in one go where it can be, and row by row where some row cannot: both ways every other row is the same.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use chrono::DateTime;
use serde_json::{Value, json};
use venue_sync::model::{Area, Ask, Circle, Position, RawVenue, Reject};
use venue_sync::provider::{self, Provider};
use venue_sync::wire::{Response, Verdict};

const LISTS: [(&str, &str); 4] =
    [("google", "places"), ("foursquare", "results"), ("yelp", "businesses"), ("osm", "elements")];

#[test]
fn a_row_that_cannot_be_read_changes_no_other() {
    for (name, list) in LISTS {
        let provider = provider::all().into_iter().find(|provider| provider.name() == name).unwrap();
        let mut compared = 0;
        for mut body in fixtures(name) {
            let Some(without) = rows_of(provider.as_ref(), &body) else { continue };
            let Some(rows) = body[list].as_array_mut() else { continue };
            rows.push(json!(7));
            let with = rows_of(provider.as_ref(), &body).unwrap();
            assert_eq!(with[..without.len()], without, "{name}: {body}");
            assert!(matches!(with[without.len()..], [Err(_)]), "{name}: {body}");
            compared += without.len();
        }
        assert!(compared > 10, "{name}: only {compared} rows");
    }
}

fn fixtures(name: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.filter_map(|bytes| serde_json::from_slice(&bytes).ok()).collect()
}

/// None where the body is no answer to a search.
fn rows_of(provider: &dyn Provider, body: &Value) -> Option<Vec<Result<RawVenue, Reject>>> {
    let center = Position::new(38.71, -9.14).unwrap();
    let ask = Ask::rows(Area::Circle(Circle { center, radius_m: 250.0 }), vec![]);
    let body = body.to_string().into_bytes();
    let received_at = DateTime::from_timestamp(1_795_340_000, 0).unwrap();
    let response = Response { status: 200, headers: vec![], body, received_at };
    let is_fine = provider.judge(&response) == Verdict::Fine;
    is_fine.then(|| provider.parse(&provider.request(&ask, "en", None), &response).rows)
}
