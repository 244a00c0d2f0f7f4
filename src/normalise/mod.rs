//! From a provider's words and numbers to a venue that fits its row: pure, one rule a file, every repair counted.

mod categories;
mod day_text;
mod hours;
mod osm_hours;
mod position;
mod price;
mod rating;
mod special_days;
mod text;
mod week;
mod zone;

pub use categories::slug;

use crate::model::{BusinessStatus, Field, Normalised, RawVenue, Reject, RejectReason, Venue};

/// Makes a row fit, or says why it cannot be a venue. Total: no input panics.
///
/// `categories` gives the canonical code of one of the provider's category words, `known_zone` says whether the database knows
/// an IANA time zone. Whether a business that is closed for good is wanted at all is not decided here: that depends on what is
/// known already.
pub fn normalise(
    raw: RawVenue,
    categories: &dyn Fn(&str) -> Option<&'static str>,
    known_zone: &dyn Fn(&str) -> bool,
) -> Result<Normalised, Reject> {
    let mut repairs = Vec::new();
    let provider_id = text::id(raw.provider_id)?;
    let reject = |reason, detail| Reject { provider_id: Some(provider_id.clone()), reason, detail };
    let name = text::name(raw.name.into_present().unwrap_or_default(), &mut repairs)
        .ok_or_else(|| reject(RejectReason::NoName, "no name, or nothing left of it after cleaning".to_owned()))?;
    let position = position::position(&raw.position).map_err(|(reason, detail)| reject(reason, detail))?;
    let (categories, unmapped_categories) = categories::codes(raw.categories, categories);
    // Looked for only where it is kept.
    let timezone = match raw.hours {
        Field::Present(_) => zone::zone(raw.timezone.into_present(), position, known_zone, &mut repairs),
        Field::Absent | Field::NotAsked => None,
    };
    let hours = hours::hours(raw.hours, timezone, raw.answered_at, &mut repairs);
    let raw_hours = raw.hours_text.and_then(|words| text::untouched(words, &mut repairs));
    let venue = Venue {
        name,
        position,
        categories,
        address: raw.address.and_then(|address| text::line(address, &mut repairs)),
        rating: rating::out_of_five(raw.rating, &mut repairs),
        price_level: price::level(raw.price, &mut repairs),
        hours: unless_closed_for_a_while(raw.status, hours),
        raw_hours: unless_closed_for_a_while(raw.status, raw_hours),
        status: raw.status,
        successor_id: raw.successor_id.and_then(|id| text::id(id).ok().filter(|id| *id != provider_id)),
        provider_id,
    };
    Ok(Normalised { venue, repairs, unmapped_categories })
}

/// A business that is closed for a while comes without hours. That says nothing of the hours it will have again, so what is
/// stored stays: as if they had not been asked for.
fn unless_closed_for_a_while<T>(status: Field<BusinessStatus>, field: Field<T>) -> Field<T> {
    match (status, field) {
        (Field::Present(BusinessStatus::ClosedTemporarily), Field::Absent) => Field::NotAsked,
        (_, field) => field,
    }
}
