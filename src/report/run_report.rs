//! What the words and tables are made from.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::model::{CappedSpot, Hours, RejectReason, Repair, Summary};

/// All that can be told of a run of one region.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// Its numbers.
    pub summary: Summary,
    /// Nothing was written but the spend.
    pub dry_run: bool,
    /// Answers came from recordings: nothing was paid.
    pub replayed: bool,
    /// Spots that overflow, by place.
    pub capped: Vec<CappedSpot>,
    /// Why pieces failed, in words, each reason once.
    pub failures: Vec<String>,
    /// Rows that were refused, by reason.
    pub rejects: BTreeMap<RejectReason, u64>,
    /// Rows that were repaired, by kind.
    pub repairs: BTreeMap<Repair, u64>,
    /// The provider's category words that have no code of ours, and how many rows had them.
    pub unmapped_categories: BTreeMap<String, u64>,
    /// A few of the venues.
    pub samples: Vec<SampleVenue>,
    /// The day on which the samples' hours are told.
    pub today: NaiveDate,
    /// How to look at the data; none where nothing was written.
    pub look: Option<LookAtData>,
    /// The command that goes on where this run stopped.
    pub go_on: String,
}

/// How to look at the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAtData {
    /// The command that opens a shell on the database.
    pub shell: String,
    /// An address for other programs, without a password.
    pub url: String,
}

/// A venue, as far as a table shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleVenue {
    /// Its name.
    pub name: String,
    /// Its most specific category.
    pub category: Option<String>,
    /// 0–5.
    pub rating: Option<f64>,
    /// 0–4.
    pub price_level: Option<i32>,
    /// Its week.
    pub hours: Option<Hours>,
}
