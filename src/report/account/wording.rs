//! Numbers, codes and stored values in the words of people.

use chrono::TimeDelta;

use crate::model::Vocabulary;

/// A code in the words of people; a word that has no code stays as it is.
pub(super) fn label(code: &str) -> String {
    match (code, Vocabulary::ours().get(code)) {
        ("", _) => "none".to_owned(),
        (_, Some(category)) => category.label.to_owned(),
        (word, None) => word.to_owned(),
    }
}

/// Which part of `all` a number is, 0 to 1.
pub(super) fn share_of(all: u64) -> impl Fn(u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a bar or a percentage")]
    move |part| if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

pub(super) fn many(some: usize) -> u64 {
    u64::try_from(some).unwrap_or(u64::MAX)
}

pub(super) fn milliseconds(span: TimeDelta) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a place on a curve")]
    let milliseconds = span.num_milliseconds() as f64;
    milliseconds
}

pub(super) fn spoken(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} days {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// `no_name` → `no name`.
pub(super) fn spaced(code: &str) -> String {
    code.replace('_', " ")
}

/// A stored value as a person reads it: of hours, the week.
pub(super) fn value(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(self::value).collect::<Vec<_>>().join(", "),
        Value::Object(hours) => {
            let said = ["osm", "state"].into_iter().find_map(|member| hours.get(member)?.as_str());
            said.map_or_else(|| value.to_string(), str::to_owned)
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
