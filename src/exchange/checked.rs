//! What every text of somebody else's has to be, to be written.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a line as JSON of a form; else says why not, in terms of the line alone.
pub(super) fn read<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| error.to_string().replace("at line 1 column", "at column"))
}

/// A text that the database takes, of so many characters at most.
pub(super) fn text(name: &str, text: &str, most: usize) -> Result<(), String> {
    if text.contains('\0') {
        return Err(format!("{name} holds a NUL character, which the database does not take"));
    }
    let long = text.chars().count();
    if long > most { Err(format!("{name} has {long} characters; {most} are the most")) } else { Ok(()) }
}

/// The same for everything in a JSON value.
pub(super) fn json(name: &str, value: &Value) -> Result<(), String> {
    match value {
        Value::String(words) => text(name, words, usize::MAX),
        Value::Array(values) => values.iter().try_for_each(|value| json(name, value)),
        Value::Object(members) => members.iter().try_for_each(|(member, value)| {
            text(name, member, usize::MAX)?;
            json(name, value)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
