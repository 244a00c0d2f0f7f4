use serde_json::Value;

use crate::store::rows::Venue;

/// What of a venue's lists and objects fits a cell.
pub(super) struct Flat<'a> {
    /// All codes, most specific first, with semicolons between them.
    pub(super) categories: String,
    /// `known`, `always_open`, `never_open`, `complex`.
    pub(super) hours_state: Option<&'a str>,
    /// As OpenStreetMap writes hours.
    pub(super) opening_hours: Option<&'a str>,
    /// For people, Monday first, with semicolons between the days.
    pub(super) hours: Option<String>,
    /// IANA.
    pub(super) timezone: Option<&'a str>,
}

impl<'a> Flat<'a> {
    pub(super) fn of(venue: &'a Venue) -> Self {
        // Rows that others wrote are shown as far as they can be read.
        let member = |name: &str| venue.hours.as_ref().and_then(|hours| hours.get(name));
        let text = |name| member(name).and_then(Value::as_str);
        let days = member("weekday_text").and_then(Value::as_array);
        let days = days.map(|days| days.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "));
        Self {
            categories: venue.categories.join(";"),
            hours_state: text("state"),
            opening_hours: text("osm"),
            hours: days.filter(|days| !days.is_empty()),
            timezone: text("timezone"),
        }
    }
}
