use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::answer::{self, Row};
use super::hours::periods;
use super::link::{self, NextPage};
use super::loose::{Loose, Reads, members};
use super::place::{Category, Location, Place};
use super::{request, words};
use crate::model::{BusinessStatus, Field, RawHours, RawPrice, RawRating, RawVenue, Reject, RejectReason};
use crate::provider::body;
use crate::provider::contract::{Cursor, Page};
use crate::wire::{Request, Response};

/// The rows of a page that was judged fine. Where the pages end with a full one, there may have been more: how deep they go is
/// not documented. And a page without rows has no next one, whatever its header says.
pub(super) fn page(request: &Request, response: &Response) -> Page {
    let text = body::text(&response.body);
    let asked = request::asked(request);
    let rows: Vec<_> = answer::rows(&text).into_iter().map(|row| read(row, &asked, response.received_at)).collect();
    let next = link::next(response);
    let full = rows.len() >= request::ROWS as usize;
    let (truncated, next): (bool, Option<Cursor>) = match next {
        NextPage::At(cursor) if !rows.is_empty() => (false, Some(cursor)),
        NextPage::At(_) | NextPage::Unreadable => (true, None),
        NextPage::None => (full, None),
    };
    Page { rows, truncated, next }
}

/// The little that is wanted of a row that could not be read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OnlyId {
    fsq_place_id: Loose<String>,
}

impl<'de> Reads<'de> for OnlyId {
    fn of_object<A: serde::de::MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        members(object)
    }
}

fn read(row: Row<'_>, asked: &[&str], answered_at: DateTime<Utc>) -> Result<RawVenue, Reject> {
    let place = match row {
        Row::Read(place) => *place,
        Row::Unread { text, why } => {
            let row = serde_json::from_str::<Loose<OnlyId>>(text).ok().and_then(|row| row.0);
            let provider_id = row.and_then(|row| row.fsq_place_id.0).filter(|id| is_plain(id));
            return Err(Reject { provider_id, reason: RejectReason::Unreadable, detail: why });
        }
    };
    let flags: Vec<&str> = place.unresolved_flags.0.iter().flatten().filter_map(|flag| flag.0.as_deref()).collect();
    if let Some(flag) = flags.iter().find(|flag| DOUBTS.contains(flag)) {
        let id = place.fsq_place_id.0.or(place.fsq_id.0);
        return Err(Reject {
            provider_id: id.filter(|id| is_plain(id)),
            reason: RejectReason::Flagged,
            detail: format!("somebody told Foursquare `{flag}` of it, and nobody has settled it"),
        });
    }
    let status = status(place.date_closed.0.is_some(), &flags);
    Ok(venue(place, status, asked, answered_at))
}

/// Whether an id can be kept beside a reject.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.len() <= 255 && !id.contains(char::is_control)
}

/// Flags by which a row may not be a venue of its own: kept as a reject, and what is stored of it stays.
const DOUBTS: [&str; 5] = ["duplicate", "delete", "privatevenue", "inappropriate", "doesnt_exist"];

/// Marked as closed is closed for good: there is no word for "for a while". Only said to be closed is not known.
fn status(marked_closed: bool, flags: &[&str]) -> Option<BusinessStatus> {
    match (marked_closed, flags.contains(&"closed")) {
        (true, _) => Some(BusinessStatus::ClosedPermanently),
        (false, true) => None,
        (false, false) => Some(BusinessStatus::Operational),
    }
}

fn venue(place: Place, status: Option<BusinessStatus>, asked: &[&str], answered_at: DateTime<Utc>) -> RawVenue {
    let position = place.position();
    let (week, display) = match place.hours.0 {
        Some(hours) => (Some(periods(hours.regular.0)), hours.display.0),
        None => (None, None),
    };
    let field = Asked(asked);
    RawVenue {
        provider_id: place.fsq_place_id.0.or(place.fsq_id.0).unwrap_or_default(),
        name: field.of("name", place.name.0),
        position: field.of("latitude", position),
        address: field.of("location", place.location.0.and_then(Location::line)),
        categories: field.of("categories", place.categories.0.map(categories)),
        rating: field.of("rating", place.rating.0.map(|value| RawRating { value, out_of: 10.0 })),
        price: field.of("price", place.price.0.and_then(price)),
        hours: field.of("hours", week.map(|week| RawHours::Periods { week, special: Vec::new() })),
        hours_text: field.of("hours", display.filter(|words| !words.trim().is_empty())),
        status: field.of("date_closed", status),
        successor_id: Field::NotAsked,
        // The new API has none to ask for.
        timezone: place.timezone.0.map_or(Field::NotAsked, Field::Present),
        answered_at,
    }
}

/// In Foursquare's order, the first of which is the main one.
fn categories(list: Vec<Loose<Category>>) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(list.len());
    for category in list {
        let word = category.0.and_then(|category| category.word(|id| words::code(id).is_some()));
        if let Some(word) = word
            && !all.contains(&word)
        {
            all.push(word);
        }
    }
    all
}

/// 1 is cheap and 4 very expensive. There is no free: 0 is nothing. What is on no scale is left for cleaning to drop and count.
fn price(number: f64) -> Option<RawPrice> {
    if number == 0.0 {
        return None;
    }
    let level = (1..=4_i32).find(|level| f64::from(*level).total_cmp(&number).is_eq());
    Some(RawPrice::Level(level.map_or(-1, i64::from)))
}

/// The members that the request asked for.
struct Asked<'a>(&'a [&'a str]);

impl Asked<'_> {
    fn of<T>(&self, member: &str, value: Option<T>) -> Field<T> {
        if self.0.contains(&member) { Field::asked(value) } else { Field::NotAsked }
    }
}
