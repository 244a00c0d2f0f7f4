use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::provider::body::{self, NotData, Object};
use crate::provider::plain::one_line;

/// Why a body is not an answer to a query.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAnAnswer {
    /// Overpass speaks of its troubles in pages for browsers, whatever was asked for.
    #[error("the answer is a web page, not data: {0}")]
    WebPage(String),
    /// No data at all.
    #[error(transparent)]
    NotData(#[from] NotData),
    /// An object, but not one of a query.
    #[error("the answer has no elements")]
    NoElements,
    /// The query was given up after its output had begun: what is there is a part, or nothing.
    #[error("the server gave up: {0}")]
    Remark(String),
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Answer<'a, T> {
    elements: Option<Vec<T>>,
    #[serde(borrow)]
    remark: Option<Cow<'a, str>>,
}

/// Whether a body is a whole answer: nothing of its rows is kept, and nothing is said of them.
pub(super) fn check(text: &str) -> Result<(), NotAnAnswer> {
    elements::<IgnoredAny>(text).map(|_| ())
}

/// The rows of an answer, read in one go; none where one of them prevents that, or anything else does.
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Option<Vec<T>> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    struct Rows<T> {
        elements: Vec<Object<T>>,
        remark: Option<IgnoredAny>,
    }

    let Rows { elements, remark } = body::members(text).ok()?;
    remark.is_none().then(|| elements.into_iter().map(|element| element.0).collect())
}

/// The rows of an answer, unread.
pub(super) fn rows(text: &str) -> Result<Vec<&RawValue>, NotAnAnswer> {
    elements(text)
}

fn elements<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Vec<T>, NotAnAnswer> {
    let answer: Answer<'_, T> = body::members(text).map_err(|error| match error {
        NotData::WebPage => NotAnAnswer::WebPage(page_text(text.trim_start())),
        other => other.into(),
    })?;
    match (answer.remark, answer.elements) {
        (Some(remark), _) => Err(NotAnAnswer::Remark(one_line(&remark))),
        (None, None) => Err(NotAnAnswer::NoElements),
        (None, Some(rows)) => Ok(rows),
    }
}

/// The words of a web page: of its error messages where it has some, without its tags.
pub(super) fn page_text(html: &str) -> String {
    let body = html.split_once("<body").map_or(html, |(_, body)| body.split_once('>').map_or(body, |(_, rest)| rest));
    // Each message is a paragraph that begins with these words; what stands before greets and names the licence.
    let from = body.find("Error").unwrap_or(0);
    let mut words = String::new();
    let mut in_tag = false;
    for c in body.get(from..).unwrap_or(body).chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                words.push(' ');
            }
            _ if !in_tag => words.push(c),
            _ => {}
        }
    }
    one_line(&words.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_one_by_one_and_unread() {
        let rows = rows(r#"{"version":0.6,"elements":[{"id":1},7,null],"new":1}"#).unwrap();
        assert_eq!(rows.iter().map(|row| row.get()).collect::<Vec<_>>(), [r#"{"id":1}"#, "7", "null"]);
    }

    #[test]
    fn what_is_no_answer_is_said() {
        let said = |body: &str| rows(body).unwrap_err().to_string();
        assert!(said("").contains("empty"));
        assert!(said(r#"{"elements":[{"id":1}"#).contains("not whole JSON"));
        assert!(said("[]").contains("object"));
        assert!(said("{}").contains("no elements"));
        assert!(said(r#"{"elements":[{"id":1}],"remark":"runtime error: timed out"}"#).contains("timed out"));
    }

    #[test]
    fn a_page_is_told_by_its_error() {
        let page = "<?xml version=\"1.0\"?><html><head><title>OSM3S Response</title></head><body>\n<p>The data included \
                    in this document is from www.openstreetmap.org.</p>\n<p><strong style=\"color:#FF0000\">Error</strong>: \
                    runtime error: open64: 0 Success /x::rate_limited. &quot;Please check /api/status&quot; </p></body></html>";
        let said = rows(page).unwrap_err().to_string();
        assert!(said.contains("Error : runtime error: open64: 0 Success /x::rate_limited. \"Please check"), "{said}");
        assert!(!said.contains("included") && !said.contains('<'), "{said}");
    }
}
