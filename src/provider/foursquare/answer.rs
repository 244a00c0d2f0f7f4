use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::loose::Loose;
use super::place::Place;
use crate::provider::body::{self, NotData};
use crate::provider::plain::one_line;

/// Why a body with status 200 is not an answer to a search.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAnAnswer {
    /// No data at all.
    #[error(transparent)]
    NotData(#[from] NotData),
    /// An error under status 200.
    #[error("the answer is an error: {0}")]
    Error(String),
    /// An object without a list of results. An answer without rows has an empty one.
    #[error("the answer has no results")]
    NoResults,
}

/// A row, read as far as it could be, or why it could not be read at all.
#[derive(Debug)]
pub(super) enum Row<'a> {
    /// Whatever of it was of the right kind.
    Read(Box<Place>),
    /// Nothing of it.
    Unread {
        /// As it came.
        text: &'a str,
        /// What is wrong with it.
        why: String,
    },
}

/// Whether a body is an answer to a search, its rows unread.
pub(super) fn check(text: &str) -> Result<(), NotAnAnswer> {
    #[derive(Deserialize)]
    struct Shape {
        results: Option<Vec<IgnoredAny>>,
    }

    match body::members::<Shape>(text)? {
        Shape { results: Some(_) } => Ok(()),
        Shape { results: None } => Err(message(text).map_or(NotAnAnswer::NoResults, NotAnAnswer::Error)),
    }
}

/// The words of an error, whichever of its shapes it has: `{"message":…}`, `{"error":{"message":…}}`, `{"error":…}`.
pub(super) fn message(text: &str) -> Option<String> {
    let body: Value = serde_json::from_str(text).ok()?;
    let places = ["/message", "/error/message", "/error", "/errors/0/message", "/meta/errorDetail"];
    let said = places.iter().find_map(|place| body.pointer(place)?.as_str())?;
    Some(one_line(said)).filter(|said| !said.is_empty())
}

/// The rows of an answer. All are read in one go; where one of them prevents that, each by itself.
pub(super) fn rows(text: &str) -> Vec<Row<'_>> {
    #[derive(Deserialize)]
    struct Rows {
        results: Vec<Loose<Place>>,
    }

    if let Ok(Rows { results }) = body::members::<Rows>(text)
        && results.iter().all(|row| row.0.is_some())
    {
        return results.into_iter().filter_map(|row| row.0).map(|place| Row::Read(Box::new(place))).collect();
    }
    one_by_one(text)
}

fn one_by_one(text: &str) -> Vec<Row<'_>> {
    #[derive(Deserialize)]
    struct Rows<'a> {
        #[serde(borrow)]
        results: Vec<&'a RawValue>,
    }

    body::members::<Rows<'_>>(text)
        .map(|rows| rows.results.into_iter().map(|row| one(row.get())).collect())
        .unwrap_or_default()
}

fn one(text: &str) -> Row<'_> {
    match serde_json::from_str::<Loose<Place>>(text) {
        Ok(Loose(Some(place))) => Row::Read(Box::new(place)),
        Ok(Loose(None)) => Row::Unread { text, why: "the row is not an object".to_owned() },
        Err(error) => Row::Unread { text, why: one_line(&error.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_match_is_an_answer_without_rows() {
        for body in [r#"{"results":[]}"#, r#" {"context":{},"results":[]} "#] {
            assert_eq!((check(body), rows(body).len()), (Ok(()), 0), "{body}");
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_spoils_no_other() {
        let body = r#"{"results":[{"name":"a"},7,null,[],{"name":"b","name":"c"},{"latitude":1e999},{"name":"d"}]}"#;
        assert_eq!(check(body), Ok(()));
        let read: Vec<_> = rows(body).iter().map(|row| matches!(row, Row::Read(_))).collect();
        assert_eq!(read, [true, false, false, false, false, false, true]);
    }

    /// Found by the fuzzer: serde takes an array for the members in order.
    #[test]
    fn what_is_no_answer_has_no_rows() {
        assert_eq!((rows(r#"[[{"name":"a"}]]"#).len(), rows(r#"[[{"name":"a"},7]]"#).len()), (0, 0));
    }

    #[test]
    fn what_is_no_answer_is_said() {
        let said = |body: &str| check(body).unwrap_err().to_string();
        assert!(said("").contains("empty"));
        assert!(said("<!doctype html><title>Sign in</title>").contains("web page"));
        assert!(said(r#"{"results":[{"name":"a"}"#).contains("not whole JSON"));
        assert!(said(r#"{"results":{}}"#).contains("not whole JSON"));
        assert!(said("[]").contains("object"));
        assert!(said(r#"{"results":null}"#).contains("no results"));
        assert!(said("{}").contains("no results"));
        for error in [
            r#"{"message":"Slow down."}"#,
            r#"{"error":{"message":"Slow down."}}"#,
            r#"{"error":"Slow\r\n down."}"#,
            r#"{"errors":[{"message":"Slow down."}]}"#,
        ] {
            assert_eq!(said(error), "the answer is an error: Slow down.", "{error}");
        }
    }
}
