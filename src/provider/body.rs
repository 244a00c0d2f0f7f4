//! What every body has to be before a provider looks for its own members in it: whole JSON, and an object.

use std::borrow::Cow;

use serde::Deserialize;

use super::plain::one_line;

/// Why a body is not data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotData {
    /// A page for browsers: a proxy, a captive portal.
    #[error("the answer is a web page, not data: is a proxy between us and the provider?")]
    WebPage,
    /// Nothing at all.
    #[error("the answer is empty")]
    Empty,
    /// Broken or cut off.
    #[error("the answer is not whole JSON: {0}")]
    NotJson(String),
}

/// The body as text. What is not UTF-8 is replaced, so that it spoils one name and not the page.
pub(super) fn text(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body))
}

/// The members that a provider knows of a body that is an object.
pub(super) fn members<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, NotData> {
    let trimmed = text.trim_start();
    if trimmed.is_empty() {
        return Err(NotData::Empty);
    }
    if trimmed.starts_with('<') {
        return Err(NotData::WebPage);
    }
    // An array would be taken for the members in order.
    if !trimmed.starts_with('{') {
        return Err(NotData::NotJson("it does not begin with an object".to_owned()));
    }
    serde_json::from_str(text).map_err(|error| NotData::NotJson(one_line(&error.to_string())))
}
