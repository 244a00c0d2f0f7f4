//! What every body has to be before a provider looks for its own members in it (whole JSON, and an object), and what its members
//! are read as.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

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
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    // Told in a tenth of the time that replacing takes where there is nothing to replace.
    std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
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

/// A text that stays where it is in the body, unless something in it is escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

/// A row that has to be an object: serde would take an array for its members in order.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}
