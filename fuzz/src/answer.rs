//! Answers of a provider: judged, parsed, counted and cleaned.

use chrono::DateTime;
use serde_json::Value;

use crate::clean::stays_clean;
use crate::model::{Area, Ask, Circle, Position, RawVenue};
use crate::normalise::normalise;
use crate::provider::{self, Provider};
use crate::wire::{Request, Response, Verdict};

/// Bytes at the beginning of an input that become the answer's `link` header.
const HEADER: usize = 32;

/// Takes the bytes for an answer to a search, under every status that the providers tell apart. `list` is the member that holds
/// the rows.
pub fn survives(name: &str, list: &str, body: &[u8]) {
    let provider = provider::all().into_iter().find(|provider| provider.name() == name).expect("a provider of ours");
    let request = search(provider.as_ref());
    let link = String::from_utf8_lossy(&body[..body.len().min(HEADER)]).into_owned();
    let answer = |status| Response {
        status,
        headers: vec![("link".to_owned(), link.clone()), ("ratelimit-remaining".to_owned(), link.clone())],
        body: body.to_vec(),
        received_at: DateTime::from_timestamp(1_795_340_000, 0).expect("an instant of November 2026"),
    };
    for status in [301, 400, 403, 404, 429, 503] {
        provider.judge(&answer(status));
    }
    let answer = answer(200);
    let verdict = provider.judge(&answer);
    let page = provider.parse(&request, &answer);
    if !matches!(verdict, Verdict::Fine | Verdict::LastFine { .. }) {
        assert_eq!(page.rows.len(), 0, "rows of an answer that is none: {verdict:?}");
    } else if let Some(rows) = counted(body, list) {
        assert_eq!(page.rows.len(), rows, "every row is accounted for");
    }
    for row in page.rows {
        match row {
            Ok(raw) => read(provider.as_ref(), raw, &answer),
            Err(reject) => assert!(!reject.detail.is_empty() && !reject.detail.contains('\0'), "{reject:?}"),
        }
    }
}

/// Cleans a row, and looks it up with the same body for an answer.
fn read(provider: &dyn Provider, raw: RawVenue, answer: &Response) {
    let clean = |raw: RawVenue| normalise(raw, &|word| provider.category(word), &|zone| zone.contains('/'));
    let mut looked_up = raw.clone();
    provider.detail(&raw, "en");
    for status in [200, 301, 404] {
        provider.complete(&mut looked_up, &Response { status, ..answer.clone() });
    }
    for row in [raw, looked_up] {
        let answered_at = row.answered_at;
        match clean(row) {
            Ok(found) => stays_clean(found, answered_at),
            Err(reject) => assert!(!reject.detail.is_empty() && !reject.detail.contains('\0'), "{reject:?}"),
        }
    }
}

/// Rows of a body, counted by somebody else; none where that one cannot read it.
fn counted(body: &[u8], list: &str) -> Option<usize> {
    let text = String::from_utf8_lossy(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body));
    let body: Value = serde_json::from_str(&text).ok()?;
    Some(body.get(list).and_then(Value::as_array).map_or(0, Vec::len))
}

fn search(provider: &dyn Provider) -> Request {
    let center = Position::new(38.71, -9.14).expect("Lisbon");
    provider.request(&Ask::rows(Area::Circle(Circle { center, radius_m: 250.0 }), vec![]), "en", None)
}
