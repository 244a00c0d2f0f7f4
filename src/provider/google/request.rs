//! What every request to Google has.

use serde_json::Value;

use crate::wire::{HeaderValue, Method, Request};

/// The word in `venues.provider_name`.
pub(super) const PROVIDER: &str = "google";

/// Rows that one answer holds at most.
pub(super) const ROWS: u32 = 20;

/// The header that names the members of the answer.
pub(super) const MASK_HEADER: &str = "x-goog-fieldmask";

/// Exactly the members that we store. The most expensive of them decide the price, so the others are free with them.
/// `openNow`, `nextOpenTime` and `nextCloseTime` are stale when they are written and never asked for.
pub(super) const MASK: [&str; 15] = [
    "places.id",
    "places.displayName",
    "places.location",
    "places.formattedAddress",
    "places.primaryType",
    "places.types",
    "places.rating",
    "places.priceLevel",
    "places.businessStatus",
    "places.movedPlaceId",
    "places.timeZone",
    "places.regularOpeningHours.periods",
    "places.regularOpeningHours.weekdayDescriptions",
    "places.currentOpeningHours.periods",
    "places.currentOpeningHours.specialDays",
];

/// A request for these members of the answer.
pub(super) fn post(call: &str, mask: String, body: Value) -> Request {
    Request {
        provider: PROVIDER.to_owned(),
        call: call.to_owned(),
        method: Method::Post,
        path: format!("/v1/places:{call}"),
        query: Vec::new(),
        headers: vec![
            ("x-goog-api-key".to_owned(), HeaderValue::Key { prefix: String::new() }),
            (MASK_HEADER.to_owned(), HeaderValue::Plain(mask)),
        ],
        form: Vec::new(),
        json: Some(body),
    }
}
