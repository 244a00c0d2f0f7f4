//! What somebody else's server may send, and what must hold of whatever we make of it: the same for every provider.

use std::ops::RangeInclusive;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use venue_sync::model::{Normalised, RawVenue, Reject};
use venue_sync::provider::Provider;
use venue_sync::wire::{Request, Response, Verdict};

/// What a value of an answer may have become.
const LIES: [&str; 12] = [
    "null",
    "0",
    "-1",
    "1e308",
    "99999999999999999999",
    "\"\"",
    "\"\\u0000x\"",
    "[]",
    "{}",
    "true",
    "[null]",
    "\"\\ud83e\\udd8a\"",
];

/// One of a provider's fixtures.
fn fixture(provider: &'static str, names: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider);
    select(names).prop_map(move |name| std::fs::read(folder.join(name).with_extension("json")).unwrap())
}

/// A fixture with some bytes changed: whole, and cut off.
pub(crate) fn damaged(provider: &'static str, names: &'static [&'static str]) -> impl Strategy<Value = [Vec<u8>; 2]> {
    let hits = prop::collection::vec((any::<Index>(), any::<u8>()), 1..6);
    (fixture(provider, names), hits, any::<Index>()).prop_map(|(mut body, hits, cut)| {
        for (at, byte) in hits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let part = body[..cut.index(body.len())].to_vec();
        [body, part]
    })
}

/// Damage that stays JSON: a value somewhere in a fixture has become another.
pub(crate) fn lying(provider: &'static str, names: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    (fixture(provider, names), any::<Index>(), select(&LIES)).prop_map(|(body, at, lie)| {
        let text = String::from_utf8(body).unwrap();
        let colons: Vec<_> = text.match_indices("\": ").map(|(at, found)| at + found.len()).collect();
        let from = colons[at.index(colons.len())];
        let rest = &text.as_bytes()[from..];
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<serde_json::Value>();
        values.next().unwrap().unwrap();
        [&text.as_bytes()[..from], lie.as_bytes(), &rest[values.byte_offset()..]].concat()
    })
}

/// Judges and parses an answer to a search. What is judged fine gives a row for each element of `list`, anything else gives none.
pub(crate) fn counted_rows(
    provider: &dyn Provider,
    request: &Request,
    response: &Response,
    list: &str,
) -> Result<Vec<Result<RawVenue, Reject>>, TestCaseError> {
    let verdict = provider.judge(response);
    let rows = provider.parse(request, response).rows;
    let text = String::from_utf8_lossy(&response.body);
    if verdict != Verdict::Fine {
        prop_assert_eq!(rows.len(), 0, "{:?}", verdict);
    } else if let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) {
        prop_assert_eq!(rows.len(), json[list].as_array().map_or(0, Vec::len));
    }
    Ok(rows)
}

/// What holds of every row that was cleaned, and of every one that was refused. `prices` are the levels that the provider knows.
pub(crate) fn check_clean(row: Result<Normalised, Reject>, prices: &RangeInclusive<i32>) -> Result<(), TestCaseError> {
    match row {
        Ok(Normalised { venue, .. }) => {
            prop_assert!((1..=255).contains(&venue.name.chars().count()) && !venue.name.contains('\0'));
            prop_assert!((1..=255).contains(&venue.provider_id.chars().count()));
            prop_assert!(venue.rating.present().is_none_or(|rating| (0.0..=5.0).contains(rating)));
            prop_assert!(venue.price_level.present().is_none_or(|level| prices.contains(level)));
            prop_assert!(venue.categories.present().is_none_or(|codes| codes.len() <= 5));
            for text in [&venue.address, &venue.raw_hours, &venue.successor_id] {
                prop_assert!(text.present().is_none_or(|text| !text.is_empty() && !text.contains('\0')));
            }
        }
        Err(reject) => {
            prop_assert!(!reject.detail.is_empty() && !reject.detail.contains('\0'));
            prop_assert!(reject.provider_id.is_none_or(|id| !id.contains('\0')));
        }
    }
    Ok(())
}
