use std::num::NonZeroU16;

use super::Retention;

/// What a provider's public terms say of its data, field by field: facts with a date, in the provider's file. A contract may say
/// otherwise, and the settings tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// When they were read.
    pub as_of: &'static str,
    /// What they say; every field is in exactly one of these.
    pub rules: &'static [TermsRule],
}

/// What holds for some fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermsRule {
    /// What they are, in a word for a line.
    pub what: &'static str,
    /// Which they are.
    pub fields: &'static [TermsField],
    /// Whether they may be kept, and for how long.
    pub keep: Retention,
    /// What has to be shown wherever they are.
    pub shown_with: Option<&'static str>,
    /// What they may be brought together with, and what not.
    pub combined: &'static str,
    /// Where that stands.
    pub source: &'static str,
}

/// What is kept of a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermsField {
    /// The provider's id.
    Id,
    /// Its name.
    Name,
    /// Latitude and longitude.
    Position,
    /// Its kinds.
    Categories,
    /// The address.
    Address,
    /// The rating.
    Rating,
    /// The price level.
    PriceLevel,
    /// Opening hours, also in the provider's own words.
    Hours,
    /// Whether it is in business, and what took its place.
    Status,
    /// The row as it came.
    Raw,
}

impl TermsField {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Id,
        Self::Name,
        Self::Position,
        Self::Categories,
        Self::Address,
        Self::Rating,
        Self::PriceLevel,
        Self::Hours,
        Self::Status,
        Self::Raw,
    ];
}

impl Terms {
    /// What holds for a field.
    pub fn of(&self, field: TermsField) -> Option<&'static TermsRule> {
        self.rules.iter().find(|rule| rule.fields.contains(&field))
    }

    /// How long a field may be kept; what is not spoken of may not be kept.
    pub fn keep(&self, field: TermsField) -> Retention {
        self.of(field).map(|rule| rule.keep).unwrap_or_default()
    }

    /// What has to be shown with its venues.
    pub fn attribution(&self) -> Option<&'static str> {
        self.of(TermsField::Name)?.shown_with
    }

    /// Everything may be kept for as long as one likes.
    pub fn all_for_ever(&self) -> bool {
        TermsField::ALL.into_iter().all(|field| self.keep(field) == Retention::Always)
    }

    /// `place ids for ever, positions for 30 days, all else not at all`.
    pub fn in_words(&self) -> String {
        let rules = self.rules.iter().map(|rule| format!("{} {}", rule.what, how_long(rule.keep)));
        rules.collect::<Vec<_>>().join(", ")
    }
}

/// `for 30 days`.
pub fn how_long(keep: Retention) -> String {
    match keep {
        Retention::Nothing => "not at all".to_owned(),
        Retention::Days(days) if days.get() == 1 => "for 1 day".to_owned(),
        Retention::Days(days) => format!("for {days} days"),
        Retention::Always => "for ever".to_owned(),
    }
}

/// How long a provider's venues are kept here, as the settings have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Days from when a venue was last seen; none: nothing was set, and none is ever over its time.
    pub days: Option<NonZeroU16>,
    /// Whether the provider's id and ours stay when the venue goes, so that it comes back as what it was.
    pub ids: bool,
}
