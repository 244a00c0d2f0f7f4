use serde::{Deserialize, Serialize};

use super::{Field, Hours, Position};

/// A venue in our own terms, fit for its row.
#[derive(Debug, Clone, PartialEq)]
pub struct Venue {
    /// The provider's own id, 1–255 characters.
    pub provider_id: String,
    /// 1–255 characters.
    pub name: String,
    /// Where it is.
    pub position: Position,
    /// Canonical codes, most specific first, at most five; unknown words as slugs.
    pub categories: Field<Vec<String>>,
    /// One line.
    pub address: Field<String>,
    /// 0–5.
    pub rating: Field<f64>,
    /// 0–4; 0 is free, absent is unknown.
    pub price_level: Field<i32>,
    /// Absent is unknown.
    pub hours: Field<Hours>,
    /// The provider's own words.
    pub raw_hours: Field<String>,
    /// What the provider says of the business.
    pub status: Field<BusinessStatus>,
    /// The provider's id of the venue that took this one's place.
    pub successor_id: Field<String>,
}

/// What a provider says of a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BusinessStatus {
    /// Open for business.
    Operational,
    /// Closed for a while.
    ClosedTemporarily,
    /// Closed for good.
    ClosedPermanently,
    /// Not open yet.
    FutureOpening,
}

impl BusinessStatus {
    /// The word kept in `venue_sync.venue_states.business_status`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::ClosedTemporarily => "closed_temporarily",
            Self::ClosedPermanently => "closed_permanently",
            Self::FutureOpening => "future_opening",
        }
    }
}

/// A venue, with what was done to make it fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalised {
    /// The venue.
    pub venue: Venue,
    /// What was repaired or left out on the way.
    pub repairs: Vec<Repair>,
    /// The provider's category words that have no canonical code (they passed as slugs).
    pub unmapped_categories: Vec<String>,
}

/// Something that cleaning changed, counted in the run's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// Control characters, NUL or white space at the ends were taken out, or the text was put into NFC.
    TextCleaned,
    /// A text was cut at its column's length.
    TextCut,
    /// A rating outside its scale was dropped.
    RatingDropped,
    /// A price word or number that means nothing to us was dropped.
    PriceDropped,
    /// Hours that contradict themselves were dropped: unknown is better than wrong.
    HoursDropped,
    /// Overlapping or repeated openings were merged.
    HoursMerged,
    /// Hours in words that nobody but a person understands were left out.
    HoursNotUnderstood,
    /// Dashes, spaces and stray signs in hours were mended.
    HoursPunctuation,
    /// Times in another form (`9.00`, `8am`, `18h30`) were read.
    HoursClock,
    /// Weekdays in another form or language were read.
    HoursDayNames,
    /// Signs that part rules of hours were put in or mended.
    HoursSeparators,
    /// Days that stood behind their times, or beside times of every day, were put before them.
    HoursOrder,
    /// Words for people (by appointment, what stands in brackets) were kept as a comment.
    HoursNotes,
    /// A dated exception that could not be trusted was dropped.
    SpecialDayDropped,
    /// A time zone that the database does not know was dropped.
    TimezoneDropped,
}

impl Repair {
    /// The word in reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::TextCleaned => "text_cleaned",
            Self::TextCut => "text_cut",
            Self::RatingDropped => "rating_dropped",
            Self::PriceDropped => "price_dropped",
            Self::HoursDropped => "hours_dropped",
            Self::HoursMerged => "hours_merged",
            Self::HoursNotUnderstood => "hours_not_understood",
            Self::HoursPunctuation => "hours_punctuation",
            Self::HoursClock => "hours_clock",
            Self::HoursDayNames => "hours_day_names",
            Self::HoursSeparators => "hours_separators",
            Self::HoursOrder => "hours_order",
            Self::HoursNotes => "hours_notes",
            Self::SpecialDayDropped => "special_day_dropped",
            Self::TimezoneDropped => "timezone_dropped",
        }
    }
}
