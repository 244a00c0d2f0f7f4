use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Opening hours as stored in `venues.hours`: one shape for every provider. Unknown hours are SQL null, not a value of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// What kind of week this is.
    pub state: HoursState,
    /// Local wall clock, sorted, merged; absent for `complex`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub periods: Option<Vec<Period>>,
    /// Seven lines, Monday first, in our own words (English, 24-hour clock); absent for `complex`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekday_text: Option<Vec<String>>,
    /// IANA time zone of the venue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Dated exceptions, sorted by date. Not part of the comparison that decides "updated".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special_days: Vec<SpecialDay>,
    /// The week as an OpenStreetMap `opening_hours` value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub osm: Option<String>,
}

/// The kinds of week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoursState {
    /// A plain week in `periods`.
    Known,
    /// Exactly one period, day 0 00:00, without close.
    AlwaysOpen,
    /// No period at all, and known to be so.
    NeverOpen,
    /// Not a plain week: no `periods`, no `weekday_text`, but `osm` text and what is certain in `special_days`.
    Complex,
}

/// One stretch of being open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    /// When it opens.
    pub open: Point,
    /// When it closes: after `open`, on a later day where it passes midnight (Saturday is followed by day 0). Absent only
    /// in the one period of `always_open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close: Option<Point>,
}

/// A minute of the week, local wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Point {
    /// 0 = Sunday … 6 = Saturday.
    pub day: u8,
    /// 0–23.
    pub hour: u8,
    /// 0–59.
    pub minute: u8,
}

/// A date on which the week does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpecialDay {
    /// The local date.
    pub date: NaiveDate,
    /// The stretches that open on that date (`day` is that date's weekday); none: closed all day.
    pub periods: Vec<Period>,
}
