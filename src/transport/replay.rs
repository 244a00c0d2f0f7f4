//! Answers from a recording, with no network, no key and no clock.

use std::collections::BTreeMap;

use serde_json::Value;

use super::canonical::{Fingerprint, without_secrets};
use super::cassette::{Cassette, CassetteError};
use super::format::Kept;
use crate::wire::{Method, Request};

/// Characters of a request's body that a message shows.
const SHOWN: usize = 400;

/// Differences to the nearest recording that a message shows.
const SHOWN_DIFFERENCES: usize = 4;

/// A request that the recording does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{place} has no answer to {request} (fingerprint {fingerprint}); {nearest}; \
     the settings or the questions have changed since it was recorded: record again with `--record`"
)]
pub struct NotRecorded {
    /// The recording.
    pub place: String,
    /// The request in one line.
    pub request: String,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The nearest recording and in what it differs, in one line.
    pub nearest: String,
}

/// What was recorded of the answer to this request, if anything was.
pub(super) fn answer(cassette: &Cassette, request: &Request) -> Result<Option<Kept>, CassetteError> {
    Ok(cassette.get(Fingerprint::of(request))?.map(|recording| recording.kept))
}

/// That it has no answer to this request, and what comes nearest: looks at every exchange.
pub(super) fn not_recorded(cassette: &Cassette, request: &Request) -> NotRecorded {
    NotRecorded {
        place: cassette.place().to_owned(),
        request: line(request),
        fingerprint: Fingerprint::of(request),
        nearest: nearest(cassette, request),
    }
}

/// A request in one line, for a person.
fn line(request: &Request) -> String {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let query: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let json = request.json.as_ref().map(|json| format!(" {}", shortened(&json.to_string()))).unwrap_or_default();
    format!("{} {}: {method} {}{query}{json}", request.provider, request.call, request.path)
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn nearest(cassette: &Cassette, request: &Request) -> String {
    let asked = leaves(request);
    let scored =
        cassette.recordings().flatten().map(|recording| (likeness(&asked, &leaves(&recording.request)), recording));
    // The first of equals, in the recording's own stable order.
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let Some((_, recording)) = best else { return "the recording is empty".to_owned() };
    let differences = differences(&asked, &leaves(&recording.request));
    format!("the nearest is {}, where {differences}", recording.name)
}

/// The leaves of a request, by their paths.
fn leaves(request: &Request) -> BTreeMap<String, Value> {
    fn collect(value: Value, path: &str, leaves: &mut BTreeMap<String, Value>) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::Object(members) => {
                members.into_iter().for_each(|(name, member)| collect(member, &below(&name), leaves));
            }
            Value::Array(items) => {
                items
                    .into_iter()
                    .enumerate()
                    .for_each(|(index, item)| collect(item, &below(&index.to_string()), leaves));
            }
            leaf => {
                leaves.insert(path.to_owned(), leaf);
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(without_secrets(request), "", &mut found);
    found
}

/// The share of leaves that agree, from 0 to 1; numbers agree by their closeness, so that a neighbour counts as near.
fn likeness(one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>) -> f64 {
    let agreement: f64 = one.iter().filter_map(|(path, value)| Some(agreement(value, other.get(path)?))).sum();
    let paths = one.len() + other.keys().filter(|path| !one.contains_key(*path)).count();
    agreement / u32::try_from(paths).map_or(f64::INFINITY, f64::from).max(1.0)
}

fn agreement(one: &Value, other: &Value) -> f64 {
    if one == other {
        return 1.0;
    }
    match (one.as_f64(), other.as_f64()) {
        // Below 1, so that a near number never counts as the same. The smallest divisor spares 0 and -0 a division by 0.
        (Some(one), Some(other)) => {
            0.9 * (1.0 - (one - other).abs() / (one.abs() + other.abs()).max(f64::MIN_POSITIVE))
        }
        _ => 0.0,
    }
}

/// Two values as they stand beside each other in a message: long ones from shortly before they differ.
fn beside(one: Option<&Value>, other: Option<&Value>) -> (String, String) {
    /// Characters before the first that differs.
    const BEFORE: usize = 40;
    let text = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), Value::to_string);
    let (one, other) = (text(one), text(other));
    let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let skipped = if alike + BEFORE > SHOWN { alike - BEFORE } else { 0 };
    let from_there = |text: &str| {
        let rest = shortened(&text.chars().skip(skipped).collect::<String>());
        if skipped > 0 { format!("…{rest}") } else { rest }
    };
    (from_there(&one), from_there(&other))
}

fn differences(asked: &BTreeMap<String, Value>, recorded: &BTreeMap<String, Value>) -> String {
    let mut paths: Vec<_> = asked.keys().chain(recorded.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let differing: Vec<_> = paths
        .into_iter()
        .filter(|path| asked.get(*path) != recorded.get(*path))
        .map(|path| {
            let (recorded, asked) = beside(recorded.get(path), asked.get(path));
            format!("{path} is {recorded} instead of {asked}")
        })
        .collect();
    let more = differing.len().saturating_sub(SHOWN_DIFFERENCES);
    let text = differing.into_iter().take(SHOWN_DIFFERENCES).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{text} and {more} more differ") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shown_from_where_they_begin_to_differ() {
        let long = |end: &str| Value::from(format!("{}{end}", "q".repeat(1_000)));
        let (one, other) = beside(Some(&long("here")), Some(&long("there")));
        assert_eq!(one, format!("…{}here\"", "q".repeat(40)));
        assert_eq!(other, format!("…{}there\"", "q".repeat(40)));
        assert_eq!(beside(Some(&Value::from(2)), None), ("2".to_owned(), "absent".to_owned()));
    }
}
