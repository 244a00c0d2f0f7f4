use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::provider::body::{self, NotData, Object};
use crate::provider::plain::one_line;

/// Why a body with status 200 is not an answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAnAnswer {
    /// No data at all.
    #[error(transparent)]
    NotData(#[from] NotData),
    /// Yelp's error shape under status 200.
    #[error("the answer is an error: {0}")]
    Error(String),
    /// An object, but neither of a search nor of a look-up.
    #[error("the answer has neither a list of businesses nor an id")]
    OtherShape,
}

/// A body that can be read.
#[derive(Debug)]
pub(super) enum Body<'a> {
    /// Of a search.
    Found(Found<&'a RawValue>),
    /// Of a look-up: one business, unread.
    Business,
}

/// A page of a search.
#[derive(Debug)]
pub(super) struct Found<R> {
    /// The rows, read or unread.
    pub(super) rows: Vec<R>,
    /// How many there are on all pages, as far as Yelp counts (240, #644).
    pub(super) total: Option<u32>,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    businesses: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    total: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// What an answer holds. Unlike others Yelp writes a list even where it found nothing, so what has no list was no search.
pub(super) fn read(text: &str) -> Result<Body<'_>, NotAnAnswer> {
    let members: Members<'_> = body::members(text)?;
    match members {
        Members { error: Some(error), .. } => Err(NotAnAnswer::Error(one_line(error.get()))),
        Members { businesses: Some(rows), total, .. } => Ok(Body::Found(Found { rows, total: count(total) })),
        Members { id: Some(_), .. } => Ok(Body::Business),
        _ => Err(NotAnAnswer::OtherShape),
    }
}

/// A page of a search whose rows are read in one go; none where one of them prevents that, or anything else does.
pub(super) fn read_all<'a, T: Deserialize<'a>>(text: &'a str) -> Option<Found<T>> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    struct Rows<'a, T> {
        businesses: Vec<Object<T>>,
        #[serde(borrow)]
        total: Option<&'a RawValue>,
        error: Option<IgnoredAny>,
    }

    let Rows { businesses, total, error } = body::members(text).ok()?;
    let rows = || businesses.into_iter().map(|row| row.0).collect();
    error.is_none().then(|| Found { rows: rows(), total: count(total) })
}

/// `total`, which is a wish: anything but a number is none.
fn count(total: Option<&RawValue>) -> Option<u32> {
    total.and_then(|total| serde_json::from_str(total.get()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> (usize, Option<u32>) {
        match read(body) {
            Ok(Body::Found(found)) => (found.rows.len(), found.total),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn rows_come_one_by_one_and_unread() {
        assert_eq!(found(r#"{"businesses":[],"total":0,"region":{}}"#), (0, Some(0)));
        assert_eq!(found(r#"{"businesses":[{"id":"a"},7,null],"total":2}"#), (3, Some(2)));
        for total in ["null", "-1", "\"9\"", "1e99"] {
            assert_eq!(found(&format!(r#"{{"businesses":[],"total":{total}}}"#)), (0, None));
        }
        assert!(matches!(read(r#"{"id":"a","name":"x"}"#), Ok(Body::Business)));
    }

    #[test]
    fn what_is_no_answer_is_said() {
        let said = |body: &str| read(body).unwrap_err().to_string();
        assert!(said("").contains("empty"));
        assert!(said("<!doctype html><title>Sign in</title>").contains("web page"));
        assert!(said(r#"{"businesses":[{"id":"a"}"#).contains("not whole JSON"));
        assert!(said("[]").contains("object"));
        assert!(said(r#"{"businesses":{}}"#).contains("not whole JSON"));
        assert!(said(r#"{"error":{"code":"X"}}"#).contains(r#"{"code":"X"}"#));
        assert!(said("{}").contains("neither"));
        assert!(said(r#"{"message":"denied"}"#).contains("neither"));
    }
}
