use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::hours::{CurrentHours, OpeningHours, dated_days, periods};
use super::request::{MASK_HEADER, ROWS};
use super::text::CALL as TEXT_SEARCH;
use super::{answer, words};
use crate::model::{BusinessStatus, Field, RawHours, RawPrice, RawRating, RawVenue, Reject, RejectReason, Vocabulary};
use crate::provider::body::{self, Text};
use crate::provider::contract::{Cursor, Page};
use crate::provider::plain::one_line;
use crate::wire::{HeaderValue, Request, Response};

/// The rows of an answer that was judged fine. One of Nearby Search that is full may have left rows out: it has no further pages. One of
/// Text Search says where the next page begins.
pub(super) fn page(request: &Request, response: &Response) -> Page {
    let text = body::text(&response.body);
    let is_paged = request.call == TEXT_SEARCH;
    let asked = Asked::of(request);
    let answered_at = response.received_at;
    let rows: Vec<_> = if let Some(places) = answer::read::<Place<'_>>(&text) {
        places.into_iter().map(|place| Ok(venue(place, &asked, answered_at))).collect()
    } else {
        // Where a row cannot be read, each is read by itself.
        let rows = answer::rows(&text).unwrap_or_default();
        rows.into_iter().map(|row| read(row, &asked, answered_at)).collect()
    };
    let next = if is_paged { answer::next(&text).map(Cursor) } else { None };
    Page { truncated: !is_paged && rows.len() >= ROWS as usize, rows, next }
}

/// A row in Google's shape. Members that we do not know are passed over; enumerations are read as words, so that a new one
/// spoils nothing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    id: Option<String>,
    #[serde(borrow)]
    display_name: Option<DisplayName<'a>>,
    location: Option<Location>,
    #[serde(borrow)]
    formatted_address: Option<Text<'a>>,
    #[serde(borrow)]
    primary_type: Option<Text<'a>>,
    #[serde(borrow)]
    types: Option<Vec<Text<'a>>>,
    rating: Option<f64>,
    #[serde(borrow)]
    price_level: Option<Text<'a>>,
    #[serde(borrow)]
    business_status: Option<Text<'a>>,
    #[serde(borrow)]
    moved_place_id: Option<Text<'a>>,
    #[serde(borrow)]
    time_zone: Option<TimeZone<'a>>,
    #[serde(borrow)]
    regular_opening_hours: Option<OpeningHours<'a>>,
    #[serde(borrow)]
    current_opening_hours: Option<CurrentHours<'a>>,
}

#[derive(Debug, Deserialize)]
struct DisplayName<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Location {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct TimeZone<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
}

/// The little that is wanted of a row that could not be read.
#[derive(Debug, Deserialize)]
struct OnlyId {
    id: Option<String>,
}

fn read(row: &RawValue, asked: &Asked<'_>, answered_at: DateTime<Utc>) -> Result<RawVenue, Reject> {
    // Serde would take an array for the members in order.
    let place = if row.get().starts_with('{') {
        serde_json::from_str::<Place<'_>>(row.get()).map_err(|error| error.to_string())
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

fn venue(place: Place<'_>, asked: &Asked<'_>, answered_at: DateTime<Utc>) -> RawVenue {
    let (week, descriptions) = match place.regular_opening_hours {
        Some(hours) => (Some(periods(hours.periods)), hours.weekday_descriptions),
        None => (None, None),
    };
    let special = place.current_opening_hours.map(|current| dated_days(current.0)).unwrap_or_default();
    let hours = week.map(|week| RawHours::Periods { week, special });
    RawVenue {
        provider_id: place.id.unwrap_or_default(),
        name: asked.field("places.displayName", place.display_name.and_then(|name| name.text).map(Text::into_owned)),
        position: asked.field(
            "places.location",
            // A coordinate of exactly zero is left out.
            place.location.map(|at| (at.latitude.unwrap_or(0.0), at.longitude.unwrap_or(0.0))),
        ),
        address: asked.field("places.formattedAddress", place.formatted_address.map(Text::into_owned)),
        categories: asked.field(
            "places.types",
            Some(categories(place.primary_type.as_ref().map(Text::as_str), &place.types.unwrap_or_default())),
        ),
        rating: asked.field("places.rating", place.rating.map(|value| RawRating { value, out_of: 5.0 })),
        price: asked.field("places.priceLevel", place.price_level.map(|word| RawPrice::Word(word.into_owned()))),
        hours: asked.field("places.regularOpeningHours.periods", hours),
        hours_text: asked.field(
            "places.regularOpeningHours.weekdayDescriptions",
            descriptions.filter(|lines| !lines.is_empty()).map(|lines| {
                let lines: Vec<&str> = lines.iter().map(Text::as_str).collect();
                lines.join("\n")
            }),
        ),
        status: asked.field("places.businessStatus", place.business_status.and_then(|word| status(word.as_str()))),
        successor_id: asked.field("places.movedPlaceId", place.moved_place_id.map(Text::into_owned)),
        timezone: asked.field("places.timeZone", place.time_zone.and_then(|zone| zone.id).map(Text::into_owned)),
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
fn categories(primary: Option<&str>, types: &[Text<'_>]) -> Vec<String> {
    let specificity = |word: &str| words::code(word).map_or(0, |code| Vocabulary::ours().levels(code));
    let mut others: Vec<(Reverse<usize>, &str)> =
        types.iter().map(|word| (Reverse(specificity(word.as_str())), word.as_str())).collect();
    others.sort_unstable();
    let mut all: Vec<&str> = Vec::with_capacity(others.len() + 1);
    for word in primary.into_iter().chain(others.into_iter().map(|(_, word)| word)) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    let is_vague = |word: &str| words::is_vague(word, primary == Some(word));
    let telling: Vec<&str> = all.iter().copied().filter(|word| !is_vague(word)).collect();
    let kept = if telling.is_empty() {
        all.retain(|word| words::code(word).is_some());
        all
    } else {
        telling
    };
    kept.into_iter().map(str::to_owned).collect()
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
