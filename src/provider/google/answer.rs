use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::provider::body::{self, NotData, Object};
use crate::provider::plain::one_line;

/// Why a body with status 200 is not an answer to a search.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAnAnswer {
    /// No data at all.
    #[error(transparent)]
    NotData(#[from] NotData),
    /// Google's error shape under status 200.
    #[error("the answer is an error: {0}")]
    Error(String),
    /// An object, but not one of a search.
    #[error("the answer has no places, but `{0}`")]
    OtherMembers(String),
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    places: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// The rows of an answer, read in one go; none where one of them prevents that, or anything else does.
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Option<Vec<T>> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    struct Rows<T> {
        places: Vec<Object<T>>,
        error: Option<IgnoredAny>,
    }

    let Rows { places, error } = body::members(text).ok()?;
    error.is_none().then(|| places.into_iter().map(|place| place.0).collect())
}

/// The rows of an answer, unread. `{}` is an answer without rows: Google leaves empty lists out.
pub(super) fn rows(text: &str) -> Result<Vec<&RawValue>, NotAnAnswer> {
    let answer: Answer<'_> = body::members(text)?;
    if let Some(error) = answer.error {
        return Err(NotAnAnswer::Error(one_line(error.get())));
    }
    match answer.places {
        Some(rows) => Ok(rows),
        None => without_places(text).map(|()| Vec::new()),
    }
}

/// Where the next page begins; none on the last one.
pub(super) fn next(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Paged {
        next_page_token: Option<String>,
    }

    let paged: Paged = body::members(text).ok()?;
    paged.next_page_token.filter(|token| !token.is_empty())
}

/// An answer without rows may hold nothing that we do not know: taking somebody's `{"message": …}` for "no venues here" would
/// certify an area that nobody looked at.
fn without_places(text: &str) -> Result<(), NotAnAnswer> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    let known = ["places", "routingSummaries", "nextPageToken"];
    match members.keys().find(|member| !known.contains(&member.as_ref())) {
        Some(member) => Err(NotAnAnswer::OtherMembers(one_line(member))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_match_is_an_answer_without_rows() {
        for body in ["{}", " {} ", r#"{"places":[]}"#, r#"{"places":null}"#, r#"{"routingSummaries":[{}]}"#] {
            assert_eq!(rows(body).map(|rows| rows.len()), Ok(0), "{body}");
        }
    }

    #[test]
    fn rows_come_one_by_one_and_unread() {
        let rows = rows(r#"{"places":[{"id":"a"},7,null],"new":1}"#).unwrap();
        assert_eq!(rows.iter().map(|row| row.get()).collect::<Vec<_>>(), [r#"{"id":"a"}"#, "7", "null"]);
    }

    #[test]
    fn the_last_page_says_of_no_other() {
        assert_eq!(next(r#"{"places":[{"id":"a"}],"nextPageToken":"AX_9-"}"#).as_deref(), Some("AX_9-"));
        for body in ["{}", r#"{"nextPageToken":""}"#, r#"{"nextPageToken":null}"#, r#"{"nextPageToken":7}"#, "[]", ""] {
            assert_eq!(next(body), None, "{body}");
        }
    }

    #[test]
    fn what_is_no_answer_is_said() {
        let said = |body: &str| rows(body).unwrap_err().to_string();
        assert!(said("").contains("empty"));
        assert!(said("<!doctype html><title>Sign in</title>").contains("web page"));
        assert!(said(r#"{"places":[{"id":"a"}"#).contains("not whole JSON"));
        assert!(said("[]").contains("object"));
        assert!(said(r#"{"places":{}}"#).contains("not whole JSON"));
        assert!(said(r#"{"error":{"code":429}}"#).contains(r#"{"code":429}"#));
        assert!(said(r#"{"message":"denied"}"#).contains("`message`"));
    }
}
