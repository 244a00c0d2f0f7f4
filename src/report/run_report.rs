//! What the words and tables are made from.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::{CappedSpot, SampleVenue, Summary};

/// All that can be told of a run of one region.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// Its numbers.
    pub summary: Summary,
    /// Nothing was written but the spend.
    pub dry_run: bool,
    /// Answers came from recordings: nothing was paid.
    pub replayed: bool,
    /// What its audit found, where it had one.
    pub audit: Option<AuditReport>,
    /// Venues that wait to be judged or let in, in a run that goes on.
    pub staged: u64,
    /// Venues that are taken to be gone since this run.
    pub gone: u64,
    /// Spots that overflow, by place.
    pub capped: Vec<CappedSpot>,
    /// What stopped the run, for a person.
    pub reason: Option<String>,
    /// Tiles that could not be finished: ordinal and why.
    pub failures: Vec<(i32, String)>,
    /// Rows that were refused: the reason's code, how many, and an example.
    pub rejects: Vec<(String, u64, String)>,
    /// Rows that were repaired: the repair's code and how many.
    pub repairs: Vec<(String, u64)>,
    /// The provider's category words that have no code of ours, and how many rows had them.
    pub unmapped: Vec<(String, u64)>,
    /// A few of the venues.
    pub samples: Vec<SampleVenue>,
    /// The day on which the samples' hours are told.
    pub today: NaiveDate,
    /// How to look at the data; none where nothing was written.
    pub look: Option<LookAtData>,
    /// When the last complete run of the region ended, as the database has it.
    pub last_success: Option<DateTime<Utc>>,
    /// The command that goes on where this run stopped.
    pub go_on: String,
    /// Commands about this run have to say `--embedded`.
    pub embedded_flag: bool,
}

/// How to look at the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAtData {
    /// The command that opens a shell on the database.
    pub shell: String,
    /// An address for other programs, without a password.
    pub url: String,
}

/// What an audit found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AuditReport {
    /// Requests that it took.
    pub requests: u64,
    /// Venues that it was shown.
    pub venues: u64,
    /// Those of them that the run had not seen.
    pub missed: u64,
    /// The part that had been seen, 0 to 1.
    pub recall: f64,
    /// With 95 % certainty it is no less.
    pub at_least: f64,
    /// Whether that is enough.
    pub believed: bool,
}
