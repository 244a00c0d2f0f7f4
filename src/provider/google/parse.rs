use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::hours::{OpeningHours, dated_days, periods};
use super::request::{MASK_HEADER, ROWS};
use super::{answer, words};
use crate::model::{BusinessStatus, Field, RawHours, RawPrice, RawRating, RawVenue, Reject, RejectReason, Vocabulary};
use crate::provider::body;
use crate::provider::contract::Page;
use crate::provider::plain::one_line;
use crate::wire::{HeaderValue, Request, Response};

/// The rows of an answer that was judged fine. One that is full may have left rows out: there are no further pages.
pub(super) fn page(request: &Request, response: &Response) -> Page {
    let text = body::text(&response.body);
    let rows = answer::rows(&text).unwrap_or_default();
    let asked = Asked::of(request);
    Page {
        truncated: rows.len() >= ROWS as usize,
        rows: rows.into_iter().map(|row| read(row, &asked, response.received_at)).collect(),
        next: None,
    }
}

/// A row in Google's shape. Members that we do not know are passed over; enumerations are read as words, so that a new one
/// spoils nothing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    id: Option<String>,
    display_name: Option<DisplayName>,
    location: Option<Location>,
    formatted_address: Option<String>,
    primary_type: Option<String>,
    types: Option<Vec<String>>,
    rating: Option<f64>,
    price_level: Option<String>,
    business_status: Option<String>,
    moved_place_id: Option<String>,
    time_zone: Option<TimeZone>,
    regular_opening_hours: Option<OpeningHours>,
    current_opening_hours: Option<OpeningHours>,
}

#[derive(Debug, Deserialize)]
struct DisplayName {
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Location {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct TimeZone {
    id: Option<String>,
}

/// The little that is wanted of a row that could not be read.
#[derive(Debug, Deserialize)]
struct OnlyId {
    id: Option<String>,
}

fn read(row: &RawValue, asked: &Asked<'_>, answered_at: DateTime<Utc>) -> Result<RawVenue, Reject> {
    // Serde would take an array for the members in order.
    let place = if row.get().starts_with('{') {
        serde_json::from_str::<Place>(row.get()).map_err(|error| error.to_string())
    } else {
        Err("the row is not an object".to_owned())
    };
    match place {
        Ok(place) => Ok(venue(place, asked, answered_at)),
        Err(why) => Err(Reject {
            provider_id: serde_json::from_str::<OnlyId>(row.get())
                .ok()
                .and_then(|row| row.id)
                .filter(|id| is_plain(id)),
            reason: RejectReason::Unreadable,
            detail: one_line(&why),
        }),
    }
}

/// Whether an id can be kept beside a reject.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.len() <= 255 && !id.contains(char::is_control)
}

fn venue(place: Place, asked: &Asked<'_>, answered_at: DateTime<Utc>) -> RawVenue {
    let current = place.current_opening_hours.unwrap_or_default();
    let (week, descriptions) = match place.regular_opening_hours {
        Some(hours) => (Some(periods(hours.periods)), hours.weekday_descriptions),
        None => (None, None),
    };
    let hours = week.map(|week| RawHours::Periods { week, special: dated_days(current) });
    RawVenue {
        provider_id: place.id.unwrap_or_default(),
        name: asked.field("places.displayName", place.display_name.and_then(|name| name.text)),
        position: asked.field(
            "places.location",
            // A coordinate of exactly zero is left out.
            place.location.map(|at| (at.latitude.unwrap_or(0.0), at.longitude.unwrap_or(0.0))),
        ),
        address: asked.field("places.formattedAddress", place.formatted_address),
        categories: asked
            .field("places.types", Some(categories(place.primary_type.as_deref(), place.types.unwrap_or_default()))),
        rating: asked.field("places.rating", place.rating.map(|value| RawRating { value, out_of: 5.0 })),
        price: asked.field("places.priceLevel", place.price_level.map(RawPrice::Word)),
        hours: asked.field("places.regularOpeningHours.periods", hours),
        hours_text: asked.field(
            "places.regularOpeningHours.weekdayDescriptions",
            descriptions.filter(|lines| !lines.is_empty()).map(|lines| lines.join("\n")),
        ),
        status: asked.field("places.businessStatus", place.business_status.as_deref().and_then(status)),
        successor_id: asked.field("places.movedPlaceId", place.moved_place_id),
        timezone: asked.field("places.timeZone", place.time_zone.and_then(|zone| zone.id)),
        answered_at,
    }
}

fn status(word: &str) -> Option<BusinessStatus> {
    match word {
        "OPERATIONAL" => Some(BusinessStatus::Operational),
        "CLOSED_TEMPORARILY" => Some(BusinessStatus::ClosedTemporarily),
        "CLOSED_PERMANENTLY" => Some(BusinessStatus::ClosedPermanently),
        "FUTURE_OPENING" => Some(BusinessStatus::FutureOpening),
        _ => None,
    }
}

/// The primary type, then the others. Types that say nothing of a place are left out, unless they are all it has. Google's
/// `types` have no order; without a primary type the most specific one leads, so that the order decides nothing.
fn categories(primary: Option<&str>, types: Vec<String>) -> Vec<String> {
    let specificity = |word: &str| words::code(word).map_or(0, |code| Vocabulary::ours().depth(code) + 1);
    let mut others = types;
    others.sort_by_cached_key(|word| (Reverse(specificity(word)), word.clone()));
    let is_vague = |word: &String| words::is_vague(word, primary == Some(word));
    let mut all: Vec<String> = Vec::with_capacity(others.len() + 1);
    for word in primary.map(str::to_owned).into_iter().chain(others) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    if all.iter().any(|word| !is_vague(word)) {
        all.retain(|word| !is_vague(word));
    } else {
        all.retain(|word| words::code(word).is_some());
    }
    all
}

/// The members that the request asked for.
struct Asked<'a>(Vec<&'a str>);

impl<'a> Asked<'a> {
    fn of(request: &'a Request) -> Self {
        let mask = request.headers.iter().find(|(name, _)| name == MASK_HEADER).map(|(_, value)| value);
        match mask {
            Some(HeaderValue::Plain(mask)) => Self(mask.split(',').map(str::trim).collect()),
            Some(HeaderValue::Key { .. }) | None => Self(Vec::new()),
        }
    }

    /// Asked for: by its own path, by a path it lies under, or by everything.
    fn holds(&self, path: &str) -> bool {
        let above = |entry: &str| path.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let below = |entry: &str| entry.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        self.0.iter().any(|entry| *entry == "*" || above(entry) || below(entry))
    }

    fn field<T>(&self, path: &str, value: Option<T>) -> Field<T> {
        if self.holds(path) { Field::asked(value) } else { Field::NotAsked }
    }
}
