use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{BusinessStatus, Field};

/// A provider's row, read but not yet judged: its own words and numbers, in one shape for all providers.
///
/// As JSON it is what a [`RawRecord`](super::RawRecord) keeps: a change that older records cannot be read by needs another format.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RawVenue {
    /// The provider's own id; empty when the row had none.
    pub provider_id: String,
    /// The display name.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub name: Field<String>,
    /// Latitude and longitude as given, degrees.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub position: Field<(f64, f64)>,
    /// One line.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub address: Field<String>,
    /// The provider's own stable category keys, its primary one first.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub categories: Field<Vec<String>>,
    /// With the provider's scale.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub rating: Field<RawRating>,
    /// In the provider's form.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub price: Field<RawPrice>,
    /// In the provider's form.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub hours: Field<RawHours>,
    /// The hours in the provider's own words, untouched.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub hours_text: Field<String>,
    /// Open, closed for good, …
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub status: Field<BusinessStatus>,
    /// The id of the venue that took this one's place.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub successor_id: Field<String>,
    /// IANA time zone, if the provider names one.
    #[serde(skip_serializing_if = "Field::is_not_asked")]
    pub timezone: Field<String>,
    /// When the answer came; dated exceptions are computed from it.
    #[serde(skip)]
    pub answered_at: DateTime<Utc>,
}

/// A rating and the top of its scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RawRating {
    /// As given.
    pub value: f64,
    /// 5 or 10.
    pub out_of: f64,
}

/// A price in one of the forms that providers use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawPrice {
    /// A word of the provider (`PRICE_LEVEL_MODERATE`).
    Word(String),
    /// A number on a scale where 0 is free.
    Level(i64),
    /// Repeated currency signs (`€€`).
    Signs(String),
}

/// Hours in one of the forms that providers use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawHours {
    /// Google's form: a list of openings, and the dated days of the coming week.
    Periods {
        /// The regular week; none where the provider sent hours without a list.
        week: Option<Vec<RawPeriod>>,
        /// The days that the provider marks as special, each with what it says of them.
        special: Vec<RawDay>,
    },
    /// OpenStreetMap's form: the value of an `opening_hours` tag.
    Osm(String),
}

/// An opening as given: nothing checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawPeriod {
    /// Opens.
    pub open: RawPoint,
    /// Closes; absent means never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close: Option<RawPoint>,
}

/// A minute of the week as given: 0 = Sunday, nothing checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[i64; 3]", into = "[i64; 3]")]
pub struct RawPoint {
    /// 0 = Sunday.
    pub day: i64,
    /// Hour.
    pub hour: i64,
    /// Minute.
    pub minute: i64,
}

impl From<[i64; 3]> for RawPoint {
    fn from([day, hour, minute]: [i64; 3]) -> Self {
        Self { day, hour, minute }
    }
}

impl From<RawPoint> for [i64; 3] {
    fn from(RawPoint { day, hour, minute }: RawPoint) -> Self {
        [day, hour, minute]
    }
}

/// What a provider says of one dated day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawDay {
    /// The local date; none if it was not a date.
    pub date: Option<NaiveDate>,
    /// The provider says what the day is like, so that no opening means closed at whatever distance. Otherwise it shows openings of
    /// the coming week alone, and a date beyond it has none for that reason.
    pub stated: bool,
    /// The openings that begin on it.
    pub periods: Vec<RawDatedPeriod>,
}

impl RawDay {
    /// Something said of a day, or of a kind of days, whose date cannot be told: cleaning drops it, and counts it.
    pub fn undated() -> Self {
        Self { date: None, stated: true, periods: Vec::new() }
    }
}

/// A dated opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawDatedPeriod {
    /// As given.
    pub period: RawPeriod,
    /// The provider cut it at the edge of the week that it looked at: its true ends are unknown.
    pub truncated: bool,
}
