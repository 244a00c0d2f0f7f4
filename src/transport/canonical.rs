//! One spelling for a request, whoever holds the key, and its fingerprint.

use std::fmt;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wire::{HeaderValue, Request};

/// Sixteen hexadecimal digits that name a request: the same with any key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of a request.
    pub fn of(request: &Request) -> Self {
        let mut text = String::new();
        write_canonical(&without_secrets(request), &mut text);
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        Self(digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first)))
    }

    /// Reads one back from a file's name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let of_digits = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if of_digits { u64::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// The request as one JSON value, without the headers that carry a key: where the key stands is not part of the question.
pub(super) fn without_secrets(request: &Request) -> Value {
    let headers: Vec<_> = request
        .headers
        .iter()
        .filter_map(|(name, value)| match value {
            HeaderValue::Plain(text) => Some((name, text)),
            HeaderValue::Key { .. } => None,
        })
        .collect();
    let mut value = json!({
        "provider": request.provider,
        "call": request.call,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": headers,
        "json": request.json,
    });
    if !request.form.is_empty() {
        value["form"] = json!(request.form);
    }
    value
}

/// Members sorted, no white space, one spelling per number (`500`, never `500.0` or `5e2`; `0`, never `-0`).
fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(member, text);
            }
            text.push('}');
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                // Adding 0 takes the sign off a negative zero.
                let whole = format!("{:.0}", float + 0.0);
                text.push_str(&whole);
            }
            _ => text.push_str(&number.to_string()),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::Method;

    fn asking(json: Value) -> Request {
        Request {
            provider: "google".into(),
            call: "searchNearby".into(),
            method: Method::Post,
            path: "/v1/places:searchNearby".into(),
            query: vec![],
            headers: vec![("x-goog-api-key".into(), HeaderValue::Key { prefix: String::new() })],
            form: Vec::new(),
            json: Some(json),
        }
    }

    #[test]
    fn is_the_same_with_any_key_and_any_way_to_carry_it() {
        let request = asking(json!({"maxResultCount": 20}));
        let mut other = request.clone();
        other.headers = vec![("authorization".into(), HeaderValue::Key { prefix: "Bearer ".into() })];
        assert_eq!(Fingerprint::of(&request), Fingerprint::of(&other));
    }

    #[test]
    fn differs_with_whatever_changes_the_question() {
        let request = asking(json!({"maxResultCount": 20}));
        let mut changed = vec![asking(json!({"maxResultCount": 19})), asking(json!({"maxResultCount": "20"}))];
        let mut mask = request.clone();
        mask.headers.push(("x-goog-fieldmask".into(), HeaderValue::Plain("places.id".into())));
        changed.push(mask);
        changed.push(Request { query: vec![("page".into(), "2".into())], ..request.clone() });
        changed.push(Request { path: "/v1/places:searchText".into(), ..request.clone() });
        changed.push(Request { json: None, ..request.clone() });
        for other in changed {
            assert_ne!(Fingerprint::of(&request), Fingerprint::of(&other), "{other:?}");
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        let spellings = ["500", "500.0", "5e2", "500.000"];
        let prints: Vec<_> =
            spellings.iter().map(|text| Fingerprint::of(&asking(serde_json::from_str(text).unwrap()))).collect();
        assert!(prints.windows(2).all(|pair| pair[0] == pair[1]), "{prints:?}");
        assert_eq!(Fingerprint::of(&asking(json!(-0.0))), Fingerprint::of(&asking(json!(0))));
    }

    #[test]
    fn stays_what_it_was() {
        let request = asking(json!({"b": [1.5, null, "é"], "a": {"radius": 500.0}}));
        assert_eq!(Fingerprint::of(&request).to_string(), "b636af78c85f8c29", "recordings would be lost");
    }

    proptest! {
        #[test]
        fn survives_a_file(latitude in -90.0_f64..90.0, longitude in -180.0_f64..180.0, radius in 1e-6_f64..50_000.0) {
            let request = asking(json!({"circle": {"center": {"latitude": latitude, "longitude": longitude}, "radius": radius}}));
            let text = serde_json::to_string_pretty(&request).unwrap();
            let back: Request = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back, &request, "floats must be read as they were written");
            prop_assert_eq!(Fingerprint::of(&back), Fingerprint::of(&request));
        }
    }

    #[test]
    fn reads_only_what_it_writes() {
        let print = Fingerprint::of(&asking(json!({})));
        assert_eq!(Fingerprint::parse(&print.to_string()), Some(print));
        for text in ["", "0123", "0123456789abcdeg", "0123456789ABCDEF", "0123456789abcdef0"] {
            assert_eq!(Fingerprint::parse(text), None, "{text}");
        }
    }
}
