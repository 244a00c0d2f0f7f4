use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::{self, Body, Found};
use super::hours::{self, List, Special};
use super::judge::Refusal;
use super::request::{self, ROWS_PER_QUERY};
use super::words;
use crate::model::{BusinessStatus, Field, RawHours, RawPrice, RawRating, RawVenue, Reject, RejectReason, Vocabulary};
use crate::provider::body::{self, Text};
use crate::provider::contract::{Cursor, Page};
use crate::provider::plain::one_line;
use crate::wire::{Request, Response};

/// The rows of a page that was judged fine, and where the next one begins.
pub(super) fn page(request: &Request, response: &Response) -> Page {
    // Fine as the answer to a look-up, but no search: it says nothing of what is there.
    let no_search = Page { truncated: true, ..Page::default() };
    if response.status != 200 {
        return no_search;
    }
    let text = body::text(&response.body);
    let offset = request::offset(request);
    if let Some(found) = answer::read_all::<Business<'_>>(&text) {
        let (truncated, next) = what_is_left(offset, &found);
        let rows = found.rows.into_iter().map(|business| checked(business, response.received_at)).collect();
        return Page { rows, truncated, next };
    }
    // Where a row cannot be read, each is read by itself.
    let Ok(Body::Found(found)) = answer::read(&text) else { return no_search };
    let (truncated, next) = what_is_left(offset, &found);
    let rows = found.rows.into_iter().map(|row| read(row, response.received_at)).collect();
    Page { rows, truncated, next }
}

/// Whether rows were left out, and where the next page begins. `total` stops at 240, so that number and a list of that length
/// both mean "240 or more". A page before the last that is not full, and a last one with fewer rows than `total` promised, have left some
/// out, too; one with more (#263) has not.
fn what_is_left<R>(offset: u32, found: &Found<R>) -> (bool, Option<Cursor>) {
    let rows = u32::try_from(found.rows.len()).unwrap_or(u32::MAX);
    let page_ends = offset.saturating_add(request::page_rows(offset));
    let is_full = offset.saturating_add(rows) >= page_ends;
    let goes_on = found.total.map_or(is_full, |total| total > page_ends);
    let next = (goes_on && rows > 0 && page_ends < ROWS_PER_QUERY).then(|| Cursor(page_ends.to_string()));
    let promised = found.total.unwrap_or(0);
    let truncated = promised >= ROWS_PER_QUERY
        || offset.saturating_add(rows) >= ROWS_PER_QUERY
        || (next.is_some() && !is_full)
        || (next.is_none() && offset.saturating_add(rows) < promised);
    (truncated, next)
}

/// A row in Yelp's shape. Members that we do not know are passed over, among them `url`, whose tracking parameters differ from
/// call to call, `phone` and `distance`.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "`business_hours` is Yelp's name")]
struct Business<'a> {
    id: Option<String>,
    #[serde(borrow)]
    alias: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    coordinates: Option<Coordinates>,
    #[serde(borrow)]
    location: Option<Location<'a>>,
    #[serde(borrow)]
    categories: Option<Vec<Category<'a>>>,
    rating: Option<f64>,
    #[serde(borrow)]
    price: Option<Text<'a>>,
    is_closed: Option<bool>,
    #[serde(borrow)]
    business_hours: Option<Vec<List<'a>>>,
    #[serde(borrow)]
    hours: Option<Vec<List<'a>>>,
    special_hours: Option<Vec<Special>>,
    /// Differs from plan to plan, also in its types.
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Coordinates {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Location<'a> {
    #[serde(borrow)]
    address1: Option<Text<'a>>,
    #[serde(borrow)]
    address2: Option<Text<'a>>,
    #[serde(borrow)]
    address3: Option<Text<'a>>,
    #[serde(borrow)]
    city: Option<Text<'a>>,
    #[serde(borrow)]
    zip_code: Option<Text<'a>>,
    #[serde(borrow)]
    display_address: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Category<'a> {
    #[serde(borrow)]
    alias: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Attributes {
    business_temp_closed: Option<Value>,
}

/// The little that is wanted of a row that could not be read.
#[derive(Debug, Deserialize)]
struct OnlyId {
    id: Option<String>,
}

fn read(row: &RawValue, answered_at: DateTime<Utc>) -> Result<RawVenue, Reject> {
    // Serde would take an array for the members in order.
    if !row.get().starts_with('{') {
        return Err(refused(None, "the row is not an object"));
    }
    serde_json::from_str::<Business<'_>>(row.get())
        .map_err(|error| {
            let id = serde_json::from_str::<OnlyId>(row.get()).ok().and_then(|row| row.id);
            refused(id, &error.to_string())
        })
        .and_then(|business| checked(business, answered_at))
}

fn checked(business: Business<'_>, answered_at: DateTime<Utc>) -> Result<RawVenue, Reject> {
    // As Yelp's answers were in 2017: under its true id the same business would come a second time.
    if business.id.is_some() && business.id.as_deref() == business.alias.as_ref().map(Text::as_str) {
        let why = "the row's id is its alias, which may change: not an id that could be kept";
        return Err(refused(business.id, why));
    }
    Ok(venue(business, answered_at))
}

fn refused(id: Option<String>, why: &str) -> Reject {
    Reject { provider_id: id.filter(|id| is_plain(id)), reason: RejectReason::Unreadable, detail: one_line(why) }
}

/// Whether an id can be kept beside a reject.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.len() <= 255 && !id.contains(char::is_control)
}

