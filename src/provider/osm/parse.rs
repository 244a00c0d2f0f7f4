use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::request::LANGUAGE_HEADER;
use super::tags::Tags;
use super::{address, answer, name, twins};
use crate::model::{Field, RawHours, RawVenue, Reject, RejectReason};
use crate::provider::body::{self, Text};
use crate::provider::contract::Page;
use crate::provider::plain::one_line;
use crate::wire::{HeaderValue, Request, Response};

/// The rows of an answer that was judged fine: it is whole, and there are no further pages.
pub(super) fn page(request: &Request, response: &Response) -> Page {
    let text = body::text(&response.body);
    let language = language(request);
    let answered_at = response.received_at;
    let mut rows: Vec<_> = if let Some(elements) = answer::read::<Element<'_>>(&text) {
        elements.iter().map(|element| checked(element, language, answered_at)).collect()
    } else {
        // Where a row cannot be read, each is read by itself.
        let rows = answer::rows(&text).unwrap_or_default();
        rows.into_iter().map(|row| read(row, language, answered_at)).collect()
    };
    twins::refuse(&mut rows);
    Page { rows, truncated: false, next: None }
}

/// An element of the map.
#[derive(Debug, Deserialize)]
struct Element<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    id: u64,
    lat: Option<f64>,
    lon: Option<f64>,
    center: Option<Center>,
    #[serde(default, borrow)]
    tags: Tags<'a>,
}

/// The middle of the box round a way or a relation.
#[derive(Debug, Deserialize)]
struct Center {
    lat: f64,
    lon: f64,
}

/// The little that is wanted of an element that could not be read.
#[derive(Debug, Deserialize)]
struct OnlyId {
    #[serde(rename = "type")]
    kind: String,
    id: u64,
}

fn read(row: &RawValue, language: &str, answered_at: DateTime<Utc>) -> Result<RawVenue, Reject> {
    // Serde would take an array for the members in order.
    if !row.get().starts_with('{') {
        return Err(unreadable(row, "the row is not an object"));
    }
    match serde_json::from_str::<Element<'_>>(row.get()) {
        Ok(element) => checked(&element, language, answered_at),
        Err(error) => Err(unreadable(row, &error.to_string())),
    }
}

fn unreadable(row: &RawValue, why: &str) -> Reject {
    let provider_id = serde_json::from_str::<OnlyId>(row.get()).ok().and_then(|row| id(&row.kind, row.id));
    Reject { provider_id, reason: RejectReason::Unreadable, detail: one_line(why) }
}

fn checked(element: &Element<'_>, language: &str, answered_at: DateTime<Utc>) -> Result<RawVenue, Reject> {
    let kind = element.kind.as_str();
    match id(kind, element.id) {
        Some(provider_id) => venue(provider_id, element, language, answered_at),
        None => Err(Reject {
            provider_id: None,
            reason: RejectReason::Unreadable,
            detail: one_line(&format!("`{kind}` is no kind of element")),
        }),
    }
}

/// A node, a way and a relation may share a number.
fn id(kind: &str, number: u64) -> Option<String> {
    ["node", "way", "relation"].contains(&kind).then(|| [kind, "/", &number.to_string()].concat())
}

fn venue(
    provider_id: String,
    element: &Element<'_>,
    language: &str,
    answered_at: DateTime<Utc>,
) -> Result<RawVenue, Reject> {
    let tags = &element.tags;
    let Some(kind) = tags.kind(answered_at.date_naive()) else {
        return Err(Reject {
            provider_id: Some(provider_id),
            reason: RejectReason::NoVenue,
            detail: "no tag of it makes a venue".to_owned(),
        });
    };
    let own = element.lat.zip(element.lon);
    let hours = tags.text("opening_hours").map(str::to_owned);
    Ok(RawVenue {
        provider_id,
        name: Field::asked(name::name(tags, language).map(str::to_owned)),
        position: Field::asked(own.or_else(|| element.center.as_ref().map(|at| (at.lat, at.lon)))),
        address: Field::asked(address::address(tags)),
        categories: Field::Present(kind.words),
        hours: Field::asked(hours.clone().map(RawHours::Osm)),
        hours_text: Field::asked(hours),
        status: Field::Present(kind.status),
        answered_at,
        // The map has no ratings and no prices, and names neither a successor nor a time zone.
        ..RawVenue::default()
    })
}

fn language(request: &Request) -> &str {
    let header = request.headers.iter().find(|(name, _)| name == LANGUAGE_HEADER).map(|(_, value)| value);
    match header {
        Some(HeaderValue::Plain(language)) => language,
        Some(HeaderValue::Key { .. }) | None => "",
    }
}