fn venue(business: Business<'_>, answered_at: DateTime<Utc>) -> RawVenue {
    let status = status(&business);
    let (hours, hours_text) = of_lists(business.business_hours.or(business.hours), business.special_hours);
    RawVenue {
        provider_id: business.id.unwrap_or_default(),
        name: Field::asked(business.name.map(Text::into_owned)),
        position: Field::asked(business.coordinates.and_then(position)),
        address: Field::asked(business.location.as_ref().and_then(address)),
        categories: Field::Present(categories(&business.categories.unwrap_or_default())),
        rating: Field::asked(business.rating.map(|value| RawRating { value, out_of: 5.0 })),
        price: Field::asked(business.price.and_then(price)),
        hours,
        hours_text,
        status: Field::asked(status),
        // Only a look-up tells.
        successor_id: Field::NotAsked,
        timezone: Field::Absent,
        answered_at,
    }
}

/// Either member may be null (#266), and 0/0 is how some rows write that (#162).
fn position(at: Coordinates) -> Option<(f64, f64)> {
    at.latitude.zip(at.longitude).filter(|at| *at != (0.0, 0.0))
}

fn price(signs: Text<'_>) -> Option<RawPrice> {
    let is_there = !signs.as_str().trim().is_empty();
    is_there.then(|| RawPrice::Signs(signs.into_owned()))
}

/// The lines in which Yelp would show it, or else the parts that are not empty.
fn address(location: &Location<'_>) -> Option<String> {
    let filled = |parts: &[&str]| -> Option<String> {
        let parts: Vec<_> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        Some(parts.join(", ")).filter(|line| !line.is_empty())
    };
    let lines: Vec<&str> = location.display_address.iter().flatten().map(Text::as_str).collect();
    filled(&lines).or_else(|| {
        let Location { address1, address2, address3, city, zip_code, .. } = location;
        let town: Vec<&str> = [zip_code, city].into_iter().flatten().map(Text::as_str).collect();
        let town = town.join(" ");
        let mut parts: Vec<&str> = [address1, address2, address3].into_iter().flatten().map(Text::as_str).collect();
        parts.push(&town);
        filled(&parts)
    })
}

/// The aliases, the one with the narrowest code first: Yelp names no primary one, and gives its order no meaning.
fn categories(given: &[Category<'_>]) -> Vec<String> {
    let ours = Vocabulary::ours();
    let depth = |alias: &str| words::code(alias).map(|code| ours.depth(code) + 1);
    let aliases = given.iter().filter_map(|category| category.alias.as_ref()).map(Text::as_str);
    let mut ranked: Vec<_> =
        aliases.filter(|alias| !alias.trim().is_empty()).map(|alias| (Reverse(depth(alias)), alias)).collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().map(|(_, alias)| alias.to_owned()).collect()
}

/// `is_closed` means closed for good, not closed now (#633).
fn status(business: &Business<'_>) -> Option<BusinessStatus> {
    if business.is_closed == Some(true) {
        return Some(BusinessStatus::ClosedPermanently);
    }
    let attributes = business.attributes.and_then(|json| serde_json::from_str::<Attributes>(json.get()).ok());
    let closed_for_a_while = match attributes.unwrap_or_default().business_temp_closed {
        // Seconds since 1970 in some plans, a plain yes in others.
        Some(Value::Number(at)) => at.as_f64().is_some_and(|at| at != 0.0),
        Some(Value::Bool(closed)) => closed,
        Some(Value::String(text)) => !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "0" | "false" | "no"),
        _ => false,
    };
    match business.is_closed {
        _ if closed_for_a_while => Some(BusinessStatus::ClosedTemporarily),
        Some(_) => Some(BusinessStatus::Operational),
        None => None,
    }
}

/// The hours and their text. Without the member nothing was said of them (it comes and goes, #282), and what is stored stays; an
/// empty list is Yelp's word that it knows none.
fn of_lists(lists: Option<Vec<List<'_>>>, special: Option<Vec<Special>>) -> (Field<RawHours>, Field<String>) {
    let Some(lists) = lists else { return (Field::NotAsked, Field::NotAsked) };
    let hours = hours::week(&lists)
        .map(|week| RawHours::Periods { week: Some(week), special: hours::days(special.unwrap_or_default(), &lists) });
    (Field::asked(hours), Field::asked(hours::words(lists)))
}

/// Puts the answer of a look-up into its row: the hours, whether it is still there, and what became of a business that was merged
/// into another.
pub(super) fn complete(row: &mut RawVenue, response: &Response) {
    if response.status != 200 {
        if let Some(id) = Refusal::read(&response.body).new_id.filter(|id| *id != row.provider_id) {
            row.status = Field::Present(BusinessStatus::ClosedPermanently);
            row.successor_id = Field::Present(id);
        }
        return;
    }
    let text = body::text(&response.body);
    let Ok(business) = serde_json::from_str::<Business<'_>>(&text) else { return };
    if business.id.as_deref() != Some(&row.provider_id) {
        return;
    }
    if let Some(status) = status(&business) {
        row.status = Field::Present(status);
    }
    (row.hours, row.hours_text) = of_lists(business.hours.or(business.business_hours), business.special_hours);
}
